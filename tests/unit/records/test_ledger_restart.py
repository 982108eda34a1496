"""The living log after a restart and as time passes: the same state, honest about time."""

from __future__ import annotations

import msgspec
import pytest

from hearing import commands as cmd
from hearing import events as ev
from hearing.participant import Presence
from hearing.session import Move
from records.chain import check_chain, head_is_valid
from records.errors import BrokenChain, StoreUnavailable
from records.ledger import Ledger
from tests.fakes.hearings import FakeTime
from tests.fakes.ledgers import KEY, FailingStore, log_of, reopened

pytestmark = pytest.mark.unit
HOUR_MS = 3_600_000


class TestRestart:
    async def test_replay_gives_the_same_state(self, running: Ledger, store: FailingStore, time: FakeTime) -> None:
        await running.do("plaintiff", cmd.RaiseHand(raised=True))
        assert (await reopened(store, time)).hearing == running.hearing

    async def test_says_so_anchors_anew_and_drops_who_was_connected(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        time.pass_ms(60_000)
        await running.do("defendant", cmd.Leave())
        time.restart_process(down_ms=7_000)
        again = await reopened(store, time)
        entries = await again.resume_after_restart("0.1")
        first, second, *drops = (entry.event for entry in entries)
        assert first == ev.ServerRestarted(version="0.1", down_ms=7_000)
        assert isinstance(second, ev.ClockAnchored)
        assert (second.reason, second.session_ms, second.utc_ms) == ("restarted", 67_000, time.utc_ms)
        assert {e.participant for e in drops if isinstance(e, ev.PresenceChanged)} == {"judge", "plaintiff"}
        assert again.hearing.people["judge"].presence is Presence.DROPPED
        assert again.hearing.people["defendant"].presence is Presence.LEFT
        assert {entry.at_ms for entry in entries} == {67_000}
        await again.arrived("judge", "resumed")
        await again.do("judge", cmd.MoveSession(move=Move.RECESS))
        check_chain("s", await log_of(again))

    async def test_time_in_the_log_never_goes_back_with_utc(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        time.pass_ms(60_000)
        await running.do("plaintiff", cmd.RaiseHand(raised=True))
        time.restart_process(down_ms=-HOUR_MS)
        again = await reopened(store, time)
        await again.resume_after_restart("0.1")
        await again.arrived("plaintiff", "resumed")
        log = await log_of(again)
        assert [entry.at_ms for entry in log] == sorted(entry.at_ms for entry in log)
        anchor = again.hearing.anchor
        assert anchor is not None
        assert (anchor.session_ms, anchor.utc_ms) == (60_000, time.utc_ms)
        assert anchor.uncertainty_ms >= HOUR_MS

    async def test_a_session_nobody_was_in_stays_silent(
        self, ledger: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        again = await reopened(store, time)
        assert await again.resume_after_restart("0.1") == ()

    async def test_a_closed_session_gets_its_anchor_with_the_next_event(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        await running.do("judge", cmd.MoveSession(move=Move.CLOSE))
        for person in ("judge", "plaintiff", "defendant"):
            await running.do(person, cmd.Leave())
        time.restart_process(down_ms=5_000)
        again = await reopened(store, time)
        assert await again.resume_after_restart("0.1") == ()
        entries = await again.note("clerk", [ev.PackageMade(edition="court", manifest_sha512="0", actor_name="li")])
        assert [type(entry.event) for entry in entries] == [ev.ClockAnchored, ev.PackageMade]
        assert entries[-1].at_ms == 5_000

    async def test_people_waiting_before_opening_are_dropped_too(
        self, ledger: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        await ledger.arrived("plaintiff", "ws")
        again = await reopened(store, time)
        entries = await again.resume_after_restart("0.1")
        assert [type(entry.event) for entry in entries] == [ev.ServerRestarted, ev.PresenceChanged]

    async def test_an_altered_log_is_refused_with_its_seq(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        log = store._logs["s"]
        log[3] = msgspec.structs.replace(log[3], actor="mallory")
        with pytest.raises(BrokenChain) as broken:
            await reopened(store, time)
        assert broken.value.seq == 4


class TestTending:
    async def test_signs_every_ten_seconds_when_there_is_something_new(self, running: Ledger, time: FakeTime) -> None:
        heads: list[ev.Head] = []
        running.subscribe_heads(heads.append)
        await running.tend()
        time.pass_ms(10_000)
        await running.tend()
        assert [head.seq for head in heads] == [running.hearing.last_seq]
        assert head_is_valid(heads[0], KEY.public_bytes)
        time.pass_ms(10_000)
        await running.tend()
        assert len(heads) == 1, "nothing new, nothing signed"
        await running.do("plaintiff", cmd.RaiseHand(raised=True))
        time.pass_ms(9_999)
        await running.tend()
        assert len(heads) == 1
        time.pass_ms(1)
        await running.tend()
        assert [head.seq for head in heads] == [head.seq for head in await running.heads()]
        assert heads[-1].hash == (await log_of(running))[-1].hash

    async def test_a_head_that_is_stored_is_not_signed_again_after_a_restart(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        await running.close()
        again = await reopened(store, time)
        assert await again.sign() is None

    @pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
    async def test_a_stepped_wall_clock_is_anchored_once(self, running: Ledger, time: FakeTime, step_ms: int) -> None:
        time.pass_ms(2_000)
        time.step_wall_ms(step_ms)
        (hand,) = await running.do("plaintiff", cmd.RaiseHand(raised=True))
        assert (hand.at_ms, hand.utc_ms) == (2_000, time.utc_ms - step_ms)
        for _ in range(3):
            await running.tend()
        (anchored,) = await log_of(running, hand.seq)
        assert anchored.event == ev.ClockAnchored(
            session_ms=2_000, utc_ms=time.utc_ms, uncertainty_ms=HOUR_MS + 1, reason="stepped", step_ms=step_ms
        )
        time.pass_ms(1_000)
        (hand,) = await running.do("plaintiff", cmd.RaiseHand(raised=False))
        assert (hand.at_ms, hand.utc_ms) == (3_000, time.utc_ms)

    async def test_an_anchor_that_could_not_be_written_is_tried_again(
        self, running: Ledger, store: FailingStore, time: FakeTime
    ) -> None:
        time.step_wall_ms(HOUR_MS)
        store.refuse = True
        with pytest.raises(StoreUnavailable):
            await running.tend()
        store.refuse = False
        await running.tend()
        assert any(
            isinstance(entry.event, ev.ClockAnchored) and entry.event.reason == "stepped"
            for entry in await log_of(running)
        )

    async def test_small_jitter_is_no_step(self, running: Ledger, time: FakeTime) -> None:
        seq = running.hearing.last_seq
        time.step_wall_ms(400)
        await running.tend()
        assert running.hearing.last_seq == seq
