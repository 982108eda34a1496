"""A courtroom is not closed under somebody who is just entering."""

from __future__ import annotations

import pytest

from hearing.session import Move
from signaling.services import Timing
from signaling.web import ADMISSION, ROOMS, SESSIONS
from tests.fakes.courthouse import courthouse

pytestmark = pytest.mark.integration

NO_HEARTBEAT = Timing(ping_interval_ms=30_000, hello_timeout_ms=2_000, tick_ms=3_600_000)


async def test_who_enters_a_room_about_to_close_as_idle_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async with courthouse(timing=NO_HEARTBEAT) as court:
        session = await court.session()
        await court.app[SESSIONS].move(session, Move.CANCEL, "误建", "desk")
        rooms = court.app[ROOMS]
        room = await rooms.get(session)
        room.busy_at_us = -(10**15)
        admission = court.app[ADMISSION]
        credential = admission.credential

        async def overtaken(session: str, participant: str) -> str:
            await rooms._tend(room, lamps_due=False, health_due=False)
            return await credential(session, participant)

        monkeypatch.setattr(admission, "credential", overtaken)
        page = await court.connect(session, "judge")
        assert page.welcome["participant"] in rooms.live(session).connections  # type: ignore[union-attr]


async def test_an_idle_room_is_closed() -> None:
    async with courthouse(timing=NO_HEARTBEAT) as court:
        session = await court.session()
        await court.app[SESSIONS].move(session, Move.CANCEL, "误建", "desk")
        rooms = court.app[ROOMS]
        room = await rooms.get(session)
        await rooms._tend(room, lamps_due=False, health_due=False)
        assert rooms.live(session) is room
        room.busy_at_us = -(10**15)
        await rooms._tend(room, lamps_due=False, health_due=False)
        assert rooms.live(session) is None
