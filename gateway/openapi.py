"""One OpenAPI document for the whole platform, made of what each service says of itself."""

import asyncio
import copy
import logging
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.rules import RULES
from gateway.upstream import Upstream, UpstreamAway

_log = logging.getLogger(__name__)
_DESCRIPTION = """\
政务信息资源目录、共享申请、数据交换与审计。· Government departments publish, request and exchange
the data they hold, under law, with proof.

登录：点击 **Authorize**，以操作员账号登录（授权码 + PKCE），或填入系统的 client id 与 secret。
Log in with **Authorize**: as an operator (authorization code with PKCE), or with a system's
client id and secret. Every refusal is a problem document (RFC 9457) that says what to do.
"""

Document = dict[str, Any]  # the edge: OpenAPI as JSON


class Descriptions:
    """Fetches and keeps each service's own description; an absent service keeps its last one."""

    def __init__(self, upstreams: Mapping[str, Upstream], own: Document, issuer: str) -> None:
        self._upstreams = upstreams
        self._known: dict[str, Document] = {"gateway": own}
        self._issuer = issuer

    async def whole(self) -> Document:
        """The platform's document, with whatever services answer now or have answered before."""
        await asyncio.gather(*[self._fetch(name) for name in self._upstreams])
        return merged(self._known, self._issuer)

    async def _fetch(self, name: str) -> None:
        try:
            head = b"GET /openapi.json HTTP/1.1\r\nhost: huitong\r\n\r\n"
            exchange = await self._upstreams[name].exchange(head, None)
            try:
                body = b"".join([chunk async for chunk in exchange.chunks()])
            finally:
                exchange.close()
            if exchange.head.status == 200:
                self._known[name] = orjson.loads(body)
        except (UpstreamAway, TimeoutError, ValueError) as error:
            _log.warning("no description of %s: %s", name, type(error).__name__)


def merged(documents: Mapping[str, Document], issuer: str) -> Document:
    """The documents as one: only what the gateway's rules list, each with its permission."""
    paths: Document = {}
    schemas: Document = {}
    for rule in RULES:
        document = documents.get(rule.service)
        operation = (document or {}).get("paths", {}).get(rule.path, {}).get(rule.method.lower())
        if operation is None:
            continue
        shown = _renamed(copy.deepcopy(operation), rule.service)
        shown["security"] = [{"huitong": [rule.permission.value]}]
        paths.setdefault(rule.path, {})[rule.method.lower()] = shown
    for service, document in documents.items():
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            schemas[f"{service}.{name}"] = _renamed(copy.deepcopy(schema), service)
    permissions = {rule.permission.value: rule.permission.value for rule in RULES}
    flows = {
        "authorizationCode": {
            "authorizationUrl": f"{issuer}/oauth/authorize",
            "tokenUrl": f"{issuer}/oauth/token",
            "scopes": permissions,
        },
        "clientCredentials": {"tokenUrl": f"{issuer}/oauth/token", "scopes": permissions},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "汇通 Huitong", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": issuer}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"huitong": {"type": "oauth2", "flows": flows}},
        },
    }


def _renamed(node: Any, service: str) -> Any:  # any JSON value
    """The same with every reference pointing to the service's own schemas in the whole."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.rpartition("/")[2]
            node = {**node, "$ref": f"#/components/schemas/{service}.{name}"}
        return {key: _renamed(value, service) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item, service) for item in node]
    return node
