"""Time stamps over heads and sealed packages: nothing waits for the authority, nothing is forgotten."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import msgspec
import pytest

from hearing import commands as cmd
from hearing import seal_events as se
from hearing.events import Head
from hearing.session import Move
from hearing.tasks import TaskSet
from records.anchors.port import AnchorFailed, Kind
from records.book import LedgerBook
from records.ledger import Ledger
from records.memory import MemoryStore
from records.sealing.stamping import DUE, Due, Stamping
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY, log_of

pytestmark = pytest.mark.unit


class Authority:
    """Stamps by adding a word; may be out of order, or silent."""

    kind: Kind = "rfc3161"
    where = "https://stamps.example"

    def __init__(self) -> None:
        self.failing = False
        self.silent = False
        self.asked: list[bytes] = []

    async def submit(self, head: bytes) -> bytes:
        self.asked.append(head)
        if self.silent:
            await asyncio.Event().wait()
        if self.failing:
            raise AnchorFailed("out of order")
        return b"stamped " + hashlib.sha256(head).digest()


class House:
    """A ledger that is followed."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.store = MemoryStore()
        self.time = FakeTime()
        self.tasks = TaskSet()
        self.kept: list[tuple[str, bytes]] = []
        self.waits: asyncio.Queue[float] = asyncio.Queue()
        self.go_on = asyncio.Event()
        self.book = LedgerBook(self.store, KEY, self.time.sources())
        self.stamping = self.another()
        self.ledger: Ledger

    def another(self) -> Stamping:
        """As after a restart."""
        return Stamping(
            self.authority,
            self.store,
            self.book,
            self.tasks,
            lambda *kept: self.kept.append(kept),
            self._pause,
            {"01P": b"a tag manifest"}.get,
        )

    async def open(self) -> House:
        self.ledger = await self.book.create(created(), "clerk", "s")
        self.stamping.follow(self.ledger)
        self.stamping.follow(self.ledger)
        for who in ("judge", "clerk", "plaintiff", "defendant"):
            await self.ledger.arrived(who, "test")
        await self.move(Move.GATHER, "clerk")
        await self.move(Move.OPEN)
        return self

    async def move(self, move: Move, who: str = "judge") -> None:
        self.time.pass_ms(1_000)
        await self.ledger.do(who, cmd.MoveSession(move=move, override="测试"))

    async def events(self, kind: type[se.SealEvent], count: int) -> list[se.SealEvent]:
        async with asyncio.timeout(5):
            while len(found := [e.event for e in await log_of(self.ledger) if isinstance(e.event, kind)]) < count:
                await asyncio.sleep(0)
        return found  # type: ignore[return-value]

    async def _pause(self, seconds: float) -> None:
        self.waits.put_nowait(seconds)
        await self.go_on.wait()
        await asyncio.sleep(0)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = await House().open()
    yield house
    await house.tasks.close()


async def test_the_head_is_stamped_at_each_recess_and_at_the_end(house: House) -> None:
    await house.move(Move.RECESS)
    (first,) = await house.events(se.StampMade, 1)
    await house.move(Move.RESUME)
    await house.move(Move.CLOSE)
    stamps = await house.events(se.StampMade, 2)
    heads = {msgspec.json.decode(text, type=Head).seq: text for text in house.authority.asked}
    over = await house.stamping.over_heads("s")
    assert set(over) == set(heads)
    for made in stamps:
        assert isinstance(made, se.StampMade)
        assert made.imprint_sha256 == hashlib.sha256(heads[made.seq]).hexdigest()
        assert made.token_sha256 == hashlib.sha256(over[made.seq]).hexdigest()
    assert first == stamps[0]
    async with asyncio.timeout(5):
        while await house.store.keys(DUE):
            await asyncio.sleep(0)


async def test_an_authority_that_fails_is_named_once_and_asked_again(house: House) -> None:
    house.authority.failing = True
    await house.move(Move.RECESS)
    (missed,) = await house.events(se.StampMissed, 1)
    assert isinstance(missed, se.StampMissed)
    assert (missed.reason, missed.where) == ("out of order", house.authority.where)
    first = await house.waits.get()
    house.go_on.set()
    for _ in range(20):
        assert await house.waits.get() > 0
    house.authority.failing = False
    await house.events(se.StampMade, 1)
    assert len(await house.events(se.StampMissed, 1)) == 1
    assert first <= 5


async def test_what_was_due_when_the_server_ended_is_stamped_by_the_next(house: House) -> None:
    house.authority.silent = True
    due = Due(session="s", of="media", seq=0, package="01P", data=b"a tag manifest")
    await house.stamping.want(due)
    async with asyncio.timeout(5):
        while not house.authority.asked:
            await asyncio.sleep(0)
    await house.tasks.close()
    house.authority.silent = False
    await house.another().resume()
    (made,) = await house.events(se.StampMade, 1)
    assert isinstance(made, se.StampMade)
    assert (made.of, made.package) == ("media", "01P")
    assert [package for package, _ in house.kept] == ["01P"]


async def test_nothing_waits_for_a_silent_authority(house: House) -> None:
    house.authority.silent = True
    await house.move(Move.RECESS)
    async with asyncio.timeout(5):
        while not house.authority.asked:
            await asyncio.sleep(0)
    await house.stamping.answered("s", 0.01)
    await house.move(Move.RESUME)
    await house.move(Move.CLOSE)
    assert house.ledger.hearing.over_utc_ms is not None


async def test_without_an_authority_nothing_is_done() -> None:
    house = House()
    nobody = Stamping(None, house.store, house.book, house.tasks, lambda *kept: None)
    await nobody.want(Due(session="s", of="final", seq=0, package="01P", data=b""))
    await nobody.resume()
    await nobody.answered("s", 1.0)
    assert (nobody.where, await house.store.keys(DUE), await nobody.over_heads("s")) == ("", (), {})


async def test_what_a_process_died_before_it_could_note_as_due_is_stamped_by_the_next(house: House) -> None:
    # The log has the recess and the seal; the store has nothing that is due.
    house.authority.silent = True
    await house.move(Move.RECESS)
    await house.tasks.close()
    house.authority.silent = False
    for key in await house.store.keys(DUE):
        await house.store.delete(DUE, key)
    seal = se.SealMade(step="media", package="01P", manifest_sha512="ab", key="k")
    gone = se.SealMade(step="media", package="01Q", manifest_sha512="ab", key="k")
    await house.ledger.note("server", [seal, gone])
    await house.book.recover()
    await house.another().recall()
    made = await house.events(se.StampMade, 2)
    assert {(each.of, each.package) for each in made if isinstance(each, se.StampMade)} == {
        ("head", ""),
        ("media", "01P"),
    }

    asked = len(house.authority.asked)
    await house.another().recall()
    assert len(house.authority.asked) == asked, "each once"


async def test_a_stamp_that_was_missed_or_is_due_is_no_lost_one(house: House) -> None:
    house.authority.failing = True
    await house.move(Move.RECESS)
    await house.events(se.StampMissed, 1)
    await house.book.recover()
    asked = len(house.authority.asked)
    await house.another().recall()
    assert len(house.authority.asked) == asked
