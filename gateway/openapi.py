"""One OpenAPI document for the whole platform, made of what each service says of itself."""

import asyncio
import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway import groups
from gateway.link import UpstreamAway
from gateway.permissions import words
from gateway.roles import CLIENTS, ROLES
from gateway.rules import RULES, Rule
from gateway.upstream import Upstream
from shared import crypto

_log = logging.getLogger(__name__)
_DESCRIPTION = """\
政务信息资源目录、共享申请、数据交换与审计。· Government departments publish, request and exchange
the data they hold, under law, with proof.

登录：点击“登录 · Authorize”，以操作员账号登录（授权码 + PKCE），或填入系统的 client id 与 secret。
每次拒绝都是一份说明如何处理的问题文档（RFC 9457）。[权限表](/permissions)列出谁可以做什么。

Log in with **Authorize**: as an operator (authorization code with PKCE), or with a system's
client id and secret. Every refusal is a problem document (RFC 9457) that says what to do; who may
do what stands in the [table of permissions](/permissions).
"""
_LOG_IN = """\
人员用授权码方式登录，不填密钥；系统和前置机用标识和密钥。
People log in with the authorization code and leave the secret empty; systems and front-end
machines use their id and secret.
"""

Document = dict[str, Any]  # the edge: OpenAPI as JSON


@dataclass(frozen=True, slots=True)
class Whole:
    """The platform's document as it is sent, and its ETag."""

    body: bytes
    etag: str


class Descriptions:
    """Fetches and keeps each service's own description; an absent service keeps its last one."""

    def __init__(self, upstreams: Mapping[str, Upstream], own: Document, issuer: str) -> None:
        self._upstreams = upstreams
        self._known: dict[str, Document] = {"gateway": own}
        self._issuer = issuer
        self._whole: Whole | None = None

    async def whole(self) -> "Whole":
        """The platform's document, of what each service said last; made once for each change.

        Services are asked again and again by gateway/permissions/watch.py, and here only while
        one was never heard.
        """
        if not self.complete:
            await self.refresh()
        if self._whole is None:
            body = orjson.dumps(merged(self._known, self._issuer))
            self._whole = Whole(body, f'"{crypto.STANDARD.digest(body).hex()[:32]}"')
        return self._whole

    async def refresh(self) -> None:
        """Ask every service for its description; one that does not answer keeps its last."""
        await asyncio.gather(*[self._fetch(name) for name in self._upstreams])

    @property
    def documents(self) -> Mapping[str, Document]:
        """What each service said last, and the gateway's own, by the service's name."""
        return self._known

    @property
    def complete(self) -> bool:
        """Whether every service has been heard at least once."""
        return self._known.keys() >= self._upstreams.keys()

    def summaries(self) -> dict[str, str]:
        """The summary of each operation that was heard, by the operation's name in the rules."""
        return {
            rule.operation: str(operation["summary"])
            for rule in RULES
            if (operation := _described(self._known.get(rule.service), rule)) is not None
            and "summary" in operation
        }

    async def _fetch(self, name: str) -> None:
        try:
            head = b"GET /openapi.json HTTP/1.1\r\nhost: huitong\r\n\r\n"
            exchange = await self._upstreams[name].exchange(head, None)
            try:
                body = b"".join([chunk async for chunk in exchange.chunks()])
            finally:
                exchange.close()
            if exchange.head.status == 200:
                document = orjson.loads(body)
                if isinstance(document, dict) and document != self._known.get(name):
                    self._known[name] = document
                    self._whole = None
        except (UpstreamAway, TimeoutError, ValueError) as error:
            _log.warning("no description of %s: %s", name, type(error).__name__)


def merged(documents: Mapping[str, Document], issuer: str) -> Document:
    """The documents as one: only what the gateway's rules list, each with its permission."""
    paths: Document = {}
    schemas: Document = {}
    for rule in RULES:
        operation = _described(documents.get(rule.service), rule)
        if operation is None:
            continue
        shown = _renamed(copy.deepcopy(operation), rule.service)
        shown["security"] = [{"huitong": [rule.permission.value]}]
        shown["tags"] = [groups.group_of(rule.path, *shown.get("tags", ["其他 · Other"])[:1])]
        shown["description"] = f"{_who_may(rule)}\n\n{shown.get('description', '')}".rstrip()
        paths.setdefault(rule.path, {})[rule.method.lower()] = shown
    for service, document in documents.items():
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            schemas[f"{service}.{name}"] = _renamed(copy.deepcopy(schema), service)
    permissions = {rule.permission.value: words.PERMISSIONS[rule.permission] for rule in RULES}
    named = {tag for path in paths.values() for shown in path.values() for tag in shown["tags"]}
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
        "tags": groups.in_order(named),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "huitong": {"type": "oauth2", "description": _LOG_IN, "flows": flows}
            },
        },
    }


def _who_may(rule: Rule) -> str:
    """The permission of an operation, and who has it by role or kind of machine."""
    holders = [
        *(words.HOLDERS[role] for role, has in ROLES.items() if rule.permission in has),
        *(words.HOLDERS[kind] for kind, has in CLIENTS.items() if rule.permission in has),
    ]
    grant = "；须有授权 · under a grant" if rule.data else ""
    everybody = len(holders) == len(words.HOLDERS)
    who = "所有人 · everybody" if everybody else "、".join(holders)
    permission = f"{words.PERMISSIONS[rule.permission]} `{rule.permission.value}`"
    return f"**权限 · Permission**：{permission}（{who}{grant}）"


def _described(document: Document | None, rule: Rule) -> Document | None:
    """What its service says of the operation, None where it says nothing."""
    paths: Document = (document or {}).get("paths", {})
    operation: Document | None = paths.get(rule.path, {}).get(rule.method.lower())
    return operation


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
