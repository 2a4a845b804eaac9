"""The columns of the workbook: one line for each field that a compiler states.

What a column holds (text, number, yes or no, a word of a code list) follows from the shape of
the API's entry, so a field added there needs its line here and nothing else.
Pure: no database, no HTTP, no clock.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from functools import cached_property
from typing import Annotated, Final, TypeGuard, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.catalog.schemas import EntryBody, ItemBody

KEY: Final = "external_id"
ITEMS: Final = "items"
SEPARATOR: Final = "；"
KEY_MEANS: Final = (
    "The department's own identifier of the entry (本部门自定编号), or the platform's id or "
    "catalogue code of it. The same again means the same entry."
)


class Kind(Enum):
    """What a cell of a column holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CODE = "code"
    TEXTS = "texts"
    CODES = "codes"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """One column: the field that it holds, by its path in the entry, and what it is called."""

    path: str
    zh: str
    width: int = 16
    model: type[BaseModel] = EntryBody

    @cached_property
    def leaf(self) -> "Leaf":
        """What the field is; the key column is a text that is always filled."""
        if self.path == KEY:
            return Leaf(Kind.TEXT, None, True, KEY_MEANS, None)
        return dict(leaves(self.model))[self.path]

    @property
    def heading(self) -> tuple[str, str]:
        """How the column is headed: in Chinese, and by its path."""
        return self.zh, self.path


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that holds one value: its kind, its code list, and whether it may be left out.

    `within` is the path of the part (分类, 格式, …) that the field belongs to, which is left out
    as a whole; None for a field of the entry itself.
    """

    kind: Kind
    codes: type[StrEnum] | None
    required: bool
    description: str
    within: str | None


RESOURCE_COLUMNS: Final = (
    Column(KEY, "编号", 20),
    Column("name", "信息资源名称", 32),
    Column("provider_unit", "提供方内设机构", 18),
    Column("classification.attribute", "分类-类"),
    Column("classification.topic", "分类-项", 20),
    Column("classification.branch", "分类-目", 10),
    Column("classification.detail", "分类-细目", 10),
    Column("level", "目录层级", 12),
    Column("basic_category", "基础信息类别", 20),
    Column("must_share", "应当共享类别", 20),
    Column("abstract", "信息资源摘要", 48),
    Column("format.kind", "格式分类", 12),
    Column("format.type", "格式类型", 12),
    Column("secrecy", "涉密属性", 12),
    Column("grade", "资源定级", 10),
    Column("share_type", "共享类型", 14),
    Column("share_condition", "共享条件", 28),
    Column("legal_basis.kind", "不予共享依据类别", 18),
    Column("legal_basis.citation", "不予共享依据条文", 28),
    Column("share_methods", "共享方式", 24),
    Column("openness", "开放属性", 14),
    Column("open_condition", "开放条件", 20),
    Column("update_cycle", "更新周期", 10),
    Column("related", "关联资源标识", 24),
)


def _item(path: str, zh: str, width: int = 16) -> Column:
    return Column(path, zh, width, ItemBody)


ITEM_COLUMNS: Final = (
    _item(KEY, "编号", 20),
    _item("code", "信息项代码", 20),
    _item("name", "信息项名称", 24),
    _item("element", "数据元", 24),
    _item("type", "数据类型", 14),
    _item("length", "数据长度", 10),
    _item("scale", "小数位数", 10),
    _item("key", "是否主键", 10),
    _item("required", "是否必填", 10),
    _item("basic", "是否基础信息项", 14),
    _item("secrecy", "信息项涉密属性", 14),
    _item("share_type", "信息项共享类型", 14),
    _item("openness", "信息项开放属性", 14),
    _item("standard", "数据元标准", 24),
)


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every field of the entry that holds a value, by its path; items apart.

    Raises TypeError for a shape that no column can hold.
    """
    within = prefix.rstrip(".") or None
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        inner = _plain(field.annotation)
        if get_origin(inner) is list and _is_part(_plain(get_args(inner)[0])):
            if path != ITEMS:
                raise TypeError(f"{path}: only items have a sheet of their own")
        elif _is_part(inner):
            yield from leaves(inner, f"{path}.")
        else:
            yield path, _leaf(path, inner, field, within)


def _leaf(path: str, inner: object, field: FieldInfo, within: str | None) -> Leaf:
    many = get_origin(inner) is list
    one = _plain(get_args(inner)[0]) if many else inner
    description = field.description or ""
    required = field.is_required()
    if isinstance(one, type) and issubclass(one, StrEnum):
        return Leaf(Kind.CODES if many else Kind.CODE, one, required, description, within)
    if many and one in (str, UUID):
        return Leaf(Kind.TEXTS, None, required, description, within)
    kinds = {bool: Kind.FLAG, int: Kind.NUMBER, str: Kind.TEXT, UUID: Kind.TEXT, date: Kind.DATE}
    if many or not isinstance(one, type) or one not in kinds:
        raise TypeError(f"{path}: no cell holds {inner}")
    return Leaf(kinds[one], None, required, description, within)


def _plain(annotation: object) -> object:
    """The type without `Annotated` and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            (annotation,) = (a for a in get_args(annotation) if a is not types.NoneType)
        else:
            return annotation


def _is_part(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
