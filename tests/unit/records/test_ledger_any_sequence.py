"""Commands, drops, refusing disks, lost answers, crashes and stepped clocks in any order: the log stays true."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import UserError
from hearing.session import Move
from hearing.state import Hearing, apply
from records.chain import check_chain, head_is_valid
from records.errors import StoreUnavailable
from records.keys import CourtKey
from records.ledger import Ledger
from records.memory import MemoryStore
from tests.fakes.hearings import FakeTime, created

pytestmark = pytest.mark.unit

PEOPLE = st.sampled_from(["judge", "plaintiff", "defendant", "witness"])


class MoodyStore(MemoryStore):
    mood = "well"

    async def append(self, entries: Sequence[ev.Entry]) -> None:
        if self.mood == "refuses":
            raise StoreUnavailable("disk full")
        await super().append(entries)
        if self.mood == "loses the answer":
            raise StoreUnavailable("i/o error")


class AnyLedger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store, self.time, self.key = MoodyStore(), FakeTime(), CourtKey.generate()
        self.ledger: Ledger
        self.acknowledged: list[ev.Entry] = []
        self.told: list[ev.Entry] = []

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        with contextlib.suppress(UserError):
            result = self.runner.run(work)
            if isinstance(result, tuple):
                self.acknowledged += result

    def listen(self) -> None:
        self.ledger.subscribe(lambda entries, hearing: self.told.extend(entries))

    @initialize()
    def begins(self) -> None:
        sources = self.time.sources()
        self.ledger = self.runner.run(Ledger.create(self.store, self.key, sources, "s", created(), "li"))
        self.listen()
        for participant in ("judge", "plaintiff"):
            self.arrives(participant)
        self.moves(Move.GATHER)

    @rule()
    def is_opened(self) -> None:
        self.moves(Move.OPEN)

    @rule(participant=PEOPLE)
    def arrives(self, participant: str) -> None:
        self.run(self.ledger.arrived(participant, "ws"))

    @rule(participant=PEOPLE)
    def drops(self, participant: str) -> None:
        self.run(self.ledger.dropped(participant, "ws"))

    @rule(move=st.sampled_from([Move.GATHER, Move.OPEN, Move.RECESS, Move.RESUME, Move.CLOSE, Move.REOPEN]))
    def moves(self, move: Move) -> None:
        self.run(self.ledger.do("judge", cmd.MoveSession(move=move, override="理由")))

    @rule(participant=PEOPLE, raised=st.booleans())
    def raises_a_hand(self, participant: str, raised: bool) -> None:
        self.run(self.ledger.do(participant, cmd.RaiseHand(raised=raised)))

    @rule(mood=st.sampled_from(["well", "refuses", "loses the answer"]))
    def the_disk_turns(self, mood: str) -> None:
        self.store.mood = mood

    @rule(ms=st.integers(0, 20_000))
    def time_passes(self, ms: int) -> None:
        self.time.pass_ms(ms)

    @rule(ms=st.integers(-(10**8), 10**8))
    def the_wall_clock_is_stepped(self, ms: int) -> None:
        self.time.step_wall_ms(ms)

    @rule()
    def is_tended(self) -> None:
        self.run(self.ledger.tend())

    @rule(down_ms=st.integers(-(10**7), 10**7))
    def the_server_crashes(self, down_ms: int) -> None:
        self.time.restart_process(down_ms)
        self.ledger = self.runner.run(Ledger.open(self.store, self.key, self.time.sources(), "s"))
        self.told = list(self.store._logs["s"][1:])
        self.listen()
        self.run(self.ledger.resume_after_restart("0.1"))

    @invariant()
    def the_log_is_true(self) -> None:
        log = self.store._logs.get("s", [])
        check_chain("s", log)
        for entry in self.acknowledged:
            assert log[entry.seq - 1] == entry
        assert [entry.seq for entry in self.told] == [entry.seq for entry in log[1 : len(self.told) + 1]]
        if log:
            known = Hearing(session="s")
            for entry in log[: self.ledger.hearing.last_seq]:
                known = apply(known, entry)
            assert known == self.ledger.hearing
        for head in self.store._heads.get("s", []):
            assert head_is_valid(head, self.key.public_bytes)
            assert log[head.seq - 1].hash == head.hash

    @invariant()
    def the_clock_runs_since_opening(self) -> None:
        log = self.store._logs.get("s", [])
        opened = any(isinstance(entry.event, ev.ClockAnchored) for entry in log[: self.ledger.hearing.last_seq])
        assert self.ledger.clock.running == opened

    def teardown(self) -> None:
        self.runner.close()


AnyLedger.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestAnyLedger = AnyLedger.TestCase
