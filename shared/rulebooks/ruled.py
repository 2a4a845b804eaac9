"""One parameter's value as a text holds it: what, since when, and which article says so."""

from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Silent(LookupError):
    """A value was asked of a text that says nothing about it: look at `silent` first."""


class Cite(BaseModel):
    """An article, and the words in it that carry the value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    article: str = Field(description='"16", or an item or paragraph of it: "15(1)".')
    quote: str = Field(min_length=2)


class Ruled(BaseModel, Generic[T]):
    """A value with the article that gives it, or the statement that the text is silent.

    `rulebook` is the document that the value was found in: of a value that fell through to an
    extended rulebook, or that a superior law laid over, that one and not the one loaded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    stated: T | None
    rulebook: str
    cites: tuple[Cite, ...]
    in_force_from: date
    in_force_until: date | None = Field(default=None, description="The last day, inclusive.")
    note: str | None = None

    @property
    def silent(self) -> bool:
        """Whether neither the rulebook nor what it extends says anything."""
        return self.stated is None

    @property
    def value(self) -> T:
        """What the text says; raises Silent where it says nothing."""
        if self.stated is None:
            raise Silent(f"{self.rulebook} is silent")
        return self.stated

    @property
    def article(self) -> str | None:
        """The citation as refusals carry it, "jiangsu-2012 §13 §18"; None where silent."""
        if self.silent:
            return None
        return " ".join([self.rulebook, *(f"§{cite.article}" for cite in self.cites)])
