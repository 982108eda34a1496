"""`yunting identity erase` over a store on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config.settings import load
from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.identity_events import IdentityLevel
from hearing.session import Move, State
from identity.vault import Purpose, Vault
from tests.fakes.hearings import created
from yunting.app import assembled
from yunting.identity import erase

pytestmark = pytest.mark.integration


async def test_one_session_is_erased_at_once_and_only_when_it_is_over(tmp_path: Path) -> None:
    settings = await asyncio.to_thread(
        load,
        None,
        {
            "YUNTING_STORAGE_FOLDER": str(tmp_path),
            "YUNTING_STORAGE_STORE": f"sqlite:///{tmp_path / 'yunting.db'}",
            "YUNTING_STORAGE_MIN_FREE_BYTES": "0",
        },
    )
    required = ie.IdentityRequired(level=IdentityLevel.FACE)
    async with assembled(settings) as services:
        vault = Vault(services.store, services.gate.wrapping_key, services.sources.utc_ms)
        under_way = (await services.book.create(created(), "server", further=[required])).session
        ledger = await services.book.create(created(), "server", further=[required])
        await ledger.note("x", [ev.StateChanged(move=Move.CANCEL, before=State.SCHEDULED, after=State.CANCELLED)])
        for session in (under_way, ledger.session):
            await vault.put(session, "plaintiff", Purpose.TEMPLATE, b"face", media_type="x")
        await services.book.close()
    # Its time has not come yet, but somebody asks.
    assert await erase(settings, None) == 0
    assert await erase(settings, ledger.session) == 1
    assert await erase(settings, ledger.session) == 0
    with pytest.raises(UserError) as refused:
        await erase(settings, under_way)
    assert refused.value.code == "session-not-over"
    async with assembled(settings) as services:
        vault = Vault(services.store, services.gate.wrapping_key, services.sources.utc_ms)
        assert await vault.get(ledger.session, "plaintiff", Purpose.TEMPLATE) is None
        kept = await vault.get(under_way, "plaintiff", Purpose.TEMPLATE)
        assert kept is not None
        assert kept.data == b"face"
