"""The file door's own TLS, and what production mode wants of it."""

import ssl
from pathlib import Path

import httpx
import pytest

from services.exchange import production
from shared.principal import Principal
from tests.exchange.doors import file_of, opened, served
from tests.exchange.world import World
from tests.gateway.certificates.authority import Authority


async def test_files_leave_over_tls_as_they_do_without(
    world: World, holder: Principal, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    async with opened(world, authority.issue("files").file) as at:
        trusted = ssl.create_default_context(cafile=authority.file)
        async with httpx.AsyncClient(verify=trusted) as client:
            file = await file_of(world, holder, at)
            assert file["url"].startswith("https:")
            assert (await served(client, file)).status_code == 200
            whole = await client.get(file["url"])
            head = await client.head(file["url"])
            assert len(whole.content) == int(head.headers["content-length"]) > 100
            part = await client.get(file["url"], headers={"Range": "bytes=5-14"})
            assert (part.status_code, part.content) == (206, whole.content[5:15])
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(file["url"])
            plain = file["url"].replace("https:", "http:")
            with pytest.raises(httpx.TransportError):
                await stranger.get(plain)


async def test_production_refuses_plain_http_at_the_door_unless_a_proxy_stands_before_it() -> None:
    fit = {"HUITONG_SCANNER": "none"}
    open_to_all = fit | {"HUITONG_LISTEN": "0.0.0.0:8081"}
    assert "plain HTTP" in " ".join(await production.reasons(open_to_all))
    own = {"HUITONG_TLS_CERTIFICATE": "/chain.pem", "HUITONG_TLS_KEY": "/key.pem"}
    for more in (
        {"HUITONG_TRUSTED_PROXIES": '["10.1.0.0/16"]'},
        own,
        {"HUITONG_LISTEN": "127.0.0.1:8081"},
        {"HUITONG_LISTEN": "[::1]:8081"},
        {"HUITONG_LISTEN": "unix:/run/files.sock"},
    ):
        assert await production.reasons(open_to_all | more) == []
    keyless = open_to_all | {"HUITONG_TLS_CERTIFICATE": "/chain.pem"}
    assert "without HUITONG_TLS_KEY" in " ".join(await production.reasons(keyless))
