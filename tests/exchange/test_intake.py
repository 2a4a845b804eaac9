"""A batch, from its bytes to accepted rows and a reject report in which nothing vanishes."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from services.exchange.tables.checks import FLAGS
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.reasons import Rule, Severities, Severity, sentence
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.shelf import Bounds
from shared.crypto import Tampered
from tests.exchange.tables import ENTERPRISES, FLAGGING, HEADER, Desk, credit_code, line, messy


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.duty("D18", "baoji-2017 §17")
def test_every_row_of_a_messy_file_is_accepted_or_reported_with_line_and_reason(
    desk: Desk,
) -> None:
    data, faults = messy(1000)
    taken = desk.take(data)
    counts, findings = taken.counts, desk.findings(taken)
    assert counts.rows_in == 1000 + sum(len(lines) for lines in faults.values())
    assert counts.rows_in == counts.accepted + counts.rejected
    assert counts.accepted == desk.rows(taken).height == 1000
    assert counts.reasons == {rule: len(lines) for rule, lines in faults.items() if lines}
    first = findings.filter("first")
    for rule, lines in faults.items():
        assert first.filter(pl.col("rule") == rule.value)["line"].to_list() == lines
    damaged = findings.filter(pl.col("rule") == Rule.DAMAGED.value)
    assert damaged["value"].str.starts_with("太仓").all()
    assert damaged["text"].str.ends_with(",苏州").all()


@pytest.mark.duty("D18", "baoji-2017 §17")
def test_a_flagged_row_is_accepted_and_marked(desk: Desk) -> None:
    data, faults = messy(1000)
    taken = desk.take(data, severities=FLAGGING)
    wrong = len(faults[Rule.CHECK_CHARACTER])
    assert taken.counts.accepted == 1000 + wrong
    assert taken.counts.flagged == taken.counts.flags[Rule.CHECK_CHARACTER] == wrong
    assert Rule.CHECK_CHARACTER not in taken.counts.reasons
    marked = desk.rows(taken).filter(pl.col(FLAGS).is_not_null())
    assert marked[FLAGS].to_list() == [["uscc:check-character"]] * wrong
    flagged = desk.findings(taken).filter(pl.col("severity") == "flag")
    assert flagged["line"].to_list() == faults[Rule.CHECK_CHARACTER]


def test_a_passed_rule_leaves_no_trace(desk: Desk) -> None:
    data, faults = messy(100)
    taken = desk.take(data, severities=Severities({(Rule.CHECK_CHARACTER, "uscc"): Severity.PASS}))
    assert taken.counts.accepted == 100 + len(faults[Rule.CHECK_CHARACTER])
    assert taken.counts.flagged == 0


def test_the_first_line_of_a_key_stands_and_later_ones_are_rejected(
    desk: Desk,
) -> None:
    lines = [HEADER, *(line(n % 20, city=f"第{n}") for n in range(50))]
    taken = desk.take("\n".join(lines).encode(), bounds=Bounds(block=200, rows=10, bucket=500))
    assert (taken.counts.accepted, taken.counts.rejected) == (20, 30)
    assert taken.counts.reasons == {Rule.UNIQUE: 30}
    assert sorted(desk.rows(taken)["city"]) == sorted(f"第{n}" for n in range(20))
    assert sorted(desk.findings(taken)["line"]) == list(range(22, 52))


def test_a_file_that_repeats_itself_keeps_its_first_copy(desk: Desk) -> None:
    copy = [line(n) for n in range(20)]
    data = "\n".join([HEADER, *copy, *copy]).encode()
    taken = desk.take(data, bounds=Bounds(block=1, rows=1))
    assert (taken.counts.accepted, taken.counts.rejected) == (20, 20)
    assert desk.rows(taken).height == 20


def test_values_are_typed_by_the_catalogues_items(desk: Desk) -> None:
    items = [
        Item(code="id", name="编号", type=ItemType.INTEGER, key=True),
        Item(code="day", name="日期", type=ItemType.DATE, required=True),
        Item(code="amount", name="金额", type=ItemType.CURRENCY, length=8),
        Item(code="note", name="备注", type=ItemType.MEMO),
    ]
    text = "金额,ID,日期,备 注\n"
    text += '"1,200.50",1,2016-6-23,\n１２,2,20160623," 原样 "\n5,3,2016年6月23日,x\n'
    text += (
        "1e9,4,2016-06-23,x\n1,5,,x\n1,6,23/6/2016,x\n1234567.00,7,2016-06-23,x\n1,,2016-06-23,\n"
    )
    taken = desk.take(text.encode(), items)
    rows = desk.rows(taken)
    assert rows["day"].to_list() == [date(2016, 6, 23)] * 3
    assert [str(a) for a in rows["amount"]] == ["1200.50", "12.00", "5.00"]
    assert rows["note"].to_list() == [None, " 原样 ", "x"]
    found = desk.findings(taken).select("line", "item", "rule").rows()
    assert found == [
        (5, "amount", "wrong-type"),
        (6, "day", "required-missing"),
        (7, "day", "wrong-type"),
        (8, "amount", "too-long"),
        (9, "id", "required-missing"),
    ]


def test_a_key_can_never_be_absent_whatever_the_provider_chose(desk: Desk) -> None:
    chosen = Severities({(Rule.REQUIRED, None): Severity.PASS})
    taken = desk.take(f"{HEADER}\n甲,,2002-01-01,1,苏州\n".encode(), severities=chosen)
    assert taken.counts.reasons == {Rule.REQUIRED: 1}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER + ",法人电话", "法人电话"),
        (HEADER.replace(",地区", ""), "地区"),
        (HEADER + ",地区", "重复"),
    ],
    ids=["extra", "missing", "twice"],
)
def test_a_header_that_does_not_fit_the_catalogue_is_refused_by_name(
    desk: Desk, header: str, words: str
) -> None:
    with pytest.raises(BatchRefused, match=words) as refused:
        desk.take(f"{header}\n".encode())
    assert refused.value.code == "header-mismatch"


def test_a_delta_says_per_row_whether_its_key_goes(desk: Desk) -> None:
    text = f"{HEADER},操作\n{line(1)},更新\n{line(2)},\n,{credit_code(3)},,,,删除\n{line(4)},移动\n"
    taken = desk.take(text.encode(), delta=True)
    assert desk.rows(taken)["$delete"].to_list() == [False, False, True]
    assert taken.counts.reasons == {Rule.OPERATION: 1}


def test_a_part_opens_only_under_its_own_key(desk: Desk, tmp_path: Path) -> None:
    taken = desk.take(f"{HEADER}\n{line(1)}\n".encode())
    path = desk.shelf.path(taken.parts[0].digest)
    sealed = path.read_bytes()
    assert "贸易有限公司".encode() not in sealed
    assert b"PAR1" not in sealed
    with pytest.raises(Tampered):
        Desk(tmp_path / "other").shelf.__class__(
            desk.shelf.folder, b"\0" * 32, desk.shelf._suite
        ).get(taken.parts[0])


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    for rule in Rule:
        chinese, _, english = sentence(rule, ENTERPRISES[0].name).partition(" · ")
        assert chinese.startswith("企业名称：")
        assert english.startswith("企业名称: ")
