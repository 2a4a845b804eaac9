"""Logs: one JSON object a line on standard error, never with a secret or a person's data."""

import logging
import sys
from datetime import UTC, datetime

import orjson

_EXTRAS = ("request_id", "access_id", "subject", "event_id", "operation", "status", "seconds")


class JsonLines(logging.Formatter):
    """A log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _plain(record.getMessage()),
        }
        for name in _EXTRAS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = _plain(str(value))
        if record.exc_info:
            line["error"] = _plain(self.formatException(record.exc_info))
        return orjson.dumps(line).decode()


def _plain(text: str) -> str:
    """`text` with lone surrogates escaped, which JSON could not carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def install(level: str) -> None:
    """Send everything that is logged in this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # These two tell every request and every connection; we tell those that matter.
    logging.getLogger("httpx").setLevel("WARNING")
    logging.getLogger("uvicorn.access").setLevel("WARNING")
