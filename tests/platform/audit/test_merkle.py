"""The tree against an independent implementation of RFC 9162."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from barberpro.platform.audit.merkle import (
    EMPTY,
    Growing,
    Range,
    consistency,
    continues,
    cover,
    includes,
    inclusion,
)

MOST = 40
LEAVES = [hashlib.sha256(b"\0" + bytes([n])).digest() for n in range(MOST)]


def root(start: int, end: int) -> bytes:
    tree = Growing()
    for leaf in LEAVES[start:end]:
        tree.append(leaf)
    return tree.root()


@pytest.fixture(scope="module")
def theirs() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for n in range(MOST):
        tree.append_entry(bytes([n]))
    return tree


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert Growing().root() == EMPTY == hashlib.sha256().digest()


def test_every_root_and_inclusion_proof_is_pymerkles(theirs: InmemoryTree) -> None:
    for size in range(1, MOST + 1):
        assert root(0, size) == theirs.get_root(size)
        for at in range(size):
            path = [root(*each) for each in inclusion(at, size)]
            assert [LEAVES[at], *path] == list(theirs.prove_inclusion(at + 1, size).path)
            assert includes(LEAVES[at], at, size, path, root(0, size))


def test_every_consistency_proof_holds_where_pymerkles_does(theirs: InmemoryTree) -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            path = [root(*each) for each in consistency(old, new)]
            assert continues(old, root(0, old), new, root(0, new), path)
            proof = theirs.prove_consistency(old, new)
            proof.verify(root(0, old), root(0, new))  # raises where it does not hold


SIZES = st.integers(2, MOST)


@given(st.data(), SIZES)
def test_a_proof_of_another_leaf_place_or_tree_is_refused(data: st.DataObject, size: int) -> None:
    at, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    path = [root(*each) for each in inclusion(at, size)]
    whole = root(0, size)
    assert not includes(LEAVES[other], at, size, path, whole)
    assert not includes(LEAVES[at], other, size, path, whole)
    assert not includes(LEAVES[at], at, size, path[:-1], whole)
    assert not includes(LEAVES[at], at, size, [*path, whole], whole)
    assert not includes(LEAVES[at], at, size, path, root(0, size - 1))
    assert not includes(LEAVES[at], size, size, path, whole)


@given(st.data(), SIZES)
def test_a_rewritten_past_is_refused(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new - 1))
    path = [root(*each) for each in consistency(old, new)]
    assert not continues(old, root(1, old + 1), new, root(0, new), path)
    assert not continues(old, root(0, old), new, root(1, new), path)
    assert not continues(old, root(0, old), new, root(0, new), path[:-1])
    assert not continues(old, root(0, old), new, root(0, new), [*path, EMPTY])


@given(st.integers(1, 2**40))
def test_any_size_is_covered_by_few_subtrees_without_a_gap(size: int) -> None:
    subtrees = cover(Range(0, size))
    assert len(subtrees) == size.bit_count()
    ends = [0]
    for level, position in subtrees:
        assert position << level == ends[-1]
        ends.append((position + 1) << level)
    assert ends[-1] == size
