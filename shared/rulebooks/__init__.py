"""The law as data: four rulebooks, every value with its article.

    rulebook = load("baoji-2017", on=date(2026, 3, 1))
    rulebook.provider_answer.value.working_days   # 10
    rulebook.provider_answer.article              # "baoji-2017 §16"
    rulebook.catalogue_announced.silent           # True: `.value` would raise Silent

A parameter's `.value` is what the text says; `.article` is how a refusal cites it; of a value
that fell through to an extended rulebook the article is that one's ("jiangsu-2012 §18" under
yixing-2016). Keep `rulebook.version` with every decision: `load_version` gives the same content
back, or refuses when the data was edited where it should have been amended.
"""

from shared.rulebooks.loader import load, load_version, shipped
from shared.rulebooks.model import Rulebook
from shared.rulebooks.ruled import Cite, Ruled, Silent
from shared.rulebooks.texts import Article, RulebookRefused, articles

__all__ = [
    "Article",
    "Cite",
    "Rulebook",
    "RulebookRefused",
    "Ruled",
    "Silent",
    "articles",
    "load",
    "load_version",
    "shipped",
]
