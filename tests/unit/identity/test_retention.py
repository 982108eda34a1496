"""When faces end, and that after it nothing of them can be found."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hearing import events as ev
from hearing import identity_events as ie
from hearing.identity_events import IdentityLevel
from hearing.session import Move, State
from identity.retention import Retention
from identity.vault import KEYS, SEALED, Purpose, Vault
from records.book import LedgerBook
from records.errors import StoreUnavailable
from records.keys import CourtKey
from records.memory import MemoryStore
from records.sqlite import SqliteStore
from tests.fakes.hearings import FakeTime, created

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
FACE = b"\xff\xd8 a face in a photo " * 200
KEY = bytes(range(32))


class House:
    def __init__(self, store: MemoryStore | SqliteStore) -> None:
        self.store, self.time = store, FakeTime()
        self.book = LedgerBook(store, CourtKey.generate(), self.time.sources(), "test")
        self.vault = Vault(store, KEY, lambda: self.time.utc_ms)
        self.job = Retention(self.book, self.vault, 72, lambda: self.time.utc_ms)

    async def session(self) -> str:
        """A session with a gate, three items of two people, that is over now."""
        required = ie.IdentityRequired(level=IdentityLevel.FACE)
        ledger = await self.book.create(created(), "server", further=[required])
        for person, purpose in (
            ("plaintiff", Purpose.REFERENCE),
            ("plaintiff", Purpose.TEMPLATE),
            ("judge", Purpose.PICTURE),
        ):
            await self.vault.put(ledger.session, person, purpose, FACE, media_type="image/jpeg")
        await ledger.note("clerk", [ev.StateChanged(move=Move.CANCEL, before=State.SCHEDULED, after=State.CANCELLED)])
        return ledger.session

    async def erasures(self, session: str) -> list[ie.IdentityErased]:
        entries = [entry async for entry in (await self.book.get(session)).entries()]
        return [entry.event for entry in entries if isinstance(entry.event, ie.IdentityErased)]


async def test_faces_end_with_their_time_and_not_before() -> None:
    house = House(MemoryStore())
    session = await house.session()
    house.time.pass_ms(72 * HOUR_MS - 1_000)
    assert await house.job.sweep() == 0
    assert house.job.templates == 1
    assert await house.vault.get(session, "judge", Purpose.PICTURE) is not None
    house.time.pass_ms(2_000)
    assert await house.job.sweep() == 1
    assert await house.job.sweep() == 0
    assert (house.job.templates, await house.vault.has_key(session)) == (0, False)
    [erased] = await house.erasures(session)
    assert (erased.items, erased.key_destroyed, erased.reason, erased.participant) == (3, True, "retention", None)
    standing = (await house.book.get(session)).hearing.people["plaintiff"].standing
    assert standing.erased


async def test_a_session_under_way_keeps_what_it_needs() -> None:
    house = House(MemoryStore())
    ledger = await house.book.create(created(), "server", further=[ie.IdentityRequired(level=IdentityLevel.FACE)])
    await house.vault.put(ledger.session, "plaintiff", Purpose.TEMPLATE, FACE, media_type="x")
    house.time.pass_ms(1_000 * HOUR_MS)
    assert await house.job.sweep() == 0
    assert await house.vault.get(ledger.session, "plaintiff", Purpose.TEMPLATE) is not None


async def test_an_erasure_that_was_cut_off_is_finished_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(MemoryStore())
    session = await house.session()
    house.time.pass_ms(100 * HOUR_MS)
    scrub = house.store.scrub

    async def refuse() -> None:
        raise StoreUnavailable("busy")

    monkeypatch.setattr(house.store, "scrub", refuse)
    with pytest.raises(StoreUnavailable):
        await house.job.sweep()
    assert await house.erasures(session) == []
    assert not await house.vault.has_key(session)
    monkeypatch.setattr(house.store, "scrub", scrub)
    assert await house.job.sweep() == 1
    assert len(await house.erasures(session)) == 1


async def test_a_withdrawal_that_was_cut_off_is_finished() -> None:
    house = House(MemoryStore())
    ledger = await house.book.create(created(), "server", further=[ie.IdentityRequired(level=IdentityLevel.FACE)])
    people = list(ledger.hearing.people)[:2]
    for person in people:
        await house.vault.put(ledger.session, person, Purpose.TEMPLATE, FACE, media_type="x")
        await house.vault.put(ledger.session, person, Purpose.PHONE, b"13900001234", media_type="x")
        consented = ie.FaceConsented(participant=person, purpose="", text_sha256="", language="zh")
        await ledger.note(person, [consented])
    gone, stays = people
    await ledger.note(gone, [ie.FaceConsentWithdrawn(participant=gone)])
    assert await house.job.sweep() == 0
    assert await house.job.sweep() == 0
    assert [kept.purpose for kept in await house.vault.all_of(ledger.session, gone)] == [Purpose.PHONE]
    assert len(await house.vault.all_of(ledger.session, stays)) == 2
    [erased] = await house.erasures(ledger.session)
    assert (erased.participant, erased.items, erased.key_destroyed, erased.reason) == (gone, 1, False, "withdrawn")


async def test_after_the_job_no_file_of_the_store_holds_a_face_or_its_key(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "yunting.db")
    try:
        house = House(store)
        session = await house.session()
        sealed = [raw for table in (SEALED, KEYS) for _, raw in await store.items(table)]
        pieces = [raw[-48:] for raw in sealed] + [FACE[:48], base64.b64encode(FACE)[:48], FACE[:48].hex().encode()]
        house.time.pass_ms(73 * HOUR_MS)
        assert await house.job.sweep() == 1
        on_disk = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
        assert [piece for piece in pieces if piece in on_disk] == []
        assert session.encode() in on_disk
    finally:
        await store.close()
