"""A rulebook is printed so that an official can read and check it."""

import pytest

from shared.rulebooks.__main__ import main
from shared.rulebooks.model import PARAMETERS
from shared.rulebooks.table import rows
from tests.rulebooks.books import IDS, book


@pytest.mark.parametrize("rulebook", IDS)
def test_every_parameter_is_a_row_with_a_chinese_title_and_its_duties(rulebook: str) -> None:
    printed = list(rows(book(rulebook)))
    assert [row.name for row in printed] == list(PARAMETERS)
    assert len({row.title for row in printed}) == len(printed)
    assert all(row.duties.startswith("D") for row in printed)
    assert all((row.article is None) == (row.value == "") for row in printed)


def test_the_printed_rulebook_says_value_article_and_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["baoji-2017", "--on", "2026-03-01"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# 宝鸡市政务信息资源共享管理暂行办法\n")
    line = next(line for line in printed.splitlines() if "`provider_answer`" in line)
    assert line == (
        "| 答复时限（工作日） `provider_answer` | 工作日：10，适用：有条件共享类申请 "
        "| baoji-2017 §16 | 提供部门应在10个工作日内予以答复 |"
    )
    assert "| 保密协议 `confidentiality_agreement` | 未作规定 | – |  |" in printed


def test_without_an_id_the_rulebooks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.split() == sorted(IDS)


def test_an_unknown_rulebook_is_a_clear_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere-2020"]) == 1
    assert capsys.readouterr().err == "nowhere-2020.toml: there is no such rulebook\n"
