"""A clerk with a citizen before him is told what the platform has, in plain words."""

from datetime import UTC, date, datetime

import pytest

from services.exchange.counters.answers import PurposeDiffers, answer, check_purpose
from services.exchange.tables.items import Item, ItemType
from shared import clock
from shared.principal import Permission
from tests.exchange.tables import HEADER, credit_code, line
from tests.exchange.world import World

PURPOSE = "核对新设企业的税务登记"
ITEMS = [
    Item(code="id", name="证照编号", type=ItemType.CHARACTER, key=True),
    Item(code="valid", name="是否有效", type=ItemType.LOGICAL),
    Item(code="until", name="有效期至", type=ItemType.DATE),
    Item(code="fee", name="注册资本", type=ItemType.CURRENCY),
    Item(code="kept", name="备注", type=ItemType.CHARACTER),
]
SOURCE = "示例市市场监督管理局《证照信息》"


def test_an_answer_is_a_sentence_with_source_and_date() -> None:
    row = {"id": "A-1", "valid": True, "until": date(2026, 6, 30), "fee": "12.50", "kept": ""}
    told = answer(row, ITEMS, source=SOURCE, day=date(2026, 3, 2))
    assert told.sentence == (
        "据示例市市场监督管理局《证照信息》（数据日期2026年3月2日），证照编号：A-1；是否有效：是；"
        "有效期至：2026年6月30日；注册资本：12.50元；备注：未登记。以上信息平台已有，无须申请人另行"
        "提供。"
    )
    assert [fact.text for fact in told.facts][-1] is None


def test_only_what_the_row_shows_is_told_and_doubt_is_said() -> None:
    told = answer({"id": "A-1", "_stale": True}, ITEMS, source=SOURCE, day=None)
    assert [fact.code for fact in told.facts] == ["id"]
    assert told.sentence.endswith("其中有提供部门标注尚待核实的内容，有疑问的请提请校核。")


def test_nothing_found_is_not_said_to_mean_that_there_is_nothing() -> None:
    told = answer(None, ITEMS, source=SOURCE, day=None)
    assert (told.found, told.facts) == (False, [])
    assert "没有查到不等于不存在" in told.sentence


def test_the_purpose_is_the_grants() -> None:
    check_purpose(f" {PURPOSE}", PURPOSE)
    with pytest.raises(PurposeDiffers):
        check_purpose("商业推广", PURPOSE)


@pytest.mark.duty("D44", "jiangsu-2017 §16(2)")
async def test_nobody_is_asked_again_for_what_the_platform_has(world: World) -> None:
    with clock.turn(datetime(2026, 3, 2, 2, tzinfo=UTC)):
        await world.publish("\n".join([HEADER, line(1)]).encode())
        holder = await world.grant("name", "uscc")
        path = f"/v1/grants/{holder.grant}/counter"
        asked = {"key": credit_code(1), "purpose": PURPOSE}
        async with world.call(holder) as client:
            told = await client.post(path, json=asked)
            assert told.status_code == 200, told.text
            absent = (await client.post(path, json={**asked, "key": credit_code(2)})).json()
            other = await client.post(path, json={**asked, "purpose": "商业推广"})
            many = await client.post(path, json={**asked, "keys": [credit_code(2)]})
        looked_up = await world.look_up(holder, credit_code(1))
    body = told.json()
    assert body["found"]
    assert body["sentence"].startswith(
        "据示例市市场监督管理局《企业法人登记信息》（数据日期2026年3月2日），"
    )
    assert f"统一社会信用代码：{credit_code(1)}" in body["sentence"]
    assert {fact["code"] for fact in body["facts"]} == {"name", "uscc"}
    # The log has the same digest for it, so that the two are seen to be of one person.
    for name in ("x-huitong-keys-digest", "cache-control"):
        assert told.headers[name] == looked_up.headers[name]
    assert told.headers["x-huitong-keys-count"] == "1"
    assert (absent["found"], absent["facts"]) == (False, [])
    assert other.json()["code"] == "counter-purpose-differs"
    assert (many.status_code, credit_code(2) in many.text) == (422, False)


async def test_the_counter_opens_no_more_than_the_grant(world: World) -> None:
    await world.publish("\n".join([HEADER, line(1)]).encode())
    holder, keyless = await world.grant("name", "uscc"), await world.grant("name")
    asked = {"key": credit_code(1), "purpose": PURPOSE}
    stranger = world.principal(grant=holder.grant)
    reader = world.principal(Permission.DATA_READ, department=holder.department, grant=holder.grant)
    codes = []
    for by in (stranger, reader, keyless):
        async with world.call(by) as client:
            answered = await client.post(f"/v1/grants/{by.grant}/counter", json=asked)
            codes.append((answered.status_code, answered.json()["code"]))
    assert codes == [(404, "not-found"), (403, "permission-missing"), (409, "key-not-granted")]
    await world.revoke(holder)
    async with world.call(holder) as client:
        answered = await client.post(f"/v1/grants/{holder.grant}/counter", json=asked)
    assert answered.status_code == 404
