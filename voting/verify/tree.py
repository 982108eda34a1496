"""The Merkle tree (section 1), and H."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from records.standalone.sm3 import new_hash


class Tree:
    """RFC 9162 section 2.1, grown leaf hash by leaf hash; the peaks of the complete subtrees are kept."""

    def __init__(self, h: Callable[[bytes], bytes]) -> None:
        self.size = 0
        self._h = h
        self._peaks: list[bytes] = []

    def append(self, leaf_hash: bytes) -> None:
        """One more leaf."""
        size, peaks = self.size, self._peaks
        while size & 1:
            leaf_hash = self._h(b"\1" + peaks.pop() + leaf_hash)
            size >>= 1
        peaks.append(leaf_hash)
        self.size += 1

    def root(self) -> str:
        """Of all leaves so far, hex."""
        if not self._peaks:
            return self._h(b"").hex()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = self._h(b"\1" + peak + node)
        return node.hex()


def hash_of(alg: str) -> Callable[[bytes], bytes]:
    """H of section 1."""
    if alg == "sha256":
        return lambda data: hashlib.sha256(data).digest()
    return lambda data: bytes(new_hash(alg, data).digest())
