"""The cryptographic seam: what was sealed comes back whole, or not at all."""

import io
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import crypto
from shared.crypto import STANDARD, SealedReader, SealedWriter, Tampered

CHUNK = 128 * 1024
TAG = 16
MAGIC = 8
KEY = bytes(range(32))
SIZES = [
    0,
    1,
    CHUNK - 1,
    CHUNK,
    CHUNK + 1,
    2 * CHUNK - 1,
    2 * CHUNK,
    2 * CHUNK + 1,
    3 * CHUNK,
]


@cache
def plain(size: int) -> bytes:
    return Random(size).randbytes(size)  # noqa: S311 - only has to be other bytes everywhere


@cache
def sealed(size: int, *, step: int = 50_000) -> bytes:
    """A sealed file, written in steps."""
    file = io.BytesIO()
    writer = SealedWriter(file, KEY)
    for start in range(0, size, step):
        writer.write(plain(size)[start : start + step])
    writer.finish()
    return file.getvalue()


def read(file: bytes, key: bytes = KEY) -> bytes:
    """The whole plaintext of a sealed file."""
    reader = SealedReader(io.BytesIO(file), key)
    return reader.read_at(0, reader.size)


@pytest.mark.parametrize("size", SIZES)
def test_a_sealed_file_comes_back_at_every_boundary(size: int) -> None:
    reader = SealedReader(io.BytesIO(sealed(size)), KEY)
    assert reader.size == size
    assert reader.read_at(0, size) == plain(size)
    assert reader.read_at(size, 10) == b""
    assert sealed(size, step=size or 1) == sealed(size, step=7777)


@given(st.sampled_from(SIZES), st.integers(0, 3 * CHUNK + 9), st.integers(0, 2 * CHUNK))
def test_any_part_of_a_sealed_file_is_that_part_of_the_plaintext(
    size: int, offset: int, length: int
) -> None:
    reader = SealedReader(io.BytesIO(sealed(size)), KEY)
    assert reader.read_at(offset, length) == plain(size)[offset : offset + length]


@pytest.mark.parametrize("size", [1, CHUNK, 3 * CHUNK])
def test_a_sealed_file_opens_to_its_own_key_only(size: int) -> None:
    with pytest.raises(Tampered):
        read(sealed(size), b"x" * 32)


@given(st.sampled_from(SIZES), st.data())
def test_no_flipped_bit_goes_unseen(size: int, data: st.DataObject) -> None:
    file = bytearray(sealed(size))
    place = data.draw(st.integers(0, len(file) - 1))
    file[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Tampered):
        read(bytes(file))


@given(st.sampled_from(SIZES), st.data())
def test_a_file_that_was_cut_anywhere_is_not_read_to_its_end(
    size: int, data: st.DataObject
) -> None:
    file = sealed(size)
    with pytest.raises(Tampered):
        read(file[: data.draw(st.integers(0, len(file) - 1))])


@pytest.mark.parametrize("kept", [1, 2])
def test_a_file_that_was_cut_between_two_chunks_is_not_read_to_its_end(kept: int) -> None:
    with pytest.raises(Tampered):
        read(sealed(3 * CHUNK)[: MAGIC + kept * (CHUNK + TAG)])


def test_chunks_that_changed_places_or_were_added_are_seen() -> None:
    file = sealed(3 * CHUNK)
    size = CHUNK + TAG
    chunks = [file[MAGIC + n * size : MAGIC + (n + 1) * size] for n in range(3)]
    for order in ([1, 0, 2], [0, 2, 1], [0, 1, 2, 2], [0, 0, 1, 2], [0, 2], [2]):
        with pytest.raises(Tampered):
            read(file[:MAGIC] + b"".join(chunks[n] for n in order))
    with pytest.raises(Tampered):
        read(file + b"\0")


@given(st.binary(max_size=100), st.binary(max_size=50), st.binary(max_size=50))
def test_what_was_sealed_opens_under_the_same_key_and_circumstance_only(
    text: bytes, aad: bytes, other: bytes
) -> None:
    box = STANDARD.seal(KEY, text, aad)
    assert STANDARD.unseal(KEY, box, aad) == text
    assert STANDARD.seal(KEY, text, aad) != box
    with pytest.raises(Tampered):
        STANDARD.unseal(b"x" * 32, box, aad)
    if other != aad:
        with pytest.raises(Tampered):
            STANDARD.unseal(KEY, box, other)


@given(st.binary(max_size=60))
def test_nothing_that_was_not_sealed_opens(box: bytes) -> None:
    with pytest.raises(Tampered):
        STANDARD.unseal(KEY, box)


def test_a_wrapped_key_is_not_any_other_sealed_text() -> None:
    key = STANDARD.new_key()
    assert STANDARD.unwrap(KEY, STANDARD.wrap(KEY, key)) == key
    with pytest.raises(Tampered):
        STANDARD.unwrap(KEY, STANDARD.seal(KEY, key))


def test_a_signature_holds_for_its_key_and_its_text() -> None:
    signer, other = STANDARD.generate_signer(), STANDARD.generate_signer()
    again = STANDARD.load_signer(signer.pem())
    verifier = STANDARD.load_verifier(again.public_bytes)
    assert verifier.verify(signer.sign(b"text"), b"text")
    assert not verifier.verify(signer.sign(b"text"), b"texts")
    assert not verifier.verify(other.sign(b"text"), b"text")
    assert not verifier.verify(b"", b"text")


def test_an_unknown_suite_is_refused_by_name() -> None:
    assert crypto.suite("standard") is STANDARD
    with pytest.raises(ValueError, match="commercial"):
        crypto.suite("commercial")


@given(st.binary())
def test_base64url_comes_back_and_needs_no_escape_in_an_address(data: bytes) -> None:
    text = crypto.base64url(data)
    assert crypto.from_base64url(text) == data
    assert not set(text) & set("+/=")


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_a_code_over_a_kept_beginning_is_the_code_of_the_whole(
    key: bytes, beginning: bytes, rest: bytes
) -> None:
    mac = STANDARD.mac_after(key, beginning)
    assert mac.of(rest) == STANDARD.mac(key, beginning + rest)
    assert mac.of(rest) == mac.of(rest)
