"""The Merkle tree of RFC 6962 (RFC 9162 §2.1): hashes, growth, proofs, and their verification.

Pure, and blind to which hash function it runs on: every function takes `digest`, the one-shot hash
of the installation's cryptographic suite. Sizes and indices count leaves from zero.

A *node* is a complete subtree: node (level, position) covers the leaves position·2^level up to,
not including, (position+1)·2^level. Complete subtrees never change, so a log that may only insert
can keep them. The *edge* of a tree is the row of its largest complete subtrees, left to right.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

Digest = Callable[[bytes], bytes]

# One level in four is kept above the leaves. The levels between are at most eight hashes away,
# and the kept rows are a fifteenth of the leaves instead of as many again.
STRIDE = 4


class Node(NamedTuple):
    """The place of a complete subtree: its height above the leaves, and its position there."""

    level: int
    position: int


class Grown(NamedTuple):
    """A tree after leaves were appended."""

    size: int
    edge: list[bytes]
    kept: list[tuple[Node, bytes]]
    """The complete subtrees that came to be on kept levels above the leaves, in order of birth."""


def leaf_hash(digest: Digest, entry: bytes) -> bytes:
    """The hash of a leaf (RFC 6962 §2.1)."""
    return digest(b"\x00" + entry)


def node_hash(digest: Digest, left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees (RFC 6962 §2.1); the prefix keeps it apart from every leaf."""
    return digest(b"\x01" + left + right)


def edge_of(size: int) -> list[Node]:
    """The complete subtrees that a tree of `size` leaves falls into, largest (left) first."""
    nodes, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            nodes.append(Node(level, start >> level))
            start += 1 << level
    return nodes


def root(digest: Digest, edge: Sequence[bytes]) -> bytes:
    """The tree head over the hashes of an edge; that of the empty tree is the hash of nothing."""
    if not edge:
        return digest(b"")
    head = edge[-1]
    for left in reversed(edge[:-1]):
        head = node_hash(digest, left, head)
    return head


def grow(digest: Digest, size: int, edge: Sequence[bytes], leaves: Iterable[bytes]) -> Grown:
    """The tree of `size` leaves with that `edge`, after the hashes `leaves` were appended."""
    edge = list(edge)
    kept: list[tuple[Node, bytes]] = []
    for leaf in leaves:
        head, level, position = leaf, 0, size
        while position & 1:
            head = digest(b"\x01" + edge.pop() + head)
            level, position = level + 1, position >> 1
            if level % STRIDE == 0:
                kept.append((Node(level, position), head))
        edge.append(head)
        size += 1
    return Grown(size, edge, kept)


def kept_below(node: Node) -> list[Node]:
    """The kept nodes (leaves included) from which the hash of `node` is computed."""
    up = node.level % STRIDE
    first = node.position << up
    return [Node(node.level - up, position) for position in range(first, first + (1 << up))]


def hash_of(digest: Digest, node: Node, kept: Mapping[Node, bytes]) -> bytes:
    """The hash of a complete subtree; `kept` holds at least its `kept_below`."""
    row = [kept[below] for below in kept_below(node)]
    while len(row) > 1:
        row = [node_hash(digest, row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def inclusion(index: int, size: int) -> list[range]:
    """The runs of leaves whose subtree heads prove leaf `index` in a tree of `size`, leaf upwards.

    RFC 6962 §2.1.1. Raises ValueError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    runs: list[range] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            runs.append(range(middle, last))
            last = middle
        else:
            runs.append(range(first, middle))
            first = middle
    return runs[::-1]


def consistency(old: int, new: int) -> list[range]:
    """The runs of leaves whose subtree heads prove that a tree of `new` extends one of `old`.

    RFC 6962 §2.1.2; empty where either is trivially so. Raises ValueError unless 0 ≤ old ≤ new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} cannot extend one of {old}")
    runs: list[range] = []
    if old in (0, new):
        return runs
    first, last, whole = 0, new, True
    while old - first != last - first:
        middle = first + _split(last - first)
        if old <= middle:
            runs.append(range(middle, last))
            last = middle
        else:
            runs.append(range(first, middle))
            first, whole = middle, False
    # The verifier knows the old head already, so it is only sent where the old tree was cut.
    if not whole:
        runs.append(range(first, last))
    return runs[::-1]


def needed(runs: Iterable[range]) -> list[Node]:
    """The kept nodes from which `prove` computes the heads of these runs."""
    return [below for run in runs for node in _complete(run) for below in kept_below(node)]


def prove(digest: Digest, runs: Iterable[range], kept: Mapping[Node, bytes]) -> list[bytes]:
    """The proof for runs from `inclusion` or `consistency`; `kept` holds what is `needed`."""
    return [root(digest, [hash_of(digest, n, kept) for n in _complete(run)]) for run in runs]


def verify_inclusion(
    digest: Digest, *, leaf: bytes, index: int, size: int, path: Sequence[bytes], head: bytes
) -> bool:
    """Whether `path` proves the leaf hash at `index` under the tree head (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, edge, computed = index, size - 1, leaf
    for sibling in path:
        if edge == 0:
            return False
        if here & 1 or here == edge:
            computed = node_hash(digest, sibling, computed)
            while not here & 1 and here:
                here, edge = here >> 1, edge >> 1
        else:
            computed = node_hash(digest, computed, sibling)
        here, edge = here >> 1, edge >> 1
    return edge == 0 and computed == head


def verify_consistency(
    digest: Digest,
    *,
    old: int,
    new: int,
    old_head: bytes,
    new_head: bytes,
    path: Sequence[bytes],
) -> bool:
    """Whether `path` proves that the new tree extends the old one (RFC 9162 §2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_head == new_head
    if old == 0:
        return not path and old_head == digest(b"")
    hashes = list(path) if old & (old - 1) else [old_head, *path]
    if not hashes:
        return False
    here, edge = old - 1, new - 1
    while here & 1:
        here, edge = here >> 1, edge >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if edge == 0:
            return False
        if here & 1 or here == edge:
            before = node_hash(digest, sibling, before)
            after = node_hash(digest, sibling, after)
            while not here & 1 and here:
                here, edge = here >> 1, edge >> 1
        else:
            after = node_hash(digest, after, sibling)
        here, edge = here >> 1, edge >> 1
    return edge == 0 and before == old_head and after == new_head


def _split(width: int) -> int:
    """The largest power of two smaller than `width` (≥ 2): where RFC 6962 divides a tree."""
    return 1 << (width - 1).bit_length() - 1


def _complete(run: range) -> list[Node]:
    """The complete subtrees of a run that starts where a subtree of its width may start."""
    return [
        Node(level, position + (run.start >> level))
        for level, position in edge_of(run.stop - run.start)
    ]
