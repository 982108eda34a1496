"""Opening, closing and deadlines on a clock that jumps: within a run only the monotonic clock counts; after a restart
the log never goes back, and nothing closes before the time that was announced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing.clock import Sources
from hearing.errors import Refused
from hearing.tasks import TaskSet
from records.keys import CourtKey
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.countersign import LIFETIME_MS, Countersign
from voting.hall import Hall
from voting.leaves import MotionClosed, MotionOpened, read_leaf
from voting.roll import Roll
from voting.stores.memory import MemoryLeafStore
from voting.words import Channel, Matter

pytestmark = pytest.mark.unit

M = "01CKCX0000ZZZZZZZZZZZZZZZZ"
KEY = CourtKey.generate()
BEGUN_UTC_MS = 1_800_000_000_000
HOUR_MS = 3_600_000


class Server:
    """A meeting with its two clocks, which the test moves; `restart` is a new process on the same store."""

    def __init__(self) -> None:
        self.store = MemoryLeafStore()
        self.us = 1_000_000
        self.wall_ms = BEGUN_UTC_MS
        self.tasks = TaskSet()
        self.salts = 0

    async def start(self) -> None:
        sources = Sources(monotonic_us=lambda: self.us, utc_ms=lambda: self.wall_ms)
        self.hall = await Hall.open(self.store, M, KEY, sources, [Roll("sha256", "roll-1", ROLL)])
        self.running = self.tasks.spawn(self.hall.run(), "hall")

    async def stop(self) -> None:
        self.hall.close()
        await asyncio.wait([self.running])

    async def restart(self, wall_step_ms: int) -> None:
        await self.stop()
        self.us = 500  # monotonic clocks begin anew with the machine
        self.wall_ms += wall_step_ms
        await self.start()

    def passes(self, ms: int) -> None:
        self.us += ms * 1_000
        self.wall_ms += ms

    async def do(self, request: rq.AnyRequest | rq.OpenMotion | rq.ExtendMotion | rq.CloseMotion) -> str:
        """The code of the refusal, or ""."""
        if isinstance(request, rq.OpenMotion | rq.ExtendMotion | rq.CloseMotion):
            request = rq.ByTwo(act=request, by=("chair", "judge"))
        try:
            await self.hall.do(request)
        except Refused as refused:
            return refused.code
        return ""

    async def begin(self) -> None:
        await self.start()
        await self.do(rq.CreateMeeting(alg="sha256", case_no="1", ruleset="EBL2006+JI3", title="会议"))
        await self.do(rq.FreezeRoll(roll="roll-1"))

    async def open(self, closes_utc_ms: int, motion: str = "m1") -> str:
        return await self.do(
            rq.OpenMotion(
                closes_utc_ms=closes_utc_ms, matter=Matter.ORDINARY, motion=motion, roll="roll-1", title="方案"
            )
        )

    async def close(self, motion: str = "m1") -> str:
        """In the ordinary way: not before the announced time."""
        return await self.do(rq.CloseMotion(motion=motion, round=1))

    async def somebody_comes(self) -> None:
        self.salts += 1
        state = "in" if self.salts % 2 else "out"
        await self.do(rq.Attend(attendee="a", by="a", channel=Channel.ONLINE, salt=f"{self.salts:032x}", state=state))


def ran(body: Callable[[Server], Awaitable[None]]) -> None:
    async def main() -> None:
        server = Server()
        await server.begin()
        try:
            await body(server)
        finally:
            await server.stop()
            await server.tasks.close()

    asyncio.run(main())


@pytest.mark.parametrize("step_ms", [-24 * HOUR_MS, -HOUR_MS, HOUR_MS, 24 * HOUR_MS])
def test_a_step_of_the_wall_clock_moves_no_opening_no_extension_and_no_closing(step_ms: int) -> None:
    async def body(server: Server) -> None:
        assert await server.open(BEGUN_UTC_MS) == "bad-time"
        assert await server.open(BEGUN_UTC_MS + HOUR_MS) == ""
        server.wall_ms += step_ms
        assert await server.close() == "too-early"
        extended = rq.ExtendMotion(closes_utc_ms=BEGUN_UTC_MS + 2 * HOUR_MS, motion="m1", round=1)
        server.passes(HOUR_MS)
        assert await server.do(extended) == ""
        server.passes(HOUR_MS - 1)
        assert await server.close() == "too-early"
        server.passes(1)
        assert await server.close() == ""
        assert await server.open(BEGUN_UTC_MS + 2 * HOUR_MS, "m2") == "bad-time"

    ran(body)


def test_after_a_restart_on_an_earlier_clock_the_log_stands_still_until_time_has_come_back() -> None:
    async def body(server: Server) -> None:
        await server.open(BEGUN_UTC_MS + HOUR_MS)
        server.passes(HOUR_MS // 2)
        await server.somebody_comes()
        await server.restart(-HOUR_MS)
        await server.somebody_comes()
        assert server.hall.meeting.last_utc_ms == BEGUN_UTC_MS + HOUR_MS // 2
        server.passes(HOUR_MS)
        assert await server.close() == "too-early"
        server.passes(HOUR_MS // 2)
        assert await server.close() == ""

    ran(body)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.integers(0, HOUR_MS)),
        st.tuples(st.just("steps"), st.integers(-2 * HOUR_MS, 2 * HOUR_MS)),
        st.tuples(st.just("restarts"), st.integers(-2 * HOUR_MS, 2 * HOUR_MS)),
        st.tuples(st.sampled_from(("comes", "closes")), st.just(0)),
    ),
    max_size=15,
)


@given(STEPS)
@settings(max_examples=60)
def test_whatever_clocks_do_the_log_never_goes_back_and_nothing_closes_early(steps: list[tuple[str, int]]) -> None:
    async def body(server: Server) -> None:
        await server.open(BEGUN_UTC_MS + HOUR_MS)
        for what, ms in steps:
            if what == "passes":
                before = server.hall.log.stamp().utc_ms
                server.passes(ms)
                assert 0 <= server.hall.log.stamp().utc_ms - before <= ms
            elif what == "steps":
                before = server.hall.log.stamp().utc_ms
                server.wall_ms += ms
                assert server.hall.log.stamp().utc_ms == before
            elif what == "restarts":
                await server.restart(ms)
            elif what == "comes":
                await server.somebody_comes()
            else:
                await server.close()
        leaves = [read_leaf(leaf) async for leaf in server.store.leaves(M)]
        times = [leaf.utc_ms for leaf in leaves]
        assert times == sorted(times)
        closes = {leaf.motion: leaf.closes_utc_ms for leaf in leaves if isinstance(leaf, MotionOpened)}
        for leaf in leaves:
            if isinstance(leaf, MotionClosed):
                assert leaf.utc_ms >= closes[leaf.motion]

    ran(body)


def test_the_half_of_an_act_waits_by_the_monotonic_clock() -> None:
    waiting, act = Countersign(), rq.CloseMotion(motion="m1", round=1)
    assert waiting.ask(act, "chair", 10) is None
    assert waiting.pending(9 + LIFETIME_MS)[0].by == "chair"
    assert waiting.ask(act, "judge", 9 + LIFETIME_MS) == ("chair", "judge")
