"""What a receipt is worth, whatever happens: the same request has the same receipt, which proves its leaf under every
later head; a store that dies at any write loses no ballot that has a receipt, and takes none after the closing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing.clock import Sources
from hearing.tasks import TaskSet
from records.errors import StoreUnavailable
from records.keys import CourtKey
from tests.fakes.made_ballot_log import Made, resigned
from tests.fakes.random_meetings import random_meeting
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.ballots import Repeated
from voting.hall import Hall
from voting.leaves import Ballot, MotionClosed, Result, leaf_bytes, read_leaf
from voting.merkle import MerkleTree, consistent, includes, leaf_hash
from voting.ports import KeptHead
from voting.refusals import AlreadyVoted, LateBallot
from voting.roll import Roll
from voting.sequencer import Stopped
from voting.stores.memory import MemoryLeafStore
from voting.tree_heads import head_is_valid, read_head
from voting.verify import verify_bytes
from voting.words import ALL, Channel, Choice, Matter

pytestmark = pytest.mark.unit

MEETING = "01CKCX0000ZZZZZZZZZZZZZZZZ"
KEY = CourtKey.generate()
SALT = "0" * 32
CAST = st.sampled_from((Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN))


class DyingStore(MemoryLeafStore):
    """Dies at a commit, before it or after: nobody is told which."""

    def __init__(self) -> None:
        super().__init__()
        self.dies: str = ""

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        if self.dies == "before":
            raise StoreUnavailable("killed")
        await super().commit(meeting, first, leaves, head)
        if self.dies == "after":
            raise StoreUnavailable("killed")


class Court:
    """A meeting that can be killed and opened again from its store."""

    def __init__(self, alg: str = "sha256") -> None:
        self.store = DyingStore()
        self.roll = Roll(alg, "roll-1", ROLL)
        self.alg = alg
        self.us = 1_000_000
        self.given: dict[str, bytes] = {}
        """Receipts handed out, by `idem`."""

    async def open(self) -> None:
        self.store.dies = ""
        sources = Sources(monotonic_us=lambda: self.us, utc_ms=lambda: 1_800_000_000_000)
        self.hall = await Hall.open(self.store, MEETING, KEY, sources, [self.roll])
        self.tasks = TaskSet()
        self.running = self.tasks.spawn(self.hall.run(), "hall")

    async def close(self) -> None:
        self.hall.close()
        await asyncio.wait([self.running])
        await self.tasks.close()

    async def begin(self) -> None:
        await self.open()
        await self.hall.do(rq.CreateMeeting(alg=self.alg, case_no="1", ruleset="EBL2006+JI3", title="会议"))
        await self.hall.do(rq.FreezeRoll(roll="roll-1"))
        await self.two(
            rq.OpenMotion(
                closes_utc_ms=1_900_000_000_000, matter=Matter.ORDINARY, motion="m1", roll="roll-1", title="方案"
            )
        )

    async def two(self, act: rq.Act) -> list[bytes]:
        return await self.hall.do(rq.ByTwo(act=act, by=("chair", "judge")))

    async def cast(self, ballots: Sequence[tuple[str, Choice, str]]) -> list[bytes | None]:
        """All in one turn of the loop; each one's receipt, None where there is none."""
        return list(await asyncio.gather(*(self._cast(*each) for each in ballots)))

    async def _cast(self, creditor: str, choice: Choice, idem: str) -> bytes | None:
        answered: asyncio.Future[bytes | Exception] = asyncio.get_running_loop().create_future()
        ballot = rq.CastBallot(
            actor=creditor,
            channel=Channel.ONLINE,
            choice=choice,
            creditor=creditor,
            division=ALL,
            idem=idem,
            meeting=MEETING,
            motion="m1",
            round=1,
            salt=SALT,
        )
        self.us += 1_000
        try:
            before = self.hall.cast(ballot, answered.set_result)
            got = await (self.hall.log.receipt(before.seq) if isinstance(before, Repeated) else answered)
        except (AlreadyVoted, LateBallot, Stopped):
            return None
        if isinstance(got, Exception):
            return None
        assert self.given.setdefault(idem, got) == got, "another receipt for the same ballot"
        return got


def ran(body: Awaitable[None]) -> None:
    async def main() -> None:
        await body

    asyncio.run(main())


async def leaves_of(store: MemoryLeafStore) -> list[bytes]:
    return [leaf async for leaf in store.leaves(MEETING)]


async def check(court: Court) -> None:
    """Each receipt that was handed out is in the log, under its own head and all later ones; heads are consistent."""
    leaves = await leaves_of(court.store)
    tree = MerkleTree(court.alg, leaves)
    heads = [read_head(each.data) for each in await court.store.heads(MEETING)]
    for head in heads:
        assert head_is_valid(head, KEY.public_bytes)
        assert head.root == tree.root(head.size).hex()
    for one in heads:
        for other in heads:
            if one.size <= other.size:
                proof = tree.consistency(one.size, other.size)
                roots = bytes.fromhex(one.root), bytes.fromhex(other.root)
                assert consistent(court.alg, one.size, roots[0], other.size, roots[1], proof)
    for given_bytes in court.given.values():
        receipt: dict[str, Any] = msgspec.json.decode(given_bytes)
        leaf = msgspec.json.encode(receipt["leaf"], order="sorted")
        seq, first = receipt["leaf"]["seq"], receipt["head"]["size"]
        assert leaves[seq] == leaf
        assert msgspec.json.encode(receipt["head"], order="sorted") in [
            each.data for each in await court.store.heads(MEETING)
        ]
        for head in heads:
            if head.size >= first:
                proof = tree.inclusion(seq, head.size)
                root = bytes.fromhex(head.root)
                assert includes(court.alg, leaf_hash(court.alg, leaf), seq, head.size, proof, root)


BATCHES = st.lists(
    st.lists(st.tuples(st.sampled_from("abcdg"), CAST, st.sampled_from(("one", "two"))), min_size=1, max_size=6),
    min_size=1,
    max_size=5,
)


@given(BATCHES, st.data(), st.sampled_from(("sha256", "sm3")))
@settings(max_examples=40)
def test_every_receipt_is_the_same_each_time_and_proves_its_ballot_under_every_later_head(
    batches: list[list[tuple[str, Choice, str]]], data: st.DataObject, alg: str
) -> None:
    async def body() -> None:
        court = Court(alg)
        await court.begin()
        for batch in batches:
            ballots = [(who, choice, f"{who}-{choice}-{idem}") for who, choice, idem in batch]
            for got, (_, _, idem) in zip(await court.cast(ballots), ballots, strict=True):
                assert got == court.given.get(idem)
            if data.draw(st.booleans()):
                await court.close()
                await court.open()
            await court.cast(ballots)
        standing = dict(court.given)
        await court.two(rq.CloseMotion(early=True, motion="m1", round=1))
        for idem, receipt in standing.items():
            who, choice, _ = idem.split("-")
            assert await court.cast([(who, Choice(choice), idem)]) == [receipt]
        await check(court)
        await court.close()
        effective = [leaf for leaf in map(read_leaf, await leaves_of(court.store)) if isinstance(leaf, Ballot)]
        assert len({leaf.creditor for leaf in effective}) == len(effective) == len(standing)

    ran(body())


@given(BATCHES, st.data())
@settings(max_examples=60)
def test_a_store_that_dies_at_any_write_loses_no_receipt_and_counts_nothing_late(
    batches: list[list[tuple[str, Choice, str]]], data: st.DataObject
) -> None:
    async def body() -> None:
        court = Court()
        await court.begin()
        closes = data.draw(st.integers(0, len(batches)))
        closed = False
        for number, batch in enumerate(batches):
            if number == closes:
                court.store.dies = data.draw(st.sampled_from(("", "before", "after")))
                try:
                    await court.two(rq.CloseMotion(early=True, motion="m1", round=1))
                    closed = True
                except Stopped:
                    await court.tasks.close()
                    await court.open()
                    closed = court.hall.meeting.rounds["m1", 1].closed_seq >= 0
            had, durable = set(court.given), await court.store.size(MEETING)
            court.store.dies = dies = data.draw(st.sampled_from(("", "", "before", "after")))
            await court.cast([(who, choice, f"{who}-{choice}-{idem}") for who, choice, idem in batch])
            # Of a ballot that was durable before its receipt got lost the same request gets it still.
            new = [msgspec.json.decode(court.given[idem])["leaf"]["seq"] for idem in set(court.given) - had]
            assert not (closed or dies) or all(seq < durable for seq in new)
            if dies:
                await court.tasks.close()
                await court.open()
                await check(court)
        if court.hall.meeting.rounds["m1", 1].closed_seq < 0:
            await court.two(rq.CloseMotion(early=True, motion="m1", round=1))
        await court.hall.do(rq.CountRound(motion="m1", round=1))
        await check(court)
        await court.close()
        leaves = [read_leaf(leaf) for leaf in await leaves_of(court.store)]
        (closing,) = [leaf.seq for leaf in leaves if isinstance(leaf, MotionClosed)]
        ballots = [leaf for leaf in leaves if isinstance(leaf, Ballot)]
        result = leaves[-1]
        assert isinstance(result, Result)
        assert all(leaf.seq < closing for leaf in ballots)
        counted = result.divisions[0]
        assert len(ballots) == counted.agree.heads + counted.against.heads + counted.abstain.heads
        for choice in ("agree", "against", "abstain"):
            assert sum(leaf.choice == choice for leaf in ballots) == getattr(counted, choice).heads

    ran(body())


@given(st.integers(0, 10**6), st.data(), st.booleans())
@settings(max_examples=60)
def test_a_flipped_bit_of_any_leaf_is_found_even_when_the_file_is_signed_again(
    seed: int, data: st.DataObject, again: bool
) -> None:
    held = random_meeting(seed, creditors=4, motions=1)
    made = Made(held.alg, held.meeting)
    made.leaves = [msgspec.json.decode(leaf_bytes(leaf)) for leaf in held.leaves]
    made.rolls = {roll: [msgspec.to_builtins(each) for each in entries] for roll, entries in held.rolls.items()}
    lines = made.export().split(b"\n")
    line = data.draw(st.integers(1, len(made.leaves)))
    place = data.draw(st.integers(0, len(lines[line]) - 1))
    flipped = bytearray(lines[line])
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    lines[line] = bytes(flipped)
    changed = b"\n".join(lines)
    assert not verify_bytes(resigned(changed, held.alg) if again else changed)["ok"]
