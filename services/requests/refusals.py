"""When a provider may refuse, and what its refusal must say. Pure, by the rulebook's data."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.errors import Conflict, FieldError
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import RefusalGround, RequestClass


class ReasonsMissing(Conflict):
    """A refusal says why."""

    code = "refusal-reasons-missing"
    title = "Reasons missing"


class GroundNotStatutory(Conflict):
    """Under this rulebook a request is refused on a statutory ground only, and names it."""

    code = "refusal-ground-not-statutory"
    title = "No statutory ground"


class BasisMissing(Conflict):
    """A refusal on a ground that some statute gives names the provision."""

    code = "refusal-basis-missing"
    title = "Legal basis missing"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that may stand: its reasons, its ground, and the articles that it rests on.

    `basis` is the provision of law behind the ground 法定事由. `filed`: it goes on file with the
    competent authority.
    """

    reasons: str
    ground: RefusalGround | None
    basis: str | None
    article: str | None
    filed: bool


def refusal(
    rulebook: Rulebook,
    asked: AbstractSet[RequestClass],
    *,
    reasons: str,
    ground: RefusalGround | None,
    basis: str | None,
) -> Refusal:
    """The provider's refusal, checked. Raises ReasonsMissing, GroundNotStatutory, BasisMissing.

    On statutory grounds only: jiangsu-2012 §13, yixing-2016 §18. With reasons: jiangsu-2017 §16,
    baoji-2017 §16. For sensitive data in writing and filed with the authority: jiangsu-2012 §18.
    Where a rulebook is silent about reasons they are demanded all the same (design): whoever was
    refused must be able to negotiate.
    """
    form = rulebook.refusal_form
    formal = not form.silent and form.value.applies_to in asked
    articles = [form.article] if formal else []
    if not reasons.strip():
        raise ReasonsMissing(
            "A refusal states its reasons.",
            article=form.article if formal else None,
            errors=[FieldError("reasons", "missing", "Say why, in words.")],
        )
    statutory = rulebook.refusal_grounds
    if not statutory.silent:
        articles.insert(0, statutory.article)
        _check_ground(ground, statutory.value, statutory.article)
    if ground is RefusalGround.STATUTORY and not (basis or "").strip():
        raise BasisMissing(
            "The ground 法定事由 names the provision of law that it rests on.",
            article=statutory.article,
            errors=[FieldError("basis", "missing", "Name the law and its article.")],
        )
    return Refusal(
        reasons=reasons.strip(),
        ground=ground,
        basis=(basis or "").strip() or None,
        article="; ".join(article for article in articles if article) or None,
        filed=formal and form.value.filed_with_authority,
    )


def _check_ground(
    ground: RefusalGround | None, statutory: AbstractSet[RefusalGround], article: str | None
) -> None:
    if ground in statutory:
        return
    named = ", ".join(sorted(statutory))
    raise GroundNotStatutory(
        f"This request may be refused on a statutory ground only ({named}).",
        article=article,
        errors=[FieldError("ground", "not-statutory", f"One of: {named}.")],
    )
