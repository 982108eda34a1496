"""The tree is RFC 9162's: against a reference written from its recursive definitions; forged proofs are refused."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.merkle import ALGORITHMS, MerkleTree, consistent, digest_of, includes, leaf_hash

pytestmark = pytest.mark.unit

LEAVES = [str(number).encode() for number in range(130)]


def reference_root(alg: str, leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.new(alg).digest()
    if len(leaves) == 1:
        return hashlib.new(alg, b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.new(alg, b"\x01" + reference_root(alg, leaves[:k]) + reference_root(alg, leaves[k:])).digest()


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_root_is_that_of_the_definition(alg: str) -> None:
    tree = MerkleTree(alg, LEAVES)
    for size in range(len(LEAVES) + 1):
        assert tree.root(size) == reference_root(alg, LEAVES[:size])
    assert tree.root() == tree.root(len(LEAVES))


def test_the_known_roots_of_certificate_transparency() -> None:
    # The eight leaves and the roots that implementations of RFC 6962 test with.
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    tree = MerkleTree("sha256", [bytes.fromhex(leaf) for leaf in leaves])
    assert tree.root(0).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.root(1).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree.root(8).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_every_inclusion_is_proved_and_no_other() -> None:
    tree = MerkleTree("sha256", LEAVES)
    for size in range(1, 66):
        root = tree.root(size)
        for seq in range(size):
            proof = tree.inclusion(seq, size)
            assert includes("sha256", leaf_hash("sha256", LEAVES[seq]), seq, size, proof, root)
            assert not includes("sha256", leaf_hash("sha256", b"x"), seq, size, proof, root)
            assert not includes("sha256", leaf_hash("sha256", LEAVES[seq]), (seq + 1) % (size + 1), size, proof, root)
            assert not includes("sha256", leaf_hash("sha256", LEAVES[seq]), seq, size, [*proof, root], root)
            assert not proof or not includes("sha256", leaf_hash("sha256", LEAVES[seq]), seq, size, proof[:-1], root)


def test_every_consistency_is_proved_and_no_other() -> None:
    tree = MerkleTree("sha256", LEAVES)
    other = MerkleTree("sha256", [b"x", *LEAVES[1:]])
    for second in range(1, 66):
        for first in range(1, second + 1):
            proof = tree.consistency(first, second)
            assert consistent("sha256", first, tree.root(first), second, tree.root(second), proof)
            assert not consistent("sha256", first, other.root(first), second, tree.root(second), proof)
            assert not consistent("sha256", first, tree.root(first), second, other.root(second), proof)
            assert not consistent("sha256", first, tree.root(first), second, tree.root(second), [*proof, b"x" * 32])


@given(
    st.integers(1, 130),
    st.integers(0, 140),
    st.integers(0, 140),
    st.lists(st.binary(min_size=32, max_size=32), max_size=9),
)
def test_proofs_of_strangers_prove_nothing(size: int, seq: int, first: int, proof: list[bytes]) -> None:
    tree = MerkleTree("sha256", LEAVES[:size])
    foreign = leaf_hash("sha256", b"foreign")
    assert not includes("sha256", foreign, seq, size, proof, tree.root())
    if first != size:
        assert not consistent("sha256", first, foreign, size, tree.root(), proof)


def test_what_does_not_exist_is_refused() -> None:
    tree = MerkleTree("sha256", LEAVES[:5])
    for seq, size in ((-1, 5), (5, 5), (0, 6), (0, 0)):
        with pytest.raises(ValueError, match="no proof"):
            tree.inclusion(seq, size)
    for first, second in ((0, 5), (4, 3), (1, 6)):
        with pytest.raises(ValueError, match="no proof"):
            tree.consistency(first, second)
    with pytest.raises(ValueError, match="no root"):
        tree.root(6)
    with pytest.raises(ValueError, match="unknown hash"):
        digest_of("md5")
