"""The living log: durable before told, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import Refused, UserError
from hearing.session import Move, State
from hearing.state import Hearing
from records.chain import check_chain
from records.errors import StoreUnavailable
from records.ledger import Ledger
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY, FailingStore, log_of, reopened

pytestmark = pytest.mark.unit


async def test_a_command_is_durable_folded_told_and_returned(ledger: Ledger, store: FailingStore) -> None:
    heard: list[tuple[Sequence[ev.Entry], Hearing]] = []
    durable: list[int] = []

    def listen(entries: Sequence[ev.Entry], hearing: Hearing) -> None:
        heard.append((entries, hearing))
        durable.append(len(store._logs["s"]))

    ledger.subscribe(listen)
    await ledger.arrived("judge", "ws")
    entries = await ledger.do("judge", cmd.MoveSession(move=Move.GATHER))
    assert [entry.event for entry in entries] == [
        ev.StateChanged(move=Move.GATHER, before=State.SCHEDULED, after=State.WAITING)
    ]
    assert entries[0].actor == "judge"
    assert ledger.hearing.state is State.WAITING
    assert heard[-1] == (entries, ledger.hearing)
    assert durable == [3, 4]


async def test_a_refusal_leaves_no_trace(ledger: Ledger) -> None:
    before = ledger.hearing
    with pytest.raises(Refused):
        await ledger.do("plaintiff", cmd.MoveSession(move=Move.OPEN))
    with pytest.raises(UserError):
        await ledger.arrived("ghost", "ws")
    assert ledger.hearing == before
    assert len(await log_of(ledger)) == 1


async def test_what_is_already_so_appends_nothing(ledger: Ledger) -> None:
    await ledger.arrived("judge", "ws")
    assert await ledger.arrived("judge", "ws") == ()


async def test_a_session_is_created_once(ledger: Ledger, store: FailingStore, time: FakeTime) -> None:
    with pytest.raises(UserError, check=lambda error: error.code == "session-exists"):
        await Ledger.create(store, KEY, time.sources(), "s", created(), "clerk")
    assert len(await log_of(ledger)) == 1


async def test_an_unknown_session_is_refused(store: FailingStore, time: FakeTime) -> None:
    with pytest.raises(UserError, check=lambda error: error.code == "unknown-session"):
        await reopened(store, time)


async def test_the_clock_starts_with_opening_and_is_anchored(running: Ledger, time: FakeTime) -> None:
    log = await log_of(running)
    assert {entry.at_ms for entry in log} == {0}
    gathered, opened, anchored = (
        entry.event for entry in log if isinstance(entry.event, ev.StateChanged | ev.ClockAnchored)
    )
    assert isinstance(gathered, ev.StateChanged)
    assert isinstance(opened, ev.StateChanged)
    assert anchored == ev.ClockAnchored(session_ms=0, utc_ms=time.utc_ms, uncertainty_ms=1, reason="opened")
    time.pass_ms(1_500)
    (entry,) = await running.do("plaintiff", cmd.RaiseHand(raised=True))
    assert (entry.at_ms, entry.utc_ms) == (1_500, time.utc_ms)
    assert running.hearing.opened_utc_ms == time.utc_ms - 1_500


async def test_listeners_hear_in_order_and_a_faulty_one_hurts_nobody(running: Ledger) -> None:
    heard: list[int] = []

    def faulty(entries: Sequence[ev.Entry], hearing: Hearing) -> None:
        raise RuntimeError("listener")

    running.subscribe(faulty)
    stop = running.subscribe(lambda entries, hearing: heard.extend(entry.seq for entry in entries))
    first = running.hearing.last_seq + 1
    await asyncio.gather(*(running.do("plaintiff", cmd.AskHelp(text=f"第{n}次")) for n in range(20)))
    assert heard == list(range(first, first + 20))
    stop()
    stop()
    await running.do("plaintiff", cmd.RaiseHand(raised=True))
    assert len(heard) == 20


async def test_of_concurrent_commands_each_sees_the_one_before(running: Ledger) -> None:
    results = await asyncio.gather(
        *(running.do("judge", cmd.MoveSession(move=Move.RECESS)) for _ in range(5)), return_exceptions=True
    )
    assert [type(result) for result in results] == [tuple, Refused, Refused, Refused, Refused]
    check_chain("s", await log_of(running))


class TestWhenTheDiskRefuses:
    async def test_the_command_is_refused_and_the_state_stays(self, running: Ledger, store: FailingStore) -> None:
        before = running.hearing
        heard: list[object] = []
        running.subscribe(lambda entries, hearing: heard.append(entries))
        store.refuse = True
        with pytest.raises(UserError, check=lambda error: error.code == "record-unavailable"):
            await running.do("judge", cmd.MoveSession(move=Move.RECESS))
        assert running.hearing == before
        assert heard == []

    async def test_it_goes_on_afterwards_and_the_log_says_what_happened(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        time.pass_ms(1_000)
        store.refuse = True
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await running.do("plaintiff", cmd.RaiseHand(raised=True))
            time.pass_ms(500)
        store.refuse = False
        entries = await running.do("plaintiff", cmd.RaiseHand(raised=True))
        incident = entries[-1].event
        assert isinstance(incident, ev.RecordingIncident)
        assert (incident.cause, incident.from_ms, incident.to_ms) == ("record-unavailable", 1_000, 2_000)
        assert entries[-1].actor == "server"
        assert len(await running.do("plaintiff", cmd.RaiseHand(raised=False))) == 1
        check_chain("s", await log_of(running))

    async def test_opening_that_failed_leaves_the_clock_at_zero(
        self, ledger: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        await ledger.arrived("judge", "ws")
        await ledger.do("judge", cmd.MoveSession(move=Move.GATHER))
        opening = cmd.MoveSession(move=Move.OPEN, override="等候")
        store.refuse = True
        with pytest.raises(StoreUnavailable):
            await ledger.do("judge", opening)
        assert not ledger.clock.running
        store.refuse = False
        time.pass_ms(5_000)
        entries = await ledger.do("judge", opening)
        assert {entry.at_ms for entry in entries} == {0}
        assert ledger.clock.now_ms() == 0

    async def test_an_answer_that_was_lost_is_found_in_the_store(self, running: Ledger, store: FailingStore) -> None:
        heard: list[ev.AnyEvent] = []
        running.subscribe(lambda entries, hearing: heard.extend(entry.event for entry in entries))
        store.lose_answer = True
        with pytest.raises(StoreUnavailable):
            await running.do("judge", cmd.MoveSession(move=Move.RECESS))
        store.lose_answer = False
        with pytest.raises(Refused):
            await running.do("judge", cmd.MoveSession(move=Move.RECESS))
        assert running.hearing.state is State.ADJOURNED
        assert isinstance(heard[0], ev.StateChanged)
        await running.do("judge", cmd.MoveSession(move=Move.RESUME))
        check_chain("s", await log_of(running))

    async def test_an_opening_whose_answer_was_lost_runs_on(
        self, ledger: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        await ledger.arrived("judge", "ws")
        await ledger.do("judge", cmd.MoveSession(move=Move.GATHER))
        store.lose_answer = True
        with pytest.raises(StoreUnavailable):
            await ledger.do("judge", cmd.MoveSession(move=Move.OPEN, override="等候"))
        store.lose_answer = False
        time.pass_ms(3_000)
        await ledger.do("judge", cmd.RaiseHand(raised=True))
        assert (ledger.hearing.state, ledger.clock.now_ms()) == (State.IN_SESSION, 3_000)


async def test_a_cancelled_caller_does_not_part_state_and_log(running: Ledger, store: FailingStore) -> None:
    store.gate = asyncio.Event()
    caller = asyncio.ensure_future(running.do("judge", cmd.MoveSession(move=Move.RECESS)))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    store.gate.set()
    await running.close()
    assert running.hearing.state is State.ADJOURNED
    assert (await log_of(running))[-1].seq == running.hearing.last_seq


async def test_two_processes_on_one_log_do_not_lose_each_other(
    running: Ledger, store: FailingStore, time: FakeTime
) -> None:
    other = await reopened(store, time)
    await other.note("clerk", [ev.PackageMade(edition="court", manifest_sha512="0", actor_name="li")])
    await running.do("plaintiff", cmd.RaiseHand(raised=True))
    log = await log_of(running)
    check_chain("s", log)
    assert log[-1].event == ev.HandRaised(participant="plaintiff", raised=True)
    assert running.hearing.last_seq == len(log)
