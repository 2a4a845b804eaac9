"""The Merkle tree against published vectors, against RFC 6962's own definition, and by chance."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit import tree
from services.audit.tree import Node

# The eight inputs and heads of the Certificate Transparency reference implementation.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HEADS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(digest, f"entry {n}".encode()) for n in range(count)]


def head(row: list[bytes]) -> bytes:
    """RFC 6962 §2.1, as it stands there, over leaf hashes."""
    if not row:
        return digest(b"")
    if len(row) == 1:
        return row[0]
    k = 1
    while k * 2 < len(row):
        k *= 2
    return digest(b"\x01" + head(row[:k]) + head(row[k:]))


def path(m: int, row: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, as it stands there."""
    if len(row) == 1:
        return []
    k = 1
    while k * 2 < len(row):
        k *= 2
    if m < k:
        return [*path(m, row[:k]), head(row[k:])]
    return [*path(m - k, row[k:]), head(row[:k])]


def proof(m: int, row: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962 §2.1.2 SUBPROOF, as it stands there."""
    if m == len(row):
        return [] if whole else [head(row)]
    k = 1
    while k * 2 < len(row):
        k *= 2
    if m <= k:
        return [*proof(m, row[:k], whole), head(row[k:])]
    return [*proof(m - k, row[k:], False), head(row[:k])]


def kept(row: list[bytes]) -> dict[Node, bytes]:
    """All that a log keeps of a tree: the leaves, and the nodes that growing gave birth to."""
    grown = tree.grow(digest, 0, [], row)
    return {Node(0, n): leaf for n, leaf in enumerate(row)} | dict(grown.kept)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_heads_are_those_of_the_reference_implementation(size: int) -> None:
    row = [tree.leaf_hash(digest, data) for data in INPUTS[:size]]
    assert tree.root(digest, tree.grow(digest, 0, [], row).edge).hex() == HEADS[size - 1]


def test_the_head_of_the_empty_tree_is_the_hash_of_nothing() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.root(digest, []).hex() == empty


@pytest.mark.parametrize("size", range(65))
def test_every_leaf_of_every_small_tree_is_proven_as_the_rfc_defines_it(size: int) -> None:
    row = leaves(size)
    stored = kept(row)
    for index in range(size):
        runs = tree.inclusion(index, size)
        assert set(tree.needed(runs)) <= stored.keys()
        made = tree.prove(digest, runs, stored)
        assert made == path(index, row)
        assert tree.verify_inclusion(
            digest, leaf=row[index], index=index, size=size, path=made, head=head(row)
        )


@pytest.mark.parametrize("new", range(65))
def test_every_pair_of_small_trees_is_proven_consistent_as_the_rfc_defines_it(new: int) -> None:
    row = leaves(new)
    stored = kept(row)
    for old in range(new + 1):
        made = tree.prove(digest, tree.consistency(old, new), stored)
        assert made == (proof(old, row) if old else [])
        assert tree.verify_consistency(
            digest, old=old, new=new, old_head=head(row[:old]), new_head=head(row), path=made
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=6))
def test_growing_in_any_batches_gives_the_same_tree(batches: list[int]) -> None:
    row = leaves(sum(batches))
    size, edge, born = 0, list[bytes](), list[tuple[Node, bytes]]()
    for batch in batches:
        grown = tree.grow(digest, size, edge, row[size : size + batch])
        size, edge = grown.size, grown.edge
        born += grown.kept
        assert tree.root(digest, edge) == head(row[:size])
    assert born == tree.grow(digest, 0, [], row).kept
    stored = {Node(0, n): leaf for n, leaf in enumerate(row)} | dict(born)
    # What an appender reads back after a crash is the edge that it had in memory.
    assert [tree.hash_of(digest, node, stored) for node in tree.edge_of(size)] == edge


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_proof_with_anything_changed_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    row = leaves(size)
    good = tree.prove(digest, tree.inclusion(index, size), kept(row))
    at = data.draw(st.integers(0, len(good) - 1))
    bad = [*good[:at], digest(good[at]), *good[at + 1 :]]
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    for leaf, where, way in (
        (row[index], index, bad),
        (row[index], index, good[:-1]),
        (row[index], index, [*good, good[0]]),
        (row[other], index, good),
        (row[index], other, good),
        (row[index], size, good),
        (row[index], -1, good),
    ):
        assert not tree.verify_inclusion(
            digest, leaf=leaf, index=where, size=size, path=way, head=head(row)
        )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_rewritten_past_has_no_consistency_proof(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    row = leaves(new)
    changed = data.draw(st.integers(0, old - 1))
    rewritten = [*row[:changed], digest(row[changed]), *row[changed + 1 :]]
    way = tree.prove(digest, tree.consistency(old, new), kept(rewritten))
    assert not tree.verify_consistency(
        digest, old=old, new=new, old_head=head(row[:old]), new_head=head(rewritten), path=way
    )


def test_consistency_without_a_path_is_refused_where_one_is_due() -> None:
    row = leaves(5)
    for old in range(1, 5):
        assert not tree.verify_consistency(
            digest, old=old, new=5, old_head=head(row[:old]), new_head=head(row), path=[]
        )
    assert not tree.verify_consistency(
        digest, old=5, new=4, old_head=head(row), new_head=head(row[:4]), path=[]
    )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_smaller_tree_extends_no_larger_one(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="cannot extend"):
        tree.consistency(old, new)
