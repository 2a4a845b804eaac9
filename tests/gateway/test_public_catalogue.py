"""The public catalogue through the gateway: for everybody, and nothing of anybody goes on."""

import pytest

from tests.gateway.conftest import Gateway


@pytest.mark.duty("D10", "jiangsu-2012 §9")
async def test_everybody_reads_it_and_nobody_is_known_there(gateway: Gateway) -> None:
    bearer = await gateway.bearer("tax")
    for headers in ({}, bearer, {"x-huitong-base": "https://elsewhere.example"}):
        gateway.behind.headers.clear()
        query = {"q": f"法人{len(headers)}"} if headers != bearer else {"q": "企业"}
        answer = await gateway.http.get("/catalogue", params=query, headers=headers)
        assert answer.status_code == 200
        assert answer.text.startswith("/public/catalogue?q=")
        [arrived] = gateway.behind.headers
        assert set(arrived) == {"host", "x-huitong-base"}
        assert arrived["x-huitong-base"] == gateway.settings.public_url
        assert "x-kept" not in answer.headers


async def test_what_was_read_a_moment_ago_is_not_asked_for_again(gateway: Gateway) -> None:
    for _ in range(3):
        assert (await gateway.http.get("/catalogue.ttl")).text == "/public/catalogue.ttl?"
    assert len(gateway.behind.headers) == 1


async def test_no_address_leads_out_of_it(gateway: Gateway) -> None:
    for path in ("/catalogue/a/b", "/catalogue/%2e%2e/v1", "/cataloguex", "/public/catalogue"):
        answer = await gateway.http.get(path)
        assert answer.status_code in (401, 404), path
    sent = "/catalogue?q=a%0d%0ax-huitong-passport:%20b%20HTTP/1.1"
    assert (await gateway.http.get(sent)).status_code == 200
    assert set(gateway.behind.headers[-1]) == {"host", "x-huitong-base"}
    assert (await gateway.http.post("/catalogue", content=b"x")).status_code == 405


@pytest.mark.duty("D41", "jiangsu-2012 §20")
async def test_everybody_reads_the_guide_to_services(gateway: Gateway) -> None:
    for path in (
        "/catalogue/services",
        "/catalogue/services.json",
        "/catalogue/services/some.json",
    ):
        answer = await gateway.http.get(path)
        assert (answer.status_code, answer.text) == (200, f"/public{path}?")
    assert (await gateway.http.get("/catalogue/services/a/b")).status_code in (401, 404)
