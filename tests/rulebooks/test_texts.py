"""The articles stand beside the values and bear them out."""

from pathlib import Path

import pytest

from shared.rulebooks import RulebookRefused, articles
from shared.rulebooks.model import PARAMETERS
from shared.rulebooks.texts import text_of
from tests.rulebooks.books import IDS, book
from tests.rulebooks.editing import Data


@pytest.mark.parametrize(
    ("rulebook", "count"),
    [("jiangsu-2012", 35), ("jiangsu-2017", 27), ("yixing-2016", 34), ("baoji-2017", 32)],
)
def test_a_text_has_all_its_articles_each_with_a_heading(rulebook: str, count: int) -> None:
    index = articles(rulebook)
    assert list(index) == list(range(1, count + 1))
    assert all(article.heading and article.text for article in index.values())


@pytest.mark.parametrize("rulebook", IDS)
def test_every_cited_article_exists_and_has_the_quoted_words(rulebook: str) -> None:
    loaded = book(rulebook)
    for name in PARAMETERS:
        ruled = getattr(loaded, name)
        for cite in ruled.cites:
            text = text_of(articles(ruled.rulebook), cite.article)
            assert text is not None, f"{name}: {ruled.rulebook} §{cite.article}"
            assert cite.quote in text, f"{name}: {cite.quote}"


def test_a_reference_points_at_an_article_an_item_or_a_paragraph() -> None:
    baoji, jiangsu = articles("baoji-2017"), articles("jiangsu-2017")
    assert (text_of(baoji, "15(1)") or "").startswith("凡列入不予共享类")
    assert (text_of(jiangsu, "16(2)") or "").startswith("各政务机构需依据法律规定")
    assert (text_of(jiangsu, "25(4)") or "").startswith("向政务数据共享交换平台提交的数据")
    for reference in ("0", "33", "15(5)", "15(0)", "十五", "15 (1)", "§15", ""):
        assert text_of(baoji, reference) is None, reference


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("number = 7\n", "number = 70\n", "not numbered from 1 without a gap"),
        ('heading = "日志审计"\n', "", "article.20.heading|heading"),
        ("[[article]]\nnumber = 9\n", "[[article]\nnumber = 9\n", "Expected|Cannot|Invalid"),
    ],
)
def test_a_broken_index_of_articles_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    Data(tmp_path).edit("baoji-2017.articles", old, new)
    with pytest.raises(RulebookRefused, match=rf"(?s)^baoji-2017\.articles\.toml: .*({says})"):
        articles("baoji-2017", tmp_path)


def test_a_text_without_articles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookRefused, match=r"nowhere\.articles\.toml: there is no such file"):
        articles("nowhere", tmp_path)
