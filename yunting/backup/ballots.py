"""The ballot logs of a restored backup: each tree made again from its leaves has the roots that the court signed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from records.keys import CourtKey
from voting.merkle import MerkleTree
from voting.ports import LeafStore
from voting.stores.sqlite import SqliteLeafStore
from voting.tree_heads import TreeHead, head_is_valid, read_head


class Recounted(msgspec.Struct, frozen=True, kw_only=True):
    """`wrong` names meeting and head."""

    meetings: int = 0
    leaves: int = 0
    heads: int = 0
    wrong: tuple[str, ...] = ()


class _Alg(msgspec.Struct):
    alg: str


async def recount(file: Path, key: CourtKey | None) -> Recounted:
    """Read all leaves of all meetings in the file, which need not be there. Raises StoreUnavailable, RecordError."""
    if not await asyncio.to_thread(file.is_file):
        return Recounted()
    store = await SqliteLeafStore.open(file)
    try:
        each = [await _meeting(store, meeting, key) for meeting in await store.meetings()]
    finally:
        await store.close()
    return Recounted(
        meetings=len(each),
        leaves=sum(one.leaves for one in each),
        heads=sum(one.heads for one in each),
        wrong=tuple(wrong for one in each for wrong in one.wrong),
    )


async def _meeting(store: LeafStore, meeting: str, key: CourtKey | None) -> Recounted:
    heads = await store.heads(meeting)
    first = await store.leaf(meeting, 0)
    wrong: list[str] = []
    try:
        tree = MerkleTree(msgspec.json.decode(first or b"", type=_Alg).alg)
        signed = [read_head(head.data) for head in heads]
    except (msgspec.MsgspecError, ValueError) as problem:
        return Recounted(wrong=(f"meeting {meeting}: {problem}",))
    async for leaf in store.leaves(meeting):
        tree.append(leaf)
    for head in signed:
        if reason := _unlike(head, tree, key):
            wrong.append(f"meeting {meeting}: the signed head at {head.size} {reason}")
    if not signed or signed[-1].size != len(tree):
        wrong.append(f"meeting {meeting}: {len(tree)} leaves, and no signed head over all of them")
    return Recounted(leaves=len(tree), heads=len(heads), wrong=tuple(wrong))


def _unlike(head: TreeHead, tree: MerkleTree, key: CourtKey | None) -> str:
    """Why the head is not of this tree; empty when it is."""
    if head.size > len(tree):
        return f"is over more than the {len(tree)} leaves that are there"
    if head.root != tree.root(head.size).hex():
        return "has another root than its leaves"
    # A court that changed its key cannot check the heads of the former one here.
    if key is not None and head.key == key.fingerprint and not head_is_valid(head, key.public_bytes):
        return "has a signature that does not verify"
    return ""
