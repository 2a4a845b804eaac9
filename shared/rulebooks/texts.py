"""The articles of every text, so that a citation can be checked and shown."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SHIPPED = Path(__file__).parent / "data"
_REFERENCE = re.compile(r"(?P<number>[1-9][0-9]*)(\((?P<part>[1-9][0-9]*)\))?")


class RulebookRefused(Exception):
    """The data of a rulebook is wrong or incomplete: says which file and which key."""


class Article(BaseModel):
    """One article: a heading of ours, and the text's own paragraphs and numbered items."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(gt=0)
    heading: str
    paragraphs: tuple[str, ...] = Field(min_length=1)
    items: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole article, one paragraph or item a line."""
        return "\n".join([*self.paragraphs, *self.items])

    def part(self, index: int) -> str | None:
        """Item `index` (from 1), or where an article has no items that paragraph."""
        parts = self.items or self.paragraphs
        return parts[index - 1] if index <= len(parts) else None


class _Articles(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str
    article: tuple[Article, ...]


def articles(rulebook_id: str, directory: Path | None = None) -> dict[int, Article]:
    """The articles of a text by number; raises RulebookRefused where the file is not usable."""
    if directory is None:
        return dict(_shipped(rulebook_id))
    return _read(rulebook_id, directory)


def text_of(index: dict[int, Article], reference: str) -> str | None:
    """The text that "16" or "15(1)" points at, None where there is no such article or part."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or (article := index.get(int(match["number"]))) is None:
        return None
    return article.text if match["part"] is None else article.part(int(match["part"]))


def _read(rulebook_id: str, directory: Path) -> dict[int, Article]:
    path = directory / f"{rulebook_id}.articles.toml"
    try:
        found = _Articles.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise RulebookRefused(f"{path.name}: there is no such file") from None
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise RulebookRefused(f"{path.name}: {error}") from None
    numbers = [article.number for article in found.article]
    if numbers != list(range(1, len(numbers) + 1)):
        raise RulebookRefused(f"{path.name}: the articles are not numbered from 1 without a gap")
    return {article.number: article for article in found.article}


@lru_cache
def _shipped(rulebook_id: str) -> dict[int, Article]:
    return _read(rulebook_id, SHIPPED)
