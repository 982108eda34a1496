"""The exported file is what the standalone verifier accepts, in both editions; the public one names nobody."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import StoreUnavailable
from records.keys import CourtKey
from tests.fakes.random_meetings import RandomMeeting, random_meeting
from voting.leaves import leaf_bytes
from voting.log_export import Edition, NothingToExport, export_log
from voting.merkle import MerkleTree
from voting.ports import KeptHead
from voting.roll import Roll
from voting.roll_entry import entry_bytes
from voting.stores.memory import MemoryLeafStore
from voting.tree_heads import head_bytes, sign_head
from voting.verify import verify_bytes

pytestmark = pytest.mark.unit

KEY = CourtKey.generate()


async def kept(held: RandomMeeting, sizes: list[int]) -> MemoryLeafStore:
    """The meeting in a store, with a head at each of `sizes`."""
    store, tree, first = MemoryLeafStore(), MerkleTree(held.alg), 0
    name = held.leaves[0].meeting
    for size in sizes:
        group = held.leaves[first:size]
        data = [leaf_bytes(leaf) for leaf in group]
        for each in data:
            tree.append(each)
        head = sign_head(name, held.alg, size, tree.root(), group[-1].utc_ms, KEY)
        await store.commit(name, first, data, KeptHead(size, head_bytes(head)))
        first = size
    return store


async def exported(held: RandomMeeting, sizes: list[int], edition: Edition) -> bytes:
    rolls = {roll: Roll(held.alg, roll, entries) for roll, entries in held.rolls.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ballot-log.jsonl"
        await export_log(await kept(held, sizes), held.leaves[0].meeting, rolls, KEY, edition, path)
        return await asyncio.to_thread(path.read_bytes)


@given(st.integers(0, 10**9).map(random_meeting), st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_the_meeting_both_editions_are_right(held: RandomMeeting, data: st.DataObject) -> None:
    last = len(held.leaves)
    sizes = sorted(data.draw(st.sets(st.integers(1, last), max_size=4)) | {last})
    court = asyncio.run(exported(held, sizes, Edition.COURT))
    found = verify_bytes(court, KEY.fingerprint)
    assert found["wrong"] == []
    assert court.splitlines()[1 : last + 1] == [leaf_bytes(leaf) for leaf in held.leaves]
    public = asyncio.run(exported(held, sizes, Edition.PUBLIC))
    assert verify_bytes(public, KEY.fingerprint)["wrong"] == []
    assert b'"salt"' not in public
    for entries in held.rolls.values():
        for entry in entries:
            assert entry_bytes(entry) not in public
            assert entry.person.encode() not in public


async def test_a_log_that_is_empty_or_lacks_a_roll_is_refused(tmp_path: Path) -> None:
    held = random_meeting(1)
    name, path = held.leaves[0].meeting, tmp_path / "ballot-log.jsonl"
    with pytest.raises(NothingToExport, match="empty"):
        await export_log(MemoryLeafStore(), name, {}, KEY, Edition.COURT, path)
    with pytest.raises(NothingToExport, match="roll-1"):
        await export_log(await kept(held, [len(held.leaves)]), name, {}, KEY, Edition.COURT, path)
    assert not path.exists()


async def test_an_export_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    held, path = random_meeting(2), tmp_path / "ballot-log.jsonl"
    rolls = {roll: Roll(held.alg, roll, entries) for roll, entries in held.rolls.items()}
    store = await kept(held, [len(held.leaves)])
    await asyncio.to_thread(path.write_bytes, b"the export before\n")

    class Broken(MemoryLeafStore):
        async def leaf(self, meeting: str, seq: int) -> bytes | None:
            return await store.leaf(meeting, seq)

        async def heads(self, meeting: str) -> Sequence[KeptHead]:
            return await store.heads(meeting)

        reads = 0

        async def leaves(self, meeting: str, first: int = 0) -> AsyncIterator[bytes]:
            self.reads += 1
            async for leaf in store.leaves(meeting, first):
                yield leaf
                if self.reads > 1:
                    raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        await export_log(Broken(), held.leaves[0].meeting, rolls, KEY, Edition.COURT, path)
    assert await asyncio.to_thread(path.read_bytes) == b"the export before\n"
    assert [each.name for each in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))] == [path.name]
    await export_log(store, held.leaves[0].meeting, rolls, KEY, Edition.COURT, path)
    assert verify_bytes(await asyncio.to_thread(path.read_bytes), KEY.fingerprint)["wrong"] == []
    assert [each.name for each in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))] == [path.name]


async def test_earlier_keys_are_listed_once(tmp_path: Path) -> None:
    held, earlier = random_meeting(2), CourtKey.generate().public_bytes
    rolls = {roll: Roll(held.alg, roll, entries) for roll, entries in held.rolls.items()}
    path = tmp_path / "ballot-log.jsonl"
    store = await kept(held, [len(held.leaves)])
    others = (earlier, KEY.public_bytes)
    await export_log(store, held.leaves[0].meeting, rolls, KEY, Edition.COURT, path, others)
    header = msgspec.json.decode((await asyncio.to_thread(path.read_bytes)).splitlines()[0])
    assert [each["public"] for each in header["keys"]] == [KEY.public_bytes.hex(), earlier.hex()]
