"""Everything that can go wrong between a department's system and the platform.

    HuitongError
    ├── NotLoggedIn     no usable credentials on this machine
    ├── Refused         the platform said no, and said why (RFC 9457)
    ├── Unreachable     no answer, however often it was asked for
    ├── NotUnderstood   an answer that is not what the API promises
    ├── StillWorking    the batch is not finished and the patience is
    ├── EpochChanged    what was pulled so far is no longer the base of what follows
    ├── Corrupt         bytes that are not the bytes that were announced
    ├── NotProven       a receipt that does not prove what it says
    └── LocalTrouble    this machine, its folder or its files stand in the way

An error keeps the name of its sentence and the values in it; the language is chosen when it is
shown.
"""

from dataclasses import dataclass

from huitong_client.sentences import say


class HuitongError(Exception):
    """The base of every error that this package raises on purpose."""

    def __init__(self, sentence: str, /, **values: object) -> None:
        super().__init__(sentence, values)
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        return say(self.sentence, **self.values)


class NotLoggedIn(HuitongError):
    """There are no usable credentials on this machine."""


class Unreachable(HuitongError):
    """No answer came, however often it was asked for."""


class NotUnderstood(HuitongError):
    """The answer is not what the API promises: another version, or another server."""


class StillWorking(HuitongError):
    """The batch was taken and is not finished yet; asking again later is harmless."""


class EpochChanged(HuitongError):
    """The data began anew (another shape, a restore): no change follows on what is held."""


class Corrupt(HuitongError):
    """The bytes do not have the digest or the size that was announced."""


class NotProven(HuitongError):
    """The receipt, its checkpoint or the key do not fit together."""


class LocalTrouble(HuitongError):
    """This machine stands in the way: a full disk, a folder in use, a file that changed."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault in one field of what was sent. The platform never repeats the value."""

    field: str
    code: str
    message: str
    article: str | None = None


class Refused(HuitongError):
    """The platform said no. `code` is permanent and may be relied on; `detail` is for a person."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        article: str | None = None,
        request_id: str | None = None,
        faults: tuple[FieldFault, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__("refused", detail=detail, code=code, status=status)
        self.status = status
        self.code = code
        self.detail = detail
        self.article = article
        self.request_id = request_id
        self.faults = faults
        self.retry_after = retry_after

    def __str__(self) -> str:
        lines = [super().__str__()]
        if self.article:
            lines.append(say("refused-article", article=self.article))
        lines.extend(
            say("refused-field", field=fault.field, message=fault.message) for fault in self.faults
        )
        if self.request_id:
            lines.append(say("refused-request", request=self.request_id))
        return "\n".join(lines)
