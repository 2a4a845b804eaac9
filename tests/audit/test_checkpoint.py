"""Checkpoints as signed notes, against the published example and against forgery."""

import base64
from dataclasses import replace

import pytest

from services.audit.checkpoint import (
    Checkpoint,
    CheckpointRefused,
    LogKey,
    open_checkpoint,
    open_note,
    read_key,
    sign,
)
from shared.crypto import STANDARD

ORIGIN = "log.example.gov.cn/610300"
SIGNER = STANDARD.generate_signer()
KEY = LogKey(ORIGIN, SIGNER.public_bytes)
HEAD = Checkpoint(ORIGIN, 17, STANDARD.digest(b"head"))

# The example of the Go project's note package, which C2SP's signed-note describes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_of_a_signed_note_opens() -> None:
    key = read_key(GO_KEY, STANDARD)
    assert key.text(STANDARD) == GO_KEY
    assert open_note(GO_NOTE, key, STANDARD) == GO_TEXT


def test_a_checkpoint_has_the_lines_of_the_format() -> None:
    note = sign(HEAD, SIGNER, STANDARD)
    origin, size, root, empty, signature, end = note.split("\n")
    assert (origin, size, empty, end) == (ORIGIN, "17", "", "")
    assert len(root) == 44
    assert signature.startswith(f"— {ORIGIN} ")
    assert open_checkpoint(note, KEY, STANDARD) == HEAD


def test_a_countersignature_does_not_disturb() -> None:
    note = sign(HEAD, SIGNER, STANDARD) + "— front-end-machine AAAAAAAA\n"
    assert open_checkpoint(note, KEY, STANDARD) == HEAD


@pytest.mark.parametrize("line", [0, 1, 2, 4])
def test_a_note_with_any_line_changed_is_refused(line: int) -> None:
    lines = sign(HEAD, SIGNER, STANDARD).split("\n")
    place = len(lines[line]) // 2
    other = "1" if lines[line][place] != "1" else "2"
    lines[line] = lines[line][:place] + other + lines[line][place + 1 :]
    with pytest.raises(CheckpointRefused):
        open_checkpoint("\n".join(lines), KEY, STANDARD)


def test_another_key_under_the_same_name_is_refused() -> None:
    forged = sign(HEAD, STANDARD.generate_signer(), STANDARD)
    with pytest.raises(CheckpointRefused, match="not signed by"):
        open_checkpoint(forged, KEY, STANDARD)


def test_a_signature_that_borrows_the_key_id_is_refused() -> None:
    other = sign(replace(HEAD, size=18), SIGNER, STANDARD)
    forged = HEAD.text() + "\n" + other.split("\n")[4] + "\n"
    with pytest.raises(CheckpointRefused, match="does not fit"):
        open_checkpoint(forged, KEY, STANDARD)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    text = replace(HEAD, origin="log.example.gov.cn/610400").text()
    signature = sign(HEAD, SIGNER, STANDARD).split("\n")[4]
    with pytest.raises(CheckpointRefused):
        open_checkpoint(f"{text}\n{signature}\n", KEY, STANDARD)


@pytest.mark.parametrize(
    "text",
    ["", "three+parts", "a+b+!", GO_KEY[:-4], GO_KEY.replace("c74f20a3", "c74f20a4")],
)
def test_a_damaged_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointRefused):
        read_key(text, STANDARD)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_a_log_has_a_name_that_a_note_can_carry(name: str) -> None:
    with pytest.raises(CheckpointRefused):
        LogKey(name, SIGNER.public_bytes)


@pytest.mark.parametrize(
    "text",
    ["", "one line\n", f"{ORIGIN}\n017\nAAAA\n", f"{ORIGIN}\n-1\nAAAA\n", f"{ORIGIN}\n1\n\n"],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    key = STANDARD.generate_signer()
    name = LogKey(ORIGIN, key.public_bytes)
    signature = base64.b64encode(name.id(STANDARD) + key.sign(text.encode())).decode()
    with pytest.raises(CheckpointRefused):
        open_checkpoint(f"{text}\n— {ORIGIN} {signature}\n", name, STANDARD)
