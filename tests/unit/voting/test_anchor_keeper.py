"""Heads go outside at once when something is decided and else every few minutes; the vote never waits for them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from functools import partial

import msgspec
import pytest

from hearing.clock import Sources
from hearing.tasks import TaskSet
from records.anchors.port import AnchorFailed, Kind
from records.keys import CourtKey
from records.memory import MemoryStore
from tests.fakes.small_roll import ROLL
from voting import leaves as lf
from voting import requests as rq
from voting.anchors.keeper import FIRST_WAIT_S, LONGEST_WAIT_S, AnchorKeeper
from voting.anchors.proofs import Proofs
from voting.hall import Hall
from voting.roll import Roll
from voting.stores.memory import MemoryLeafStore
from voting.verify import anchored
from voting.words import Channel, Matter

pytestmark = pytest.mark.unit

MEETING = "01CKCX0000ZZZZZZZZZZZZZZZZ"
KEY = CourtKey.generate()
EVERY_S = 600.0


class Outside:
    """An Anchor that can be away."""

    kind: Kind = "file"
    where = "outside"

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.away = False
        self.hangs = False

    async def submit(self, head: bytes) -> bytes:
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise AnchorFailed("不在 / away")
        self.taken.append(head)
        return head

    @property
    def sizes(self) -> list[int]:
        return [msgspec.json.decode(head)["size"] for head in self.taken]


class Pauses:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._waiting: list[tuple[float, asyncio.Event]] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        passed = asyncio.Event()
        self._waiting.append((seconds, passed))
        await passed.wait()

    def passes(self, which: Callable[[float], bool]) -> None:
        for each in [each for each in self._waiting if which(each[0])]:
            self._waiting.remove(each)
            each[1].set()


class Court:
    def __init__(self) -> None:
        self.store = MemoryLeafStore()
        self.proofs = Proofs(MemoryStore())
        self.outside = Outside()
        self.pauses = Pauses()
        self.tasks = TaskSet()
        self.us = 0

    async def begin(self) -> None:
        self.keeper = AnchorKeeper(MEETING, [self.outside], self.proofs, EVERY_S, self.pauses)
        await self.reopen()
        self.tasks.spawn(self.keeper.run(), "anchors")

    async def reopen(self) -> None:
        sources = Sources(monotonic_us=lambda: self.us, utc_ms=lambda: 1_800_000_000_000)
        self.hall = await Hall.open(self.store, MEETING, KEY, sources, [Roll("sha256", "roll-1", ROLL)])
        self.tasks.spawn(self.hall.run(), "hall")
        self.keeper.attach(self.hall)

    async def create(self) -> None:
        await self.hall.do(rq.CreateMeeting(alg="sha256", case_no="1", ruleset="EBL2006+JI3", title="会议"))
        await self.hall.do(rq.FreezeRoll(roll="roll-1"))

    async def two(self, act: rq.Act) -> None:
        await self.hall.do(rq.ByTwo(act=act, by=("chair", "judge")))

    async def open_motion(self) -> None:
        closes = 1_900_000_000_000
        motion = rq.OpenMotion(closes_utc_ms=closes, matter=Matter.ORDINARY, motion="m1", roll="roll-1", title="方案")
        await self.two(motion)

    async def come(self, who: str) -> None:
        await self.hall.do(rq.Attend(attendee=who, by=who, channel=Channel.ONLINE, salt="0" * 32, state="in"))

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            await asyncio.sleep(0)

    def failed(self, times: int) -> bool:
        return self.keeper.states()[0].failures >= times

    async def settled(self) -> None:
        for _ in range(200):
            await asyncio.sleep(0)

    async def leaves(self) -> list[lf.AnyLeaf]:
        return [lf.read_leaf(leaf) async for leaf in self.store.leaves(MEETING)]


@pytest.fixture
async def court() -> AsyncIterator[Court]:
    made = Court()
    await made.begin()
    yield made
    await made.tasks.close()


async def test_opening_closing_and_the_end_go_outside_at_once(court: Court) -> None:
    await court.create()
    await court.settled()
    assert court.outside.taken == []
    await court.open_motion()
    await court.until(lambda: court.outside.sizes == [3])
    await court.until(lambda: len(court.hall.meeting.anchors) == 1)
    await court.two(rq.CloseMotion(early=True, motion="m1", round=1))
    await court.until(lambda: len(court.outside.sizes) == 2)
    await court.hall.do(rq.CountRound(motion="m1", round=1))
    await court.until(lambda: len(court.hall.meeting.anchors) == 2)
    await court.two(rq.CloseMeeting())
    size = court.hall.log.durable
    await court.until(lambda: court.outside.sizes[-1] == size)
    await court.settled()
    # The end's own anchor is in no leaf, since nothing follows the end; its proof stands beside the log.
    assert isinstance((await court.leaves())[-1], lf.MeetingClosed)
    assert [state.size for state in court.keeper.states()] == [size]
    proofs = await court.proofs.all(MEETING)
    assert [bytes.fromhex(proof.evidence) for proof in proofs] == court.outside.taken


async def test_the_log_has_the_hash_of_each_evidence_and_the_root_it_is_of(court: Court) -> None:
    await court.create()
    await court.open_motion()
    await court.until(lambda: len(court.hall.meeting.anchors) == 1)
    (leaf,) = court.hall.meeting.anchors
    (proof,) = await court.proofs.all(MEETING)
    evidence = bytes.fromhex(proof.evidence)
    assert leaf.evidence == hashlib.sha256(evidence).hexdigest()
    assert leaf.root == msgspec.json.decode(bytes(proof.head))["root"] == court.hall.log.tree.root(leaf.size).hex()
    assert anchored(proof.anchor, evidence, bytes(proof.head)) == ""


async def test_every_few_minutes_what_has_grown_goes_outside_and_an_anchor_alone_is_no_growth(court: Court) -> None:
    await court.create()
    for _ in range(3):
        court.pauses.passes(lambda seconds: seconds == EVERY_S)
        await court.settled()
    assert court.outside.sizes == [2]
    await court.come("C1")
    for _ in range(3):
        court.pauses.passes(lambda seconds: seconds == EVERY_S)
        await court.settled()
    assert court.outside.sizes == [2, 4]


async def test_while_it_is_away_the_vote_goes_on_and_the_newest_head_is_given_later(court: Court) -> None:
    court.outside.away = True
    await court.create()
    await court.open_motion()
    for number in range(1, 12):
        await court.until(partial(court.failed, number))
        court.pauses.passes(lambda seconds: seconds != EVERY_S)
    waits = [seconds for seconds in court.pauses.asked if seconds != EVERY_S]
    for number, seconds in enumerate(waits):
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**number)
        assert longest * 0.7 < seconds <= longest
    (state,) = court.keeper.states()
    assert state.failure == "不在 / away"
    assert state.size == 0
    await court.come("C1")
    await court.two(rq.CloseMotion(early=True, motion="m1", round=1))
    court.outside.away = False
    court.pauses.passes(lambda seconds: seconds != EVERY_S)
    await court.until(lambda: court.keeper.states()[0].failures == 0)
    await court.settled()
    assert court.outside.sizes == [5]


async def test_one_that_hangs_holds_nothing_up(court: Court) -> None:
    court.outside.hangs = True
    await court.create()
    await court.open_motion()
    await court.come("C1")
    await court.two(rq.CloseMotion(early=True, motion="m1", round=1))
    await court.hall.do(rq.CountRound(motion="m1", round=1))
    assert court.hall.meeting.rounds["m1", 1].result is not None


async def test_what_was_not_anchored_before_a_restart_is_after_it(court: Court) -> None:
    court.outside.away = True
    await court.create()
    await court.open_motion()
    await court.until(lambda: court.keeper.states()[0].failures == 1)
    await court.tasks.close()
    court.outside.away = False
    court.tasks = TaskSet()
    await court.begin()
    await court.until(lambda: len(court.hall.meeting.anchors) == 1)
    await court.tasks.close()
    court.tasks = TaskSet()
    await court.begin()
    await court.settled()
    assert court.outside.sizes == [3]


async def test_a_hall_that_was_opened_anew_gets_the_leaf(court: Court) -> None:
    await court.create()
    await court.reopen()
    await court.open_motion()
    await court.until(lambda: len(court.hall.meeting.anchors) == 1)
    assert isinstance((await court.leaves())[-1], lf.Anchored)
