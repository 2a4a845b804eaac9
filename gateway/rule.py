"""One rule: an operation, the service that answers it, and the permission that it needs."""

from dataclasses import dataclass

from shared.principal import Permission

SMALL_BODY = 1024 * 1024
ANY_BODY = 1 << 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One operation. `data` marks those that move shared data and so need a live grant."""

    method: str
    path: str
    service: str
    permission: Permission
    data: bool = False
    body_limit: int = SMALL_BODY

    @property
    def operation(self) -> str:
        """The operation's name in records: method and path template, never a value."""
        return f"{self.method} {self.path}"
