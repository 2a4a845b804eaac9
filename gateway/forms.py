"""Forms: what the calls of one member under one rule and grant have in common, written once.

A passport and two records go with every call. All but a few words of them are the same from
call to call, so they are kept ready and only filled in.
"""

from datetime import datetime
from uuid import UUID

import orjson

from gateway.headers import Headers
from gateway.live import LiveGrant, Member, Place
from gateway.rules import Rule
from shared.ids import new_text
from shared.passport import Blank
from shared.principal import Principal

_NO_ACCESS = UUID(int=0)
# What is not known yet when an access is decided.
_LATER = (
    b'"reason":null,"status":null,"bytes_in":null,"bytes_out":null,"forwarded":null,'
    b'"answered":null,"finished":null,"keys_digest":null,"count":1}'
)
_NO_ACT = b'"end_user":null,"matter":null,"terminal":null'


class Form:
    """What does not change while member, place, rule and grant are the same."""

    __slots__ = ("blank", "common", "grant", "member", "place", "resource", "rule")

    def __init__(
        self,
        rule: Rule,
        member: Member,
        place: Place | None,
        acr: str,
        grant: LiveGrant | None,
        key: bytes,
        at: datetime,
    ) -> None:
        self.rule = rule
        self.member = member
        self.place = place
        self.grant = grant
        for_whom = member.for_whom(rule.permission, at)
        principal = Principal(
            kind=member.kind,
            id=member.id,
            department=member.department,
            region=place.region if place else "",
            authority=place.authority if place else None,
            permissions=member.permissions,
            acr=acr,
            network="outer",
            grant=grant.id if rule.data and grant else None,
            access_id=_NO_ACCESS,
            on_behalf_of=for_whom,
        )
        self.blank = Blank(principal, rule.service, key)
        common = {
            "principal": {"kind": member.kind, "id": member.id, "department": member.department},
            "operation": rule.operation,
            "permission": rule.permission,
            "grant": grant.id if grant else None,
            "purpose": grant.purpose if grant else None,
            "decision": "allowed",
            "on_behalf_of": for_whom,
        }
        self.resource = orjson.dumps(grant.resource, default=str) if grant else None
        # As the middle of a record: without the braces. asyncpg's UUIDs are left to `default`.
        self.common = orjson.dumps(common, default=str)[1:-1]


class Access:
    """One admitted access and its two records, `decided` and `completed`.

    Times are UTC; what is not known is None. No personal data. Whoever answers fills in what it
    learns; with `finished` the second half is written.
    """

    __slots__ = (
        "address",
        "answered",
        "bytes_in",
        "bytes_out",
        "finished",
        "form",
        "forwarded",
        "id",
        "keys_digest",
        "reason",
        "received",
        "resource",
        "said",
        "status",
        "told",
    )

    def __init__(
        self,
        identity: str,
        form: Form,
        resource: UUID | None,
        received: datetime,
        address: str,
        said: Headers,
    ) -> None:
        self.id = identity
        self.form = form
        self.resource = resource
        self.received = received
        self.address = address
        self.said = said
        self.forwarded: datetime | None = None
        self.answered: datetime | None = None
        self.finished: datetime | None = None
        self.status: int | None = None
        self.reason: str | None = None
        self.bytes_in = 0
        self.bytes_out = 0
        self.keys_digest: str | None = None
        self.told: bytes | None = None

    def line(self, at: datetime) -> bytes:
        """The record that is due, as Written.line of gateway/records.py."""
        if self.told is None:
            self.told = self._told()
        kind, later = b"decided", _LATER
        if self.finished is not None:
            kind = b"completed"
            outcome = {
                "reason": self.reason,
                "status": self.status,
                "bytes_in": self.bytes_in,
                "bytes_out": self.bytes_out,
                "forwarded": self.forwarded,
                "answered": self.answered,
                "finished": self.finished,
                "keys_digest": self.keys_digest,
                "count": 1,
            }
            later = orjson.dumps(outcome)[1:]
        return b'"id":"%b","kind":"%b","time":%b,%b,%b' % (
            new_text().encode(),
            kind,
            orjson.dumps(at),
            self.told,
            later,
        )

    def _told(self) -> bytes:
        """What both records say alike."""
        acts = _NO_ACT
        said = self.said
        if said.end_user or said.matter or said.terminal:
            act = {"end_user": said.end_user, "matter": said.matter, "terminal": said.terminal}
            acts = orjson.dumps(act)[1:-1]
        return b'"access_id":"%b",%b,"resource":%b,"received":%b,"address":%b,%b' % (
            self.id.encode(),
            self.form.common,
            self.form.resource or orjson.dumps(self.resource, default=str),
            orjson.dumps(self.received),
            orjson.dumps(self.address),
            acts,
        )
