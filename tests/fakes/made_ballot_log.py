"""Ballot logs made by hand from docs/ballot-log.md, without any of the product's own machinery: whoever holds the key
can make one, the dishonest server too."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MEETING = "01CKCX0000MADEBYHAND000001"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
FINGERPRINT = hashlib.sha256(PUBLIC).hexdigest()

Leaf = dict[str, Any]


def canonical(value: Any) -> bytes:
    """Section 1."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def h(alg: str, data: bytes) -> str:
    """H of section 1, hex."""
    return hashlib.new(alg, data).hexdigest()


def root(alg: str, hashes: Sequence[str]) -> str:
    """The tree's root over leaf hashes, by the recursion of RFC 9162 2.1."""
    if not hashes:
        return h(alg, b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    left, right = root(alg, hashes[:k]), root(alg, hashes[k:])
    return h(alg, b"\1" + bytes.fromhex(left) + bytes.fromhex(right))


def signed(value: dict[str, Any], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    """With `key` and `signature`."""
    public = key.public_key().public_bytes_raw()
    value = {**value, "key": hashlib.sha256(public).hexdigest()}
    return {**value, "signature": key.sign(canonical(value)).hex()}


class Made:
    """A log to be changed at will and then exported: leaves in order, and rolls (id -> entries)."""

    def __init__(self, alg: str = "sha256", meeting: str = MEETING) -> None:
        self.alg, self.meeting = alg, meeting
        self.leaves: list[Leaf] = []
        self.rolls: dict[str, list[dict[str, Any]]] = {}
        self.keys = [KEY]

    def copy(self) -> Made:
        """One that can be changed without changing this one."""
        other = Made(self.alg, self.meeting)
        other.leaves, other.rolls = copy.deepcopy(self.leaves), copy.deepcopy(self.rolls)
        return other

    def add(self, kind: str, **fields: Any) -> Leaf:
        """One more leaf, a second after the one before."""
        leaf = {"kind": kind, "meeting": self.meeting, "seq": 0, "utc_ms": 1_790_000_000_000, "v": 1, **fields}
        if self.leaves:
            leaf["utc_ms"] = self.leaves[-1]["utc_ms"] + 1000
        self.leaves.append(leaf)
        leaf["seq"] = len(self.leaves) - 1
        return leaf

    def freeze(self, roll: str, entries: Iterable[dict[str, Any]]) -> Leaf:
        """A roll and its leaf."""
        self.rolls[roll] = sorted(entries, key=lambda entry: (entry["creditor"], entry["group"]))
        return self.add("roll.frozen", roll=roll, entries=len(self.rolls[roll]), root=self.roll_root(roll))

    def roll_root(self, roll: str) -> str:
        """Of the roll as it is now."""
        return root(self.alg, [h(self.alg, b"\0" + canonical(entry)) for entry in self.rolls[roll]])

    def resealed(self) -> Made:
        """Places and roots of rolls put right again, as a server that lies consistently would."""
        for seq, leaf in enumerate(self.leaves):
            leaf["seq"] = seq
            if leaf["kind"] == "roll.frozen":
                leaf.update(entries=len(self.rolls[leaf["roll"]]), root=self.roll_root(leaf["roll"]))
        return self

    def hashes(self) -> list[str]:
        """Of the leaves."""
        return [h(self.alg, b"\0" + canonical(leaf)) for leaf in self.leaves]

    def head(self, size: int) -> dict[str, Any]:
        """The signed head of the first `size` leaves."""
        utc_ms = self.leaves[size - 1]["utc_ms"]
        told = {"alg": self.alg, "meeting": self.meeting, "root": root(self.alg, self.hashes()[:size])}
        return signed({**told, "size": size, "utc_ms": utc_ms})

    def receipt(self, seq: int, size: int) -> dict[str, Any]:
        """For the leaf `seq`, under the head of `size`."""
        return {"head": self.head(size), "leaf": copy.deepcopy(self.leaves[seq])}

    def export(self, edition: str = "court", sizes: Sequence[int] = ()) -> bytes:
        """Section 9. `sizes`: heads besides the last."""
        public = edition == "public"
        heads = [self.head(size) for size in [*sizes, len(self.leaves)]]
        lines: list[Any] = [
            {
                "alg": self.alg,
                "edition": edition,
                "format": "yunting-ballot-log/1",
                "heads": len(heads),
                "keys": [{"key": FINGERPRINT, "public": PUBLIC.hex()}],
                "leaves": len(self.leaves),
                "meeting": self.meeting,
                "rolls": [{"entries": len(entries), "roll": roll} for roll, entries in self.rolls.items()],
            }
        ]
        hidden = [public and "salt" in leaf for leaf in self.leaves]
        lines += [
            {"hash": d} if hide else leaf for leaf, d, hide in zip(self.leaves, self.hashes(), hidden, strict=True)
        ]
        for entries in self.rolls.values():
            lines += [{"hash": h(self.alg, b"\0" + canonical(e))} if public else e for e in entries]
        return sealed(self.alg, [*lines, *heads])


def sealed(alg: str, lines: Iterable[Any]) -> bytes:
    """The lines with the signed hash of them all."""
    data = b"".join(canonical(line) + b"\n" for line in lines)
    return data + canonical(signed({"file": h(alg, data)})) + b"\n"


def resigned(data: bytes, alg: str = "sha256") -> bytes:
    """A changed file sealed again: only its contents can be wrong then."""
    body = data[: data[:-1].rfind(b"\n") + 1]
    return body + canonical(signed({"file": h(alg, body)})) + b"\n"
