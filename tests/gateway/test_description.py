"""The platform's OpenAPI document: made once, asked for cheaply, open to everybody."""

from tests.gateway.conftest import Gateway


async def test_the_document_is_made_once_until_a_service_says_something_else(
    gateway: Gateway,
) -> None:
    paths = {"/v1/resources": {"get": {"summary": "目录 · List", "responses": {}}}}
    gateway.behind.description = {"openapi": "3.1.0", "paths": paths, "components": {}}
    first = await gateway.http.get("/openapi.json")
    assert first.status_code == 200
    assert "/v1/me" in first.json()["paths"]
    assert "/v1/resources" in first.json()["paths"]
    tag = first.headers["etag"]
    again = await gateway.http.get("/openapi.json", headers={"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await gateway.http.get("/openapi.json", headers={"if-none-match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    assert other.headers["cache-control"] == "no-cache"
