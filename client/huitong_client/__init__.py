"""Huitong 汇通 for a department's own systems: push batches, pull grants, verify the audit log.

    from huitong_client import Platform

    with Platform.of("default") as platform:
        for grant in platform.grants():
            print(grant.purpose)

Imports nothing of the platform; speaks to it by its public HTTP API alone.
"""

from huitong_client.answers import Batch, Changes, Format, Found, Grant, Identity, Mode, Snapshot
from huitong_client.downloads import Moved, RemoteFile
from huitong_client.errors import (
    Corrupt,
    EpochChanged,
    FieldFault,
    HuitongError,
    LocalTrouble,
    NotLoggedIn,
    NotProven,
    NotUnderstood,
    Refused,
    StillWorking,
    Unreachable,
)
from huitong_client.folder import PulledFile, State
from huitong_client.notes import Checkpoint, VerifierKey
from huitong_client.platform import Platform
from huitong_client.profiles import Profile
from huitong_client.pulls import begin, follow, follow_after
from huitong_client.pushes import push, wait
from huitong_client.receipts import Proven, verify
from huitong_client.retries import Patience
from huitong_client.signing import SigningKey

__all__ = [
    "Batch",
    "Changes",
    "Checkpoint",
    "Corrupt",
    "EpochChanged",
    "FieldFault",
    "Format",
    "Found",
    "Grant",
    "HuitongError",
    "Identity",
    "LocalTrouble",
    "Mode",
    "Moved",
    "NotLoggedIn",
    "NotProven",
    "NotUnderstood",
    "Patience",
    "Platform",
    "Profile",
    "Proven",
    "PulledFile",
    "Refused",
    "RemoteFile",
    "SigningKey",
    "Snapshot",
    "State",
    "StillWorking",
    "Unreachable",
    "VerifierKey",
    "begin",
    "follow",
    "follow_after",
    "push",
    "verify",
    "wait",
]
