"""The kinds of refusal, and the one place where they become HTTP (RFC 9457).

    DomainError
    ├── BadRequest          400  the request contradicts itself
    ├── Unauthenticated     401  nobody known is calling
    ├── Forbidden           403  yours to see, not yours to do
    ├── NotFound            404  does not exist, or is not yours to know of
    ├── TooSlow             408  the rest of the request did not come in time
    ├── Conflict            409  not in this state, or not under this rulebook
    ├── PreconditionFailed  412  somebody else changed it first
    ├── TooLarge            413  more than this operation takes
    ├── UnsupportedMedia    415  a format that this operation does not read
    ├── RangeUnsatisfiable  416  the file has no such bytes
    ├── PreconditionRequired 428 say which version you are changing
    ├── HeadTooLarge        431  more headers than anybody needs
    ├── TooMany             429  slower, please
    ├── ChecksumDiffers     460  the bytes changed on their way (tus 1.0)
    ├── Unavailable         503  later, please
    └── ProviderFault       502  a provider's system failed, and not the platform
        └── ProviderLate    504  it did not answer in time

A service subclasses a kind and names it with a `code` that callers may rely on for ever.
Only this module knows status numbers. 422 is pydantic's alone: malformed input.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteRefusal

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)
# Below this path callers are clients of Delta Sharing.
DELTA_SHARING = "/v1/delta-sharing/"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. Never carries the value: it may be personal."""

    field: str
    code: str
    message: str
    article: str | None = None


class DomainError(Exception):
    """A refusal that we meant. Anything else that escapes is a bug and answers 500."""

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"
    status: ClassVar[int] = 500

    def __init__(
        self, detail: str, *, article: str | None = None, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.article = article
        self.errors = tuple(errors)

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer to this refusal must carry."""
        return {}


class BadRequest(DomainError):
    """The request contradicts itself."""

    code = "bad-request"
    title = "Bad request"
    status = 400


class Unauthenticated(DomainError):
    """Nobody known is calling."""

    code = "unauthenticated"
    title = "Unauthenticated"
    status = 401

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(DomainError):
    """The caller may see it but may not do this to it."""

    code = "forbidden"
    title = "Forbidden"
    status = 403


class NotFound(DomainError):
    """It does not exist, or the caller may not know that it does."""

    code = "not-found"
    title = "Not found"
    status = 404


class TooSlow(DomainError):
    """The rest of the request did not come in time."""

    code = "too-slow"
    title = "Request timeout"
    status = 408


class Conflict(DomainError):
    """The state of things, or the rulebook, does not allow this."""

    code = "conflict"
    title = "Conflict"
    status = 409


class PreconditionFailed(DomainError):
    """The version named in If-Match is no longer the current one."""

    code = "precondition-failed"
    title = "Precondition failed"
    status = 412


class TooLarge(DomainError):
    """More than this operation takes."""

    code = "too-large"
    title = "Content too large"
    status = 413


class UnsupportedMedia(DomainError):
    """A format that this operation does not read."""

    code = "unsupported-media"
    title = "Unsupported media type"
    status = 415


class RangeUnsatisfiable(DomainError):
    """The file has no such bytes."""

    code = "range-unsatisfiable"
    title = "Range not satisfiable"
    status = 416


class PreconditionRequired(DomainError):
    """An edit must say which version it changes (If-Match)."""

    code = "precondition-required"
    title = "Precondition required"
    status = 428


class HeadTooLarge(DomainError):
    """More headers, or a longer address, than anybody needs."""

    code = "head-too-large"
    title = "Request header fields too large"
    status = 431


class ChecksumDiffers(DomainError):
    """The bytes that arrived are not those of the checksum that came with them."""

    code = "checksum-differs"
    title = "Checksum differs"
    status = 460


class _Later(DomainError):
    """A refusal that says when to come back."""

    def __init__(self, detail: str, *, retry_after: int = 1, article: str | None = None) -> None:
        super().__init__(detail, article=article)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class TooMany(_Later):
    """The caller is asking faster than it may."""

    code = "too-many-requests"
    title = "Too many requests"
    status = 429


class Unavailable(_Later):
    """Not available now; nothing that was acknowledged is lost."""

    code = "unavailable"
    title = "Unavailable"
    status = 503


# Whose fault an answer is; where it does not say so itself, the gateway does.
THE_PROVIDERS = {"X-Huitong-Fault": "provider"}


class ProviderFault(DomainError):
    """The provider's system failed; the platform did not."""

    code = "provider-fault"
    title = "Provider fault"
    status = 502

    @property
    def headers(self) -> dict[str, str]:
        return THE_PROVIDERS


class ProviderLate(ProviderFault):
    """The provider's system did not answer in time; whether it did its work is not known."""

    code = "provider-late"
    title = "Provider late"
    status = 504


class ProblemField(BaseModel):
    """One fault in one field of the request."""

    field: str
    code: str
    message: str
    article: str | None = None


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is permanent, `detail` is for a person."""

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str
    code: str = Field(examples=["not-found"])
    article: str | None = Field(default=None, examples=["baoji-2017 §16"])
    request_id: str | None = None
    errors: list[ProblemField] = Field(default_factory=list)


def problem_document(error: DomainError, request_id: str | None = None, path: str = "") -> bytes:
    """The refusal as the body of an `application/problem+json` answer to a request for `path`."""
    document = Problem(
        type=f"/problems/{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        article=error.article,
        request_id=request_id,
        errors=[ProblemField(**_parts(e)) for e in error.errors],
    )
    told = document.model_dump(exclude_none=True)
    if path.startswith(DELTA_SHARING):
        # The members by which the Delta Sharing Protocol tells errors; the others stand beside.
        told |= {"errorCode": error.code, "message": error.detail}
    return orjson.dumps(told)


def _parts(error: FieldError) -> dict[str, str | None]:
    return {
        "field": error.field,
        "code": error.code,
        "message": error.message,
        "article": error.article,
    }


class Malformed(DomainError):
    """The request does not have the shape that the operation takes; pydantic's refusal."""

    code = "malformed"
    title = "Malformed request"
    status = 422


class MethodUnknown(DomainError):
    """The path exists, the method does not."""

    code = "method-not-allowed"
    title = "Method not allowed"
    status = 405


class Fault(DomainError):
    """A bug of ours; what went wrong is in the log, never in the answer."""

    code = "platform-fault"
    title = "Platform fault"
    status = 500


def known() -> dict[str, dict[str, str | int]]:
    """Every refusal that this process may answer with, by code: title, status and meaning."""
    found: dict[str, dict[str, str | int]] = {}
    kinds = DomainError.__subclasses__()
    for kind in kinds:
        kinds += kind.__subclasses__()
        if "code" not in vars(kind):
            continue
        meaning = (kind.__doc__ or "").partition("\n")[0]
        found.setdefault(
            kind.code, {"title": kind.title, "status": kind.status, "meaning": meaning}
        )
    return dict(sorted(found.items()))


def answer(error: DomainError, request_id: str | None, path: str = "") -> Response:
    """The refusal as a response to a request for `path`."""
    return Response(
        problem_document(error, request_id, path),
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers=error.headers,
    )


def from_validation(error: RequestValidationError) -> Malformed:
    """What pydantic found, field by field, without any value that was sent."""
    found = [
        FieldError(
            field=".".join(str(part)[:100] for part in fault["loc"])[:300],
            code=str(fault["type"]).replace("_", "-"),
            message=str(fault["msg"])[:300],
        )
        for fault in error.errors()[:100]
    ]
    where = ", ".join(dict.fromkeys(f.field for f in found))
    # A lone surrogate in a member name cannot be encoded; it is shown escaped.
    clean = [FieldError(_plain(f.field), f.code, _plain(f.message)) for f in found]
    return Malformed(f"The request is malformed at: {_plain(where)[:400]}.", errors=clean)


def _plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def install(app: FastAPI) -> None:
    """Answer every refusal of `app` as a problem document; an unknown error as a bare 500."""

    def request_id(request: Request) -> str | None:
        found = request.scope.get("request_id")
        return found if isinstance(found, str) else None

    @app.exception_handler(DomainError)
    async def refused(request: Request, error: DomainError) -> Response:
        return answer(error, request_id(request), request.url.path)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        found: DomainError = from_validation(error)
        path = request.url.path
        if path.startswith(DELTA_SHARING):
            # That protocol knows 400 alone for what cannot be read.
            found = BadRequest(found.detail, errors=found.errors)
        return answer(found, request_id(request), path)

    @app.exception_handler(StarletteRefusal)
    async def framework(request: Request, error: StarletteRefusal) -> Response:
        if isinstance(error.__cause__, DomainError):
            # Raised while the framework read the body, which it reports as a refusal of its own.
            return answer(error.__cause__, request_id(request))
        if error.status_code == HTTPStatus.NOT_FOUND:
            return answer(NotFound("There is nothing here."), request_id(request))
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return answer(MethodUnknown("This path has no such method."), request_id(request))
        if error.status_code == HTTPStatus.BAD_REQUEST:
            return answer(BadRequest("The request could not be read."), request_id(request))
        return answer(Fault("The platform failed to answer."), request_id(request))

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        _log.error("unhandled error", exc_info=error, extra={"request_id": request_id(request)})
        return answer(
            Fault("The platform failed; the request id leads to the reason in its log."),
            request_id(request),
        )
