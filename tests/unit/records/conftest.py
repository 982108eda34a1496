"""A ledger on a faked clock, before and after opening."""

from __future__ import annotations

import pytest

from hearing import commands as cmd
from hearing.session import Move
from records.ledger import Ledger
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY, FailingStore


@pytest.fixture
def store() -> FailingStore:
    return FailingStore()


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
async def ledger(store: FailingStore, time: FakeTime) -> Ledger:
    return await Ledger.create(store, KEY, time.sources(), "s", created(), "clerk")


@pytest.fixture
async def running(ledger: Ledger, time: FakeTime) -> Ledger:
    """Judge, plaintiff and defendant in an open session."""
    await ledger.arrived("judge", "ws")
    await ledger.do("judge", cmd.MoveSession(move=Move.GATHER))
    await ledger.arrived("plaintiff", "ws")
    await ledger.arrived("defendant", "ws")
    time.pass_ms(90_000)
    await ledger.do("judge", cmd.MoveSession(move=Move.OPEN))
    return ledger
