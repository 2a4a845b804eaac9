"""What the installation's rulebook says to whoever fills in the workbook.

Asked of the rules themselves, so that the template cannot promise what they refuse.
Pure: no database, no HTTP, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.catalog import rules
from services.catalog.entry import Entry, Provider, Surroundings
from services.catalog.workbook.layout import KEY, Column
from shared.rulebooks import Rulebook

# Of any department that passes GB 32100: the template is not about who provides.
_SOMEBODY = Provider("示例市市场监督管理局", "116103000160043212")


@dataclass(frozen=True, slots=True)
class Demand:
    """A field that the rulebook demands, and the article that does."""

    article: str | None


def demanded(rulebook: Rulebook) -> dict[str, Demand]:
    """The fields that an entry must state, by the paths that refusals name."""
    found = rules.problems(Entry(name=""), _SOMEBODY, rulebook, Surroundings())
    return {p.field: Demand(p.article) for p in found if p.code == "missing"}


def is_demanded(column: Column, demands: dict[str, Demand]) -> Demand | None:
    """The demand that a column answers, None where it may stay empty.

    Of a part that is demanded (分类) its required fields are.
    """
    leaf = column.leaf
    if column.path == KEY:
        return Demand(None)
    if column.path in demands:
        return demands[column.path]
    if leaf.within in demands and leaf.required:
        return demands[leaf.within]
    if leaf.within is None and leaf.required:
        return Demand(None)
    return None


def notes(rulebook: Rulebook) -> Iterator[tuple[str, str, str]]:
    """What the rulebook says about sharing: in Chinese, in English, and where."""
    types = "、".join(kind.zh for kind in sorted(rulebook.share_types.value.types))
    if types:
        yield (
            f"共享类型：{types}。有条件共享须写明共享条件；无条件共享的共享条件填“无条件”或留空。",
            "What is shared with conditions states them; what is shared without has none.",
            rulebook.share_types.article or "",
        )
    if not rulebook.not_shared_basis.silent:
        kinds = "、".join(kind.zh for kind in sorted(rulebook.not_shared_basis.value))
        yield (
            f"不予共享须填写依据，依据类别为：{kinds}，并写明到条款。",
            "What is not shared states its legal basis, down to the article.",
            rulebook.not_shared_basis.article or "",
        )
    if not rulebook.basic_information.silent:
        yield (
            "基础信息项应当无条件共享；“是否基础信息项”填“是”。",
            "Basic items are shared without condition; mark them.",
            rulebook.basic_information.article or "",
        )
    if not rulebook.never_unconditional.silent:
        kinds = "、".join(kind.zh for kind in sorted(rulebook.never_unconditional.value))
        yield (
            f"以下信息不得无条件共享：{kinds}；含此类信息的资源定级为“敏感”。",
            "Information of these kinds is never shared without condition, and graded sensitive.",
            rulebook.never_unconditional.article or "",
        )
    if not rulebook.free_of_charge.silent:
        yield (
            "共享一律无偿，共享条件不得涉及价格或收费。",
            "Sharing is free of charge: a condition is never a price or a fee.",
            rulebook.free_of_charge.article or "",
        )
