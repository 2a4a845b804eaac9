"""Resumable uploads at the file door: HEAD, PATCH and DELETE of tus 1.0 under an address.

Whoever holds the address may bring the bytes of that one upload and end it, and read nothing.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus

from services.exchange.door_http import Answerer, Gone, Request
from services.exchange.settings import ExchangeSettings
from services.exchange.uploads import protocol, tokens, usecases
from services.exchange.uploads.models import ResumableUpload, UploadState
from services.exchange.uploads.receiving import LineBroken, Piece, Receiver
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.errors import BadRequest, DomainError, MethodUnknown, NotFound

METHODS = "OPTIONS, HEAD, PATCH, DELETE"
_LONGEST_NUMBER = 19


class UploadsOnly(MethodUnknown):
    """The door takes bytes of uploads, and does nothing else with them."""

    code = "uploads-only"
    title = "Method of no upload"

    @property
    def headers(self) -> dict[str, str]:
        """What can be done."""
        return {"Allow": METHODS}


class OffsetUnreadable(BadRequest):
    """Upload-Offset is no number of bytes."""

    code = "upload-offset-unreadable"
    title = "Upload offset unreadable"


class UploadDoor:
    """Answers requests about uploads."""

    def __init__(self, sessions: Sessions, vault: Vault, told: ExchangeSettings) -> None:
        self._sessions = sessions
        self._vault = vault
        self._key = told.door
        self._largest = told.largest_batch
        self._receiver = Receiver(sessions, vault, told.upload_life)

    async def __call__(self, request: Request, answer: Answerer) -> None:
        """Answer one request. Raises DomainError, Gone."""
        # The protocol has it for clients behind a firewall that knows no PATCH.
        method = request.headers.get("x-http-method-override", request.method).upper()
        if method == "OPTIONS":
            answer.whole(HTTPStatus.NO_CONTENT, protocol.offered(self._largest), b"")
            return
        protocol.check_version(request.headers.get("tus-resumable"))
        token = request.path.removeprefix(tokens.PREFIX)
        upload = tokens.opened(token, self._key, self._vault.suite)
        if upload is None:
            raise NotFound("There is no such upload, or not any more.")
        if method == "HEAD":
            found = await self._receiver.standing(upload, clock.now())
            told = {"Upload-Length": str(found.size), **_standing(found)}
            if found.told:
                told["Upload-Metadata"] = found.told
            answer.whole(HTTPStatus.OK, told, b"")
        elif method == "PATCH":
            protocol.check_media(request.headers.get("content-type"))
            piece = Piece(
                upload,
                _number(request.headers.get("upload-offset")),
                _length(request),
                protocol.checksum(request.headers.get("upload-checksum")),
            )
            found = await self._receiver.take(piece, _body(request))
            answer.whole(HTTPStatus.NO_CONTENT, _standing(found), b"")
        elif method == "DELETE":
            found = await self._receiver.standing(upload, clock.now())
            async with self._sessions.begin() as session:
                await usecases.terminate(session, upload, found.opened_by)
            answer.whole(HTTPStatus.NO_CONTENT, {"Tus-Resumable": protocol.VERSION}, b"")
        else:
            raise UploadsOnly(f"An upload is asked with {METHODS}.")


def refusal_headers(refusal: DomainError) -> dict[str, str]:
    """The headers of a refusal, which says the protocol's version too."""
    return {"Tus-Resumable": protocol.VERSION, **refusal.headers}


def _standing(upload: ResumableUpload) -> dict[str, str]:
    ends = upload.expires_at if upload.state is UploadState.OPEN else None
    return protocol.standing(upload.offset, ends)


def _number(text: str | None) -> int:
    plain = (text or "").strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _LONGEST_NUMBER):
        raise OffsetUnreadable("Upload-Offset is the number of bytes that are there already.")
    return int(plain)


def _length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


async def _body(request: Request) -> AsyncIterator[bytes]:
    if request.body is None:
        return
    try:
        async for piece in request.body:
            yield piece
    except Gone:
        raise LineBroken from None
