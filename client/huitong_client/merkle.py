"""Inclusion proofs of RFC 6962 §2.1.1, checked as RFC 9162 §2.1.3.2 says."""

import hashlib
from collections.abc import Sequence

from huitong_client.errors import NotProven


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one log entry: the zero byte keeps it apart from every inner node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root hash to which `path` leads from `leaf` at `index` in a tree of `size` leaves.

    Raises NotProven where the path has not the length that the place demands.
    """
    if not 0 <= index < size:
        raise NotProven("index-outside", index=index, size=size)
    place, last = index, size - 1
    found = leaf
    for sibling in path:
        if last == 0:
            raise NotProven("path-length")
        if place & 1 or place == last:
            found = _node(sibling, found)
            # A last node without a right sibling rises unchanged until it is a right child.
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            found = _node(found, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise NotProven("path-length")
    return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
