"""Writes `ballot-log.jsonl` (docs/ballot-log.md, section 9), in the court's edition or the public one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TypeVar

import msgspec

from records.keys import CourtKey
from voting.leaves import read_leaf
from voting.merkle import leaf_hash
from voting.ports import KeptHead, LeafStore
from voting.roll import Roll
from voting.roll_entry import RollEntry, entry_bytes
from voting.whole_file import whole_file

T = TypeVar("T")

PART_LINES = 2_000
"""Lines written at once: neither the log nor the file lies in memory whole."""


class Edition(Enum):
    """`COURT` can be counted again; `PUBLIC` has hashes in place of what names a person."""

    COURT = "court"
    PUBLIC = "public"


class NothingToExport(Exception):
    """The meeting has no leaf yet, or a roll that its log names was not given."""


class _Signed(msgspec.Struct, frozen=True, omit_defaults=True):
    file: str
    key: str
    signature: str = ""


_encoder = msgspec.json.Encoder(order="sorted")


async def export_log(
    store: LeafStore,
    meeting: str,
    rolls: Mapping[str, Roll],
    key: CourtKey,
    edition: Edition,
    path: Path,
    other_keys: Iterable[bytes] = (),
) -> None:
    """Write the log as of its newest head to `path`, over what is there; `path` is whole or as it was. A running
    meeting is not held up.

    `rolls` by id has at least those that were frozen; `other_keys` are raw public keys of the court that signed
    earlier heads of this log. Raises NothingToExport, StoreUnavailable, OSError.
    """
    heads = await store.heads(meeting)
    first = await store.leaf(meeting, 0)
    if not heads or first is None:
        raise NothingToExport(f"{meeting}: the log is empty")
    alg = str(msgspec.json.decode(first)["alg"])
    size = heads[-1].size
    frozen = [roll async for roll in _frozen(store, meeting, size)]
    if missing := [roll for roll in frozen if roll not in rolls]:
        raise NothingToExport(f"{meeting}: without the roll {missing[0]}")
    kept = [rolls[roll] for roll in frozen]
    digest = hashlib.new(alg)
    async with whole_file(path) as file:

        def write(lines: Sequence[bytes]) -> None:
            data = b"".join(line + b"\n" for line in lines)
            digest.update(data)
            file.write(data)

        def write_each(things: Sequence[T], line: Callable[[T], bytes]) -> None:
            write([line(each) for each in things])

        def leaf_line(leaf: bytes) -> bytes:
            return _leaf_line(alg, leaf, edition)

        def entry_line(entry: RollEntry) -> bytes:
            return _line(alg, entry_bytes(entry), edition)

        keys = [key.public_bytes, *other_keys]
        await asyncio.to_thread(write, [_header(alg, meeting, edition, heads, size, kept, keys)])
        async for leaves in _parts(store, meeting, size):
            await asyncio.to_thread(write_each, leaves, leaf_line)
        for roll in kept:
            for place in range(0, len(roll.entries), PART_LINES):
                entries = roll.entries[place : place + PART_LINES]
                await asyncio.to_thread(write_each, entries, entry_line)
        await asyncio.to_thread(write, [head.data for head in heads])
        signed = _Signed(digest.hexdigest(), key.fingerprint)
        signature = key.sign(_encoder.encode(signed)).hex()
        await asyncio.to_thread(write, [_encoder.encode(msgspec.structs.replace(signed, signature=signature))])


def _header(
    alg: str,
    meeting: str,
    edition: Edition,
    heads: Sequence[KeptHead],
    size: int,
    rolls: Sequence[Roll],
    keys: Sequence[bytes],
) -> bytes:
    told = {
        "alg": alg,
        "edition": edition.value,
        "format": "yunting-ballot-log/1",
        "heads": len(heads),
        "keys": [{"key": hashlib.sha256(raw).hexdigest(), "public": raw.hex()} for raw in dict.fromkeys(keys)],
        "leaves": size,
        "meeting": meeting,
        "rolls": [{"entries": len(roll.entries), "roll": roll.roll} for roll in rolls],
    }
    return _encoder.encode(told)


async def _parts(store: LeafStore, meeting: str, size: int) -> AsyncIterator[list[bytes]]:
    """The first `size` leaves, in parts."""
    part: list[bytes] = []
    left = size
    async for leaf in store.leaves(meeting):
        part.append(leaf)
        left -= 1
        if len(part) == PART_LINES or not left:
            yield part
            part = []
        if not left:
            return


async def _frozen(store: LeafStore, meeting: str, size: int) -> AsyncIterator[str]:
    """Ids of the rolls that the log froze, in order."""
    async for part in _parts(store, meeting, size):
        for leaf in part:
            # A text may hold the words, so they only say where to look.
            if b'"kind":"roll.frozen"' in leaf:
                told = msgspec.json.decode(leaf)
                if told["kind"] == "roll.frozen":
                    yield told["roll"]


def _leaf_line(alg: str, leaf: bytes, edition: Edition) -> bytes:
    if edition is Edition.PUBLIC and not hasattr(read_leaf(leaf), "salt"):
        return leaf
    return _line(alg, leaf, edition)


def _line(alg: str, data: bytes, edition: Edition) -> bytes:
    return data if edition is Edition.COURT else _encoder.encode({"hash": leaf_hash(alg, data).hex()})
