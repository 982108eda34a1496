"""The end of the purpose, over every store that the program has: after the retention job nothing of a face is left in
the store, its files or the data folder, and before it nothing can be read without the operator's key."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.session import Move, State
from identity.vault import KEYS, SEALED, Purpose, Vault
from records.memory import MemoryStore
from records.sqlite import SqliteStore
from signaling.web import RETENTION
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import LIVE, NUMBER, PHOTO, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, gated, leave

pytestmark = pytest.mark.integration

PHONE = "13900001234"
AT_ONCE = {**FACE, "YUNTING_IDENTITY_RETENTION_H": "0"}
Store = MemoryStore | SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else await SqliteStore.open(tmp_path / "yunting.db")
    yield made
    await made.close()


async def raw(store: Store, folder: Path) -> bytes:
    """Every byte that somebody who steals the store has; of the one in memory, everything it refers to."""
    if isinstance(store, MemoryStore):
        inside = vars(store)
        facts = [value for table in inside["_tables"].values() for value in table.values()]
        return b"|".join(facts) + repr(inside["_logs"]).encode()
    return await asyncio.to_thread(
        lambda: b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
    )


def within(pieces: list[bytes], everything: bytes) -> list[bytes]:
    return [piece for piece in pieces if piece in everything]


async def reviewed(gate: GatedCourt) -> None:
    """Somebody whose number, telephone, photo, picture and template are all kept."""
    await gate.staff_vouched()
    visitor = gate.visitor
    await visitor.enter()
    await visitor.agree()
    await visitor.show(NUMBER)
    await gate.clerk("PUT", f"sessions/{gate.session}/gate/{visitor.participant}/reference", raw=PHOTO)
    assert await visitor.face(LIVE) == "review"
    filed = {"number": NUMBER, "phone": PHONE}
    assert (await gate.clerk.gate(gate.session, visitor.participant, "file", filed, method="PUT"))[0] == 200


async def test_after_the_job_nothing_of_a_face_is_left(store: Store, tmp_path: Path) -> None:
    async with courthouse(store, environment=AT_ONCE, gate=gate_tools()) as court:
        gate = await gated(court)
        await reviewed(gate)
        _, data = await gate.clerk.gate(gate.session, gate.visitor.participant, "data", method="GET")
        plain = [base64.b64decode(item["base64"]) for item in data["kept"]]
        assert len(plain) == len(Purpose)
        sealed = [raw[-64:] for table in (SEALED, KEYS) for _, raw in await store.items(table)]
        before = await raw(store, tmp_path)
        # A keyed hash of the number is in the event log, which is the court's record and stays.
        faces = [item[:40] for item in plain if len(item) > 64] + [PHONE.encode(), NUMBER.encode()]
        assert within(faces, before) == []
        assert len(within(sealed, before)) == len(sealed) == len(Purpose) + 1

        job = court.app[RETENTION]
        assert await job.sweep() == 0, "the session is not over"
        ledger = await court.services.book.get(gate.session)
        over = ev.StateChanged(move=Move.CANCEL, before=State.SCHEDULED, after=State.CANCELLED)
        await ledger.note("clerk", [over])
        assert await job.sweep() == 1
        after = await raw(store, tmp_path)
        assert within(faces + sealed, after) == []
        assert (await store.keys(SEALED), await store.keys(KEYS)) == ((), ())
        _, data = await gate.clerk.gate(gate.session, gate.visitor.participant, "data", method="GET")
        assert data["kept"] == []
        assert gate.session.encode() in after, "the record stays"
        last = [entry.event async for entry in ledger.entries() if isinstance(entry.event, ie.IdentityErased)][-1]
        assert (last.participant, last.items, last.key_destroyed) == (None, len(Purpose), True)
        await leave(gate)


async def test_before_it_nothing_opens_without_the_operators_key(store: Store) -> None:
    async with courthouse(store, environment=FACE, gate=gate_tools()) as court:
        gate = await gated(court)
        await reviewed(gate)
        thief = Vault(store, bytes(32), lambda: 0)
        for purpose in Purpose:
            with pytest.raises(UserError) as locked:
                await thief.get(gate.session, gate.visitor.participant, purpose)
            assert locked.value.code == "vault-locked"
        await leave(gate)


async def test_on_request_one_person_is_gone_and_the_others_stay(store: Store, tmp_path: Path) -> None:
    async with courthouse(store, environment=FACE, gate=gate_tools()) as court:
        gate = await gated(court)
        await reviewed(gate)
        me, other = gate.visitor.participant, gate.other.participant
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{other}/reference", raw=PHOTO)
        mine = [raw[-64:] for name, raw in await store.items(SEALED) if name.endswith(me)]
        assert len(mine) == len(Purpose)
        asked = {"text": "当事人申请删除"}
        assert (await gate.clerk.gate(gate.session, me, "erase", asked))[0] == 204
        assert within(mine, await raw(store, tmp_path)) == []
        status, photo = await gate.clerk.gate(gate.session, other, "reference.jpg", method="GET")
        assert (status, photo) == (200, PHOTO)
        await leave(gate)
