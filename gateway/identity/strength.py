"""Whether a password may be chosen: long enough, and not among those that are guessed first.

No composition rules and no forced change (NIST SP 800-63B §5.1.1.2): length, and an estimate of
how many guesses it withstands, made offline from lists of leaked passwords, words, names,
keyboard walks and dates, and from what anybody knows of the account.
"""

from typing import Final

from zxcvbn import zxcvbn

from shared.errors import Conflict

SHORTEST: Final = 12
LONGEST: Final = 128
# The estimate takes time with the length; what is strong this far stays strong beyond.
_LOOKED_AT: Final = 64
_GUESSES: Final = 10**10
_KNOWN_TO_ALL: Final = ("huitong", "汇通")


class PasswordGuessable(Conflict):
    """The password is among those that are guessed first."""

    code = "password-guessable"
    title = "Password guessable"


class PasswordLength(Conflict):
    """The password is too short or too long."""

    code = "password-length"
    title = "Password length"


class PasswordUnchanged(Conflict):
    """The new password is the old one."""

    code = "password-unchanged"
    title = "Password unchanged"


def check(password: str, username: str) -> None:
    """Refuse what is too short or too easily guessed. Raises PasswordLength, PasswordGuessable."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordLength(f"A password has {SHORTEST} to {LONGEST} characters.")
    known = [*_KNOWN_TO_ALL, username, *username.replace("-", ".").replace("_", ".").split(".")]
    # What stands after the part that is estimated must not count as if it were not there.
    if zxcvbn(password[:_LOOKED_AT], user_inputs=known)["guesses"] < _GUESSES:
        raise PasswordGuessable(
            "This password is among those that are guessed first; take four or more unrelated "
            "words, or let a password manager make one."
        )
