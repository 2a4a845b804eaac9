"""Makes a refusal of every unsuccessful answer, and a sentence of every lost connection."""

import ssl
from datetime import UTC, datetime

import httpx

from huitong_client import wire
from huitong_client.errors import FieldFault, NotUnderstood, Refused, Unreachable
from huitong_client.retries import seconds


def refusal(response: httpx.Response) -> Refused:
    """What the platform said: a problem document (RFC 9457) or an OAuth error (RFC 6749 §5.2).

    Of any other body nothing is repeated: it may be a stranger's page.
    """
    status = response.status_code
    after = seconds(response.headers.get("retry-after"), datetime.now(UTC))
    request_id = response.headers.get("x-request-id")
    try:
        shape = wire.parse(response.content, "problem")
        if shape.has("error"):
            return Refused(
                status=status,
                code=shape.text("error"),
                detail=shape.text_or_none("error_description") or shape.text("error"),
                request_id=request_id,
                retry_after=after,
            )
        return Refused(
            status=status,
            code=shape.text_or_none("code") or f"http-{status}",
            detail=shape.text_or_none("detail") or shape.text_or_none("title") or f"HTTP {status}",
            article=shape.text_or_none("article"),
            request_id=shape.text_or_none("request_id") or request_id,
            faults=tuple(
                FieldFault(
                    field=fault.text("field"),
                    code=fault.text("code"),
                    message=fault.text("message"),
                    article=fault.text_or_none("article"),
                )
                for fault in shape.each("errors")
            ),
            retry_after=after,
        )
    except NotUnderstood:
        return Refused(
            status=status,
            code=f"http-{status}",
            detail=f"HTTP {status}",
            request_id=request_id,
            retry_after=after,
        )


def unreachable(error: httpx.TransportError) -> Unreachable:
    """The sentence for a connection that did not come about or did not last."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable("certificate", reason=cause.verify_message)
        cause = cause.__cause__ or cause.__context__
    return Unreachable("unreachable", reason=type(error).__name__)
