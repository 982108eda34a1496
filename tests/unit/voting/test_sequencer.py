"""Nobody has a receipt of what is not durable; groups share a commit; what failed stays failed until opened anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import pytest

import voting.sequencer
from hearing.clock import Sources
from hearing.tasks import TaskSet
from records.errors import StoreUnavailable
from records.keys import CourtKey
from voting.leaves import AnyLeaf, MeetingCreated, Presence, Stamp, leaf_bytes
from voting.merkle import includes, leaf_hash
from voting.ports import KeptHead
from voting.sequencer import MAX_WAITING, BrokenLog, Busy, Sequencer, Stopped
from voting.stores.memory import MemoryLeafStore
from voting.tree_heads import head_is_valid, read_head
from voting.words import Channel

pytestmark = pytest.mark.unit

M = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
KEY = CourtKey.generate()


class Clock:
    """Two clocks that the test moves."""

    def __init__(self) -> None:
        self.us, self.wall_ms = 5_000_000, 1_800_000_000_000

    def sources(self) -> Sources:
        return Sources(monotonic_us=lambda: self.us, utc_ms=lambda: self.wall_ms)


class HeldStore(MemoryLeafStore):
    """Commits wait until they are let go; may be told to fail, before or after it kept the leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()
        self.began = asyncio.Event()
        self.groups: list[int] = []
        self.fail = ""

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        self.groups.append(len(leaves))
        self.began.set()
        await self.go.wait()
        if self.fail == "before":
            raise StoreUnavailable("disk full")
        await super().commit(meeting, first, leaves, head)
        if self.fail == "after":
            raise StoreUnavailable("sync failed")


def created(stamp: Stamp, alg: str = "sha256") -> MeetingCreated:
    return MeetingCreated(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        alg=alg,
        case_no="(2018)粤01破1号",
        ruleset="EBL2006+JI3",
        title="第一次债权人会议",
    )


def came(stamp: Stamp, attendee: str) -> Presence:
    return Presence(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        attendee=attendee,
        by=attendee,
        channel=Channel.ONLINE,
        salt="0" * 32,
        state="in",
    )


@asynccontextmanager
async def running(
    store: MemoryLeafStore, clock: Clock | None = None, seen: list[AnyLeaf] | None = None
) -> AsyncIterator[Sequencer]:
    applied = [] if seen is None else seen
    sequencer = await Sequencer.open(store, M, KEY, (clock or Clock()).sources(), applied.append)
    tasks = TaskSet()
    task = tasks.spawn(sequencer.run(), "sequencer")
    try:
        yield sequencer
    finally:
        sequencer.close()
        await asyncio.wait([task])
        await tasks.close()


@pytest.mark.parametrize("alg", ["sha256", "sm3"])
async def test_a_receipt_proves_the_leaf_under_a_valid_head(alg: str) -> None:
    async with running(MemoryLeafStore()) as sequencer:
        await sequencer.append(created(sequencer.stamp(), alg))
        leaf = came(sequencer.stamp(), "C1")
        given = msgspec.json.decode(await sequencer.append(leaf))
        head = read_head(msgspec.json.encode(given["head"]))
        assert head_is_valid(head, KEY.public_bytes)
        assert not head_is_valid(msgspec.structs.replace(head, size=head.size + 1), KEY.public_bytes)
        assert (head.size, head.alg) == (2, alg)
        assert given["leaf"] == msgspec.json.decode(leaf_bytes(leaf))
        proof = sequencer.tree.inclusion(1, 2)
        assert includes(alg, leaf_hash(alg, leaf_bytes(leaf)), 1, 2, proof, bytes.fromhex(head.root))


async def test_who_comes_while_a_group_is_written_shares_the_next() -> None:
    store = HeldStore()
    async with running(store) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        store.go.clear()
        store.began.clear()
        first = sequencer.append(came(sequencer.stamp(), "C0"))
        await store.began.wait()
        rest = [sequencer.append(came(sequencer.stamp(), f"C{n}")) for n in range(1, 90)]
        await asyncio.sleep(0)
        assert not first.done()
        assert sequencer.durable == 1
        store.go.set()
        receipts = await asyncio.gather(first, *rest)
        assert store.groups == [1, 1, 89]
        assert len({msgspec.json.decode(given)["head"]["signature"] for given in receipts}) == 2


@pytest.mark.parametrize("fail", ["before", "after"])
async def test_a_failed_commit_stops_all_and_hands_out_nothing(fail: str) -> None:
    store = HeldStore()
    async with running(store) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        store.go.clear()
        store.began.clear()
        store.fail = fail
        held = [sequencer.append(came(sequencer.stamp(), "C1"))]
        await store.began.wait()
        held.append(sequencer.append(came(sequencer.stamp(), "C2")))
        await asyncio.sleep(0)
        store.go.set()
        answers = await asyncio.gather(*held, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Stopped, Stopped]
        store.fail = ""
        with pytest.raises(Stopped):
            await sequencer.append(came(sequencer.stamp(), "C3"))
    # Opened anew it goes on from what is durable, and from nothing else.
    seen: list[AnyLeaf] = []
    async with running(store, seen=seen) as again:
        assert len(seen) == (1 if fail == "before" else 2)
        await again.append(came(again.stamp(), "C3"))


async def test_whoever_cannot_take_an_answer_stops_neither_the_others_nor_the_log() -> None:
    store = HeldStore()
    async with running(store) as sequencer:
        sequencer.on_head(broken)
        await sequencer.append(created(sequencer.stamp()))
        store.go.clear()
        sequencer.add(came(sequencer.stamp(), "C1"), broken)
        other = sequencer.append(came(sequencer.stamp(), "C2"))
        store.go.set()
        assert msgspec.json.decode(await other)["leaf"]["attendee"] == "C2"
        await sequencer.append(came(sequencer.stamp(), "C3"))
        store.fail = "before"
        sequencer.add(came(sequencer.stamp(), "C4"), broken)
        with pytest.raises(Stopped):
            await sequencer.append(came(sequencer.stamp(), "C5"))


def broken(given: object) -> None:
    raise RuntimeError("a page that is gone")


async def test_a_head_that_cannot_be_signed_stops_the_log_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(MemoryLeafStore()) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        monkeypatch.setattr(voting.sequencer, "sign_head", broken)
        with pytest.raises(Stopped):
            await sequencer.append(came(sequencer.stamp(), "C1"))
        with pytest.raises(Stopped):
            sequencer.check_writable()


async def test_a_receipt_is_the_same_bytes_after_a_restart() -> None:
    store = MemoryLeafStore()
    async with running(store) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        given = [await sequencer.append(came(sequencer.stamp(), f"C{n}")) for n in range(5)]
    async with running(store) as again:
        await again.append(came(again.stamp(), "C9"))
        assert [await again.receipt(seq) for seq in range(1, 6)] == given
        with pytest.raises(KeyError):
            await again.receipt(7)


async def test_time_never_steps_back_within_a_log() -> None:
    store, clock = MemoryLeafStore(), Clock()
    seen: list[AnyLeaf] = []
    async with running(store, clock) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        clock.us += 1_000_000
        clock.wall_ms -= 3_600_000
        await sequencer.append(came(sequencer.stamp(), "C1"))
    clock.us = 1
    async with running(store, clock, seen) as again:
        await again.append(came(again.stamp(), "C2"))
        times = [leaf.utc_ms for leaf in seen] + [again.stamp().utc_ms]
        assert times == [1_800_000_000_000, 1_800_000_001_000, 1_800_000_001_000]


async def test_the_queue_is_bounded() -> None:
    store = HeldStore()
    async with running(store) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        store.go.clear()
        answers: list[bytes | Exception] = []
        for number in range(MAX_WAITING):
            sequencer.add(came(sequencer.stamp(), f"C{number}"), answers.append)
        with pytest.raises(Busy):
            sequencer.check_open()
        store.go.set()
    assert len(answers) == MAX_WAITING
    assert all(isinstance(answer, bytes) for answer in answers)


async def test_a_log_that_is_not_ours_is_not_opened() -> None:
    store = MemoryLeafStore()
    async with running(store) as sequencer:
        await sequencer.append(created(sequencer.stamp()))
        await sequencer.append(came(sequencer.stamp(), "C1"))
    changed = MemoryLeafStore()
    leaves = [leaf async for leaf in store.leaves(M)]
    await changed.commit(M, 0, [leaves[0], leaves[1].replace(b"C1", b"C2")], (await store.heads(M))[-1])
    with pytest.raises(BrokenLog, match="signed head"):
        await Sequencer.open(changed, M, KEY, Clock().sources(), lambda leaf: None)
    swapped = MemoryLeafStore()
    await swapped.commit(M, 0, [leaves[1], leaves[0]], (await store.heads(M))[-1])
    with pytest.raises(BrokenLog, match="leaf 0"):
        await Sequencer.open(swapped, M, KEY, Clock().sources(), lambda leaf: None)


async def test_a_leaf_of_another_place_is_a_fault() -> None:
    async with running(MemoryLeafStore()) as sequencer:
        old = sequencer.stamp()
        await sequencer.append(created(sequencer.stamp()))
        with pytest.raises(ValueError, match="not the next"):
            await sequencer.append(came(old, "C1"))
