"""The Merkle tree of RFC 9162, section 2.1: append, root, proofs, and how a proof is checked.

`hashes` picks the hash function: `sha256` or `sm3` (GB/T 32905).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

LEAF = b"\x00"
NODE = b"\x01"

Digest = Callable[[bytes], bytes]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


_DIGESTS: dict[str, Digest] = {"sha256": _sha256, "sm3": _sm3}
ALGORITHMS = tuple(_DIGESTS)


def digest_of(alg: str) -> Digest:
    """The hash function. ValueError for a name that is none of `ALGORITHMS`, or that this OpenSSL lacks."""
    if alg not in _DIGESTS:
        raise ValueError(f"unknown hash {alg!r}: one of {', '.join(ALGORITHMS)}")
    _DIGESTS[alg](b"")
    return _DIGESTS[alg]


class MerkleTree:
    """An append-only tree. Keeps the hash of every complete subtree: two hashes a leaf, so that a proof reads and
    does not compute."""

    def __init__(self, alg: str = "sha256", leaves: Iterable[bytes] = ()) -> None:
        self._digest = digest_of(alg)
        # _levels[h][i] is the hash of the i-th complete subtree of 2**h leaves.
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> bytes:
        """Add a leaf at the end; returns its hash."""
        made = self._digest(LEAF + leaf)
        self.append_hash(made)
        return made

    def append_hash(self, leaf_hash: bytes) -> None:
        """Add a leaf of which only the hash is known."""
        digest, levels, node, height = self._digest, self._levels, leaf_hash, 0
        while True:
            level = levels[height]
            level.append(node)
            if len(level) % 2:
                return
            node = digest(NODE + level[-2] + level[-1])
            height += 1
            if height == len(levels):
                levels.append([])

    def leaf_hash(self, seq: int) -> bytes:
        """The hash of a leaf. IndexError beyond the end."""
        return self._levels[0][seq]

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, of all by default. ValueError when there are fewer."""
        size = len(self) if size is None else size
        if not 0 <= size <= len(self):
            raise ValueError(f"a tree of {len(self)} leaves has no root of size {size}")
        return self._subtree(0, size) if size else self._digest(b"")

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """PATH(seq, D[size]) of 2.1.3.1, from the leaf upward. ValueError unless 0 <= seq < size <= len."""
        if not 0 <= seq < size <= len(self):
            raise ValueError(f"no proof of leaf {seq} in a tree of size {size} (there are {len(self)} leaves)")
        path: list[bytes] = []
        low, high = 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if seq < middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low = middle
        path.reverse()
        return path

    def consistency(self, first: int, second: int) -> list[bytes]:
        """PROOF(first, D[second]) of 2.1.4.1. ValueError unless 0 < first <= second <= len."""
        if not 0 < first <= second <= len(self):
            raise ValueError(f"no proof from size {first} to {second} (there are {len(self)} leaves)")
        path: list[bytes] = []
        low, high, whole = 0, second, True
        while first != high:
            middle = low + _split(high - low)
            if first <= middle:
                path.append(self._subtree(middle, high))
                high = middle
            else:
                path.append(self._subtree(low, middle))
                low = middle
                whole = False
        if not whole:
            path.append(self._subtree(low, high))
        path.reverse()
        return path

    def _subtree(self, low: int, high: int) -> bytes:
        """MTH(D[low:high]); `low` is always a multiple of the power of two at or above `high - low`."""
        size = high - low
        if size & (size - 1) == 0:
            return self._levels[size.bit_length() - 1][low // size]
        middle = low + _split(size)
        return self._digest(NODE + self._subtree(low, middle) + self._subtree(middle, high))


def leaf_hash(alg: str, leaf: bytes) -> bytes:
    """The hash of a leaf by itself."""
    return digest_of(alg)(LEAF + leaf)


def includes(alg: str, leaf_hash: bytes, seq: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the tree with this root and size has the leaf at `seq` (2.1.3.2)."""
    if not 0 <= seq < size:
        return False
    digest = digest_of(alg)
    fn, sn, node = seq, size - 1, leaf_hash
    for other in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = digest(NODE + other + node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = digest(NODE + node + other)
        fn >>= 1
        sn >>= 1
    return sn == 0 and node == root


def consistent(
    alg: str, first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the second tree begins with the first (2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    hashes = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not hashes:
        return False
    digest = digest_of(alg)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    old = new = hashes[0]
    for other in hashes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old = digest(NODE + other + old)
            new = digest(NODE + other + new)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            new = digest(NODE + new + other)
        fn >>= 1
        sn >>= 1
    return sn == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two below `size` (> 1)."""
    return 1 << ((size - 1).bit_length() - 1)
