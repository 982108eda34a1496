"""A session's log grows for as long as it is open; what the server holds of it in memory does not."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from config import load
from hearing import events as ev
from hearing.state import Hearing
from signaling.fanout import EncodedUpdate
from tests.fakes.courthouse import ID, courthouse
from tests.fakes.serving import ServerProcess
from yunting import app

pytestmark = pytest.mark.integration

ENTRIES = 1_200
MOST_KEPT = 300


async def test_a_long_session_keeps_its_log_on_disk_and_serves_it_from_there() -> None:
    async with courthouse() as court:
        session = await court.session()
        judge = await court.connect(session, "judge")
        plaintiff = await court.connect(session, "plaintiff")
        credential = plaintiff.welcome["credential"]
        await plaintiff.socket.close()
        room = court.room(session)
        for n in range(ENTRIES):
            await room.ledger.note("server", [ev.SpeakerChanged(participants=(ID["judge"],) * (n % 2))])
            await judge.hear("update", seq=room.seq)

        gc.collect()
        # Of this session only: other tests of this process may have left theirs.
        updates, hearings = 0, 0
        for thing in gc.get_objects():
            if isinstance(thing, EncodedUpdate):
                updates += thing.hearing.session == session
            elif isinstance(thing, Hearing):
                hearings += thing.session == session
        assert updates <= MOST_KEPT
        assert hearings <= MOST_KEPT + 50

        # Over the edge between log and memory nothing is lost, and nothing comes twice.
        for known in (0, room.seq - MOST_KEPT, room.seq - 3):
            back = await court.open(credential=credential, last_seq=known)
            await back.welcomed()
            await back.hear("update", seq=room.seq)
            assert back.seqs[0] == known + 1
            assert back.seqs == list(range(known + 1, back.seqs[-1] + 1))
            credential = back.welcome["credential"] or credential
            await back.socket.close()


async def test_the_server_gives_freed_memory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def begin() -> None:
        begun.set()

    monkeypatch.setattr(app, "keep_giving_back", begin)
    settings = await asyncio.to_thread(load, None, ServerProcess(tmp_path).environment())
    async with app.running(settings):
        await asyncio.wait_for(begun.wait(), 5)
