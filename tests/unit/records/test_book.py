"""All ledgers of a server: one for each session, recovered at start, tended by one task."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from hearing import commands as cmd
from hearing import events as ev
from hearing.errors import UserError
from hearing.ids import is_ulid
from hearing.session import Move
from records.book import LedgerBook
from records.errors import BrokenChain
from records.keys import CourtKey
from records.memory import MemoryStore
from tests.fakes.hearings import FakeTime, created

pytestmark = pytest.mark.unit
KEY = CourtKey.generate()


def book_of(store: MemoryStore, time: FakeTime) -> LedgerBook:
    return LedgerBook(store, KEY, time.sources(), version="0.1")


async def test_a_new_session_gets_a_ulid_and_is_found_again() -> None:
    book = book_of(MemoryStore(), FakeTime())
    ledger = await book.create(created(), "li")
    assert is_ulid(ledger.session)
    assert await book.get(ledger.session) is ledger
    assert [hearing.session for hearing in book.hearings()] == [ledger.session]


async def test_an_unknown_session_is_refused() -> None:
    with pytest.raises(UserError, check=lambda error: error.code == "unknown-session"):
        await book_of(MemoryStore(), FakeTime()).get("nothing")


async def test_many_who_ask_at_once_get_one_ledger() -> None:
    store, time = MemoryStore(), FakeTime()
    session = (await book_of(store, time).create(created(), "li")).session
    again = book_of(store, time)
    ledgers = await asyncio.gather(*(again.get(session) for _ in range(10)))
    assert len({id(ledger) for ledger in ledgers}) == 1


async def test_recovery_resumes_the_living_and_names_the_altered() -> None:
    store, time = MemoryStore(), FakeTime()
    first = book_of(store, time)
    good = await first.create(created(), "li")
    bad = await first.create(created(), "li")
    for ledger in (good, bad):
        await ledger.arrived("judge", "ws")
        await ledger.do("judge", cmd.MoveSession(move=Move.GATHER))
    log = store._logs[bad.session]
    log[1] = msgspec.structs.replace(log[1], actor="mallory")
    again = book_of(store, time)
    assert [(broken.session, broken.seq) for broken in await again.recover()] == [(bad.session, 2)]
    assert [hearing.session for hearing in again.hearings()] == [good.session]
    resumed = [entry.event async for entry in (await again.get(good.session)).entries(good.hearing.last_seq)]
    assert isinstance(resumed[0], ev.ServerRestarted)
    with pytest.raises(BrokenChain):
        await again.get(bad.session)


async def test_the_task_signs_and_closing_signs_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.book.TEND_INTERVAL_S", 0)
    time = FakeTime()
    book = book_of(MemoryStore(), time)
    ledger = await book.create(created(), "li")
    signed = asyncio.Event()
    ledger.subscribe_heads(lambda head: signed.set())
    running = asyncio.ensure_future(book.run())
    time.pass_ms(10_000)
    await asyncio.wait_for(signed.wait(), 5)
    running.cancel()
    await asyncio.wait([running])
    await ledger.arrived("judge", "ws")
    await book.close()
    await book.close()
    assert [head.seq for head in await ledger.heads()] == [1, ledger.hearing.last_seq]
