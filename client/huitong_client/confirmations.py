"""Says what a folder holds: the platform keeps it, and provider and holder see how far it came.

A confirmation that cannot be handed in now waits in the folder's state for the next pull: the pull
itself is done all the same.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from huitong_client.errors import EpochChanged, NotUnderstood, Refused, Unreachable
from huitong_client.folder import Folder, Held, PulledFile, State
from huitong_client.platform import Platform

_DIFFERS = "receipt-differs"
# What is refused so is not asked again: nothing of it was handed out, or the platform is an
# older one that takes no receipts.
_FOR_GOOD = (400, 404, 405, 409, 422)
_MOST = 100


def holding(epoch: int, sequence: int, files: Iterable[PulledFile]) -> Held:
    """What is held up to `sequence` by these files of one manifest, in its order."""
    digests = b"".join(bytes.fromhex(file.digest) for file in files)
    return Held(epoch, sequence, hashlib.sha256(digests).hexdigest())


def added(state: State, held: Held) -> State:
    """The state with one more confirmation to hand in; of very many the last ones count."""
    return replace(state, unconfirmed=(*state.unconfirmed, held)[-_MOST:])


def hand_in(platform: Platform, folder: Folder, state: State) -> State:
    """Confirm what waits; what could not be handed in stays.

    Raises EpochChanged where the platform handed out something else than what is held.
    """
    waiting = list(state.unconfirmed)
    differs: Held | None = None
    while waiting:
        held = waiting[0]
        try:
            platform.confirm(state.grant, held.epoch, held.sequence, bytes.fromhex(held.digest))
        except Refused as refused:
            if refused.code == _DIFFERS:
                differs = held
            elif refused.status not in _FOR_GOOD:
                break
        except (Unreachable, NotUnderstood):
            break
        waiting.pop(0)
    if len(waiting) != len(state.unconfirmed):
        state = replace(state, unconfirmed=tuple(waiting))
        folder.remember(state)
    if differs is not None:
        raise EpochChanged("receipt-differs", sequence=differs.sequence)
    return state
