"""A rulebook is loaded whole and for a day, or refused with its file and key."""

from datetime import date
from pathlib import Path

import pytest

from shared.rulebooks import Rulebook, RulebookRefused, Silent, load, load_version
from shared.rulebooks.model import PARAMETERS
from tests.rulebooks.books import IDS, ON, book
from tests.rulebooks.editing import Data


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return Data(tmp_path)


@pytest.mark.parametrize("rulebook", IDS)
def test_every_parameter_is_stated_with_an_article_or_silent(rulebook: str) -> None:
    loaded = book(rulebook)
    for name in PARAMETERS:
        ruled = getattr(loaded, name)
        assert ruled.silent == (ruled.article is None), name
        assert ruled.silent or ruled.cites, name


def test_a_silent_value_cannot_be_read_by_mistake() -> None:
    silent = book("baoji-2017").confidentiality_agreement
    assert silent.silent
    assert silent.article is None
    with pytest.raises(Silent):
        _ = silent.value


def test_where_yixing_is_silent_the_value_and_article_of_jiangsu_2012_hold() -> None:
    jiangsu, yixing = book("jiangsu-2012"), book("yixing-2016")
    assert yixing.provider_answer.article == "jiangsu-2012 §18"
    assert yixing.data_refresh_limit.article == "jiangsu-2012 §15"
    for name in PARAMETERS:
        ruled = getattr(yixing, name)
        if ruled.rulebook == "jiangsu-2012":
            assert ruled.stated == getattr(jiangsu, name).stated
        elif ruled.silent:
            assert getattr(jiangsu, name).silent, name


def test_a_rulebook_survives_as_json_what_a_decision_keeps() -> None:
    loaded = book("baoji-2017")
    assert Rulebook.model_validate_json(loaded.model_dump_json()) == loaded


# Versions


@pytest.mark.parametrize("rulebook", IDS)
def test_the_version_of_a_decision_gives_the_same_content_back(rulebook: str) -> None:
    loaded = book(rulebook)
    assert load_version(loaded.version) == loaded


def test_a_version_is_the_same_on_every_day_that_the_content_holds() -> None:
    assert load("baoji-2017", date(2018, 1, 1)).version == load("baoji-2017", ON).version


def test_a_changed_value_is_another_version_and_a_corrected_note_is_not(data: Data) -> None:
    before = load("baoji-2017", ON, directory=data.folder).version
    data.edit("baoji-2017", "自印发之日起施行；", "施行：")
    assert load("baoji-2017", ON, directory=data.folder).version == before
    data.edit("baoji-2017", "working_days = 10", "working_days = 12")
    assert load("baoji-2017", ON, directory=data.folder).version != before


def test_a_version_whose_content_was_edited_in_place_is_refused(data: Data) -> None:
    before = load("baoji-2017", ON, directory=data.folder).version
    data.edit("baoji-2017", "working_days = 10", "working_days = 12")
    with pytest.raises(RulebookRefused, match="was edited"):
        load_version(before, directory=data.folder)


@pytest.mark.parametrize("version", ["", "baoji-2017", "baoji-2017@2017-11-13~xyz", "../x@1~0"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(RulebookRefused, match="not the version"):
        load_version(version)


# Amendments

AMENDED = """
[[provider_answer]]
until = 2023-12-31
value = { working_days = 10, applies_to = "conditional" }
cites.16 = "提供部门应在10个工作日内予以答复"

[[provider_answer]]
from = 2024-01-01
value = { working_days = 7, applies_to = "conditional" }
cites.16 = "予以答复"
"""
ORIGINAL = """
[provider_answer]
value = { working_days = 10, applies_to = "conditional" }
cites.16 = "提供部门应在10个工作日内予以答复"
"""


def test_an_amendment_is_a_second_dated_value_and_old_decisions_keep_the_first(data: Data) -> None:
    before = load("baoji-2017", ON, directory=data.folder)
    data.edit("baoji-2017", ORIGINAL, AMENDED)
    last_day = load("baoji-2017", date(2023, 12, 31), directory=data.folder)
    first_day = load("baoji-2017", date(2024, 1, 1), directory=data.folder)
    assert last_day.provider_answer.value.working_days == 10
    assert first_day.provider_answer.value.working_days == 7
    assert first_day.version.startswith("baoji-2017@2024-01-01~")
    assert last_day.version == before.version
    assert load_version(before.version, data.folder).provider_answer.value.working_days == 10
    assert load_version(first_day.version, data.folder) == first_day


def test_overlapping_values_are_refused(data: Data) -> None:
    data.edit("baoji-2017", ORIGINAL, AMENDED.replace("until = 2023-12-31", "until = 2024-01-01"))
    with pytest.raises(RulebookRefused, match=r"baoji-2017\.toml: provider_answer: .* overlap"):
        load("baoji-2017", ON, directory=data.folder)


def test_a_value_without_end_before_another_is_refused(data: Data) -> None:
    data.edit("baoji-2017", ORIGINAL, AMENDED.replace("until = 2023-12-31", ""))
    with pytest.raises(RulebookRefused, match=r"baoji-2017\.toml: provider_answer: .* overlap"):
        load("baoji-2017", ON, directory=data.folder)


def test_a_gap_between_values_is_refused(data: Data) -> None:
    data.edit("baoji-2017", ORIGINAL, AMENDED.replace("from = 2024-01-01", "from = 2024-01-03"))
    with pytest.raises(RulebookRefused, match="provider_answer: nothing is in force on 2024-01-01"):
        load("baoji-2017", ON, directory=data.folder)


def test_a_last_value_that_ends_is_refused(data: Data) -> None:
    data.edit("baoji-2017", ORIGINAL, ORIGINAL + "until = 2024-01-01\n")
    with pytest.raises(RulebookRefused, match="provider_answer: nothing is in force after"):
        load("baoji-2017", ON, directory=data.folder)


def test_a_value_that_ends_before_it_begins_or_begins_before_its_text_is_refused(
    data: Data,
) -> None:
    data.edit("baoji-2017", ORIGINAL, ORIGINAL + "until = 2017-11-01\n")
    with pytest.raises(RulebookRefused, match="provider_answer: ends on 2017-11-01"):
        load("baoji-2017", ON, directory=data.folder)
    data.edit("baoji-2017", "until = 2017-11-01\n", "from = 2017-11-01\n")
    with pytest.raises(RulebookRefused, match="before the text is in force"):
        load("baoji-2017", ON, directory=data.folder)


# Overlays

FASTER = """
[provider_answer]
value = { working_days = 5, applies_to = "conditional" }
cites.1 = "5个工作日"
[audit_retention]
silent = true
"""


def test_a_superior_law_replaces_what_it_states_from_its_own_day(data: Data) -> None:
    data.write_overlay("shaanxi-law", FASTER)
    earlier = load("baoji-2017", date(2023, 12, 31), ["shaanxi-law"], data.folder)
    assert earlier.provider_answer.article == "baoji-2017 §16"
    assert earlier.overlays == ()
    later = load("baoji-2017", date(2024, 1, 1), ["shaanxi-law"], data.folder)
    assert later.provider_answer.value.working_days == 5
    assert later.provider_answer.article == "shaanxi-law §1"
    assert later.overlays == ("shaanxi-law",)
    assert later.audit_retention.article == "baoji-2017 §21"
    assert later.version.startswith("baoji-2017+shaanxi-law@2024-01-01~")
    assert load_version(later.version, data.folder) == later


def test_the_later_of_two_overlays_wins() -> None:
    overlaid = load("yixing-2016", ON, ["jiangsu-2017"])
    assert overlaid.provider_answer.article == "jiangsu-2017 §16"
    assert overlaid.provider_answer.value.working_days == 10
    assert overlaid.complaints_to.article == "yixing-2016 §29"
    assert overlaid.off_platform.article == "jiangsu-2012 §14"
    both = load("yixing-2016", ON, ["jiangsu-2017", "baoji-2017"])
    assert both.provider_answer.article == "baoji-2017 §16"
    assert both.repeat_collection.article == "jiangsu-2017 §16(2)"


def test_an_overlay_governs_nothing_by_itself(data: Data) -> None:
    data.write_overlay("shaanxi-law", FASTER)
    with pytest.raises(RulebookRefused, match=r"shaanxi-law\.toml: document\.kind"):
        load("shaanxi-law", ON, directory=data.folder)


def test_a_text_cannot_overlay_itself_or_lie_twice() -> None:
    for overlays in (["baoji-2017"], ["jiangsu-2017", "jiangsu-2017"]):
        with pytest.raises(RulebookRefused, match="overlay itself or lie twice"):
            load("baoji-2017", ON, overlays)


# Refusals


def test_before_its_first_day_a_rulebook_is_refused() -> None:
    with pytest.raises(RulebookRefused, match="in force only from 2017-11-13, not on 2017-11-12"):
        load("baoji-2017", date(2017, 11, 12))


@pytest.mark.parametrize("rulebook", ["nowhere-2020", "../baoji-2017", "Baoji", "", "a/b"])
def test_an_unknown_or_impossible_id_is_refused(rulebook: str) -> None:
    with pytest.raises(RulebookRefused):
        load(rulebook, ON)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_missing_parameter_is_refused_by_name(data: Data, name: str) -> None:
    path = data.folder / "baoji-2017.toml"
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    kept = [b for b in blocks if not b.lstrip("[").startswith((f"{name}]", f"{name}."))]
    assert len(kept) < len(blocks)
    path.write_text("\n\n".join(kept), encoding="utf-8")
    with pytest.raises(RulebookRefused, match=rf"^baoji-2017\.toml: {name}: missing"):
        load("baoji-2017", ON, directory=data.folder)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'cites.16 = "提供部门应在10个工作日内予以答复"\n',
            "",
            r"provider_answer: has a value and no article",
        ),
        (
            'cites.16 = "提供部门应在10个工作日内予以答复"',
            'cites.99 = "提供部门应在10个工作日内予以答复"',
            r"provider_answer: cites §99, which does not exist",
        ),
        (
            'cites.16 = "提供部门应在10个工作日内予以答复"',
            'cites."16(3)" = "提供部门应在10个工作日内予以答复"',
            r"provider_answer: cites §16\(3\), which does not exist",
        ),
        (
            'cites.16 = "提供部门应在10个工作日内予以答复"',
            'cites.16 = "提供部门应在20个工作日内予以答复"',
            r"provider_answer: “提供部门应在20个工作日内予以答复” does not stand in §16",
        ),
        (
            'value = { working_days = 10, applies_to = "conditional" }\n',
            "",
            r"provider_answer: has no value",
        ),
        (
            'value = { working_days = 10, applies_to = "conditional" }',
            'value = { working_days = 10, applies_to = "conditional" }\nsilent = true',
            r"provider_answer: cannot be silent and say something",
        ),
        (
            "working_days = 10",
            'working_days = "10"',
            r"provider_answer\.working_days: Input should be a valid integer",
        ),
        ("working_days = 10", "working_days = 0", r"provider_answer\.working_days"),
        ("working_days = 10", "work_days = 10", r"provider_answer\.working_days: Field required"),
        (
            "working_days = 10",
            "working_days = 10, hours = 1",
            r"provider_answer\.hours: Extra inputs",
        ),
        (
            'cites.16 = "提供部门应在10个工作日内予以答复"',
            'cites.16 = "提供部门应在10个工作日内予以答复"\nvalu = 1',
            r"provider_answer\.valu: Extra inputs",
        ),
        ("[provider_answer]", "[providers_answer]", r"providers_answer: there is no such param"),
        ("[suspension]", "[suspension", r"Expected"),
        ('id = "baoji-2017"', 'id = "baoji-2018"', r"document\.id: 'baoji-2018' is not the file"),
        ('region = "610300"', 'region = "宝鸡"', r"document\.region"),
        ('in_force_article = "32"', 'in_force_article = "33"', r"document\.in_force_article"),
        ('item = "29(4)"', 'item = "29(9)"', r"violations: there is no §29\(9\)"),
        ('step = "rectification-notice"', 'step = "scolding"', r"sanction_ladder\.steps\.0\.step"),
        (
            '{ step = "rectification-notice", when = "found" }',
            '{ step = "rectification-notice", when = "overdue" }',
            r"sanction_ladder: .*the first rung",
        ),
        (
            "[audit_retention]\nvalue = 3",
            "[audit_retention]\nvalue = false",
            r"audit_retention: Input should be a valid integer",
        ),
        (
            "[free_of_charge]\nvalue = true",
            "[free_of_charge]\nvalue = false",
            r"free_of_charge: Input should be True",
        ),
    ],
)
def test_broken_data_is_refused_with_its_file_and_key(
    data: Data, old: str, new: str, says: str
) -> None:
    data.edit("baoji-2017", old, new)
    with pytest.raises(RulebookRefused, match=rf"^baoji-2017\.toml: {says}"):
        load("baoji-2017", ON, directory=data.folder)


def test_a_file_without_its_header_is_refused(data: Data) -> None:
    data.edit("baoji-2017", "[document]", "[documents]")
    with pytest.raises(RulebookRefused, match=r"^baoji-2017\.toml: document"):
        load("baoji-2017", ON, directory=data.folder)


def test_a_circle_of_extensions_is_refused(data: Data) -> None:
    data.edit("jiangsu-2012", 'region = "320000"', 'region = "320000"\nextends = "yixing-2016"')
    with pytest.raises(
        RulebookRefused,
        match=r"jiangsu-2012\.toml: document\.extends: a cycle, "
        r"yixing-2016 → jiangsu-2012 → yixing-2016",
    ):
        load("yixing-2016", ON, directory=data.folder)


def test_an_extended_rulebook_that_does_not_exist_is_refused(data: Data) -> None:
    data.edit("yixing-2016", 'extends = "jiangsu-2012"', 'extends = "wuxi-2014"')
    with pytest.raises(RulebookRefused, match=r"wuxi-2014\.toml: there is no such rulebook"):
        load("yixing-2016", ON, directory=data.folder)
