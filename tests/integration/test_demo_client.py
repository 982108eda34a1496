"""The Python client that the demo, the soak runs and many tests go through, against a real server."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from hearing import commands as cmd
from hearing.errors import UserError
from hearing.transcript_events import UtteranceHeard
from tests.fakes.courthouse import ID, Courthouse, courthouse
from yunting.demo.client import Api, Presence

pytestmark = pytest.mark.integration


async def test_the_view_of_the_hearing_stays_when_an_entry_leaves_it_as_it_was() -> None:
    async with courthouse() as court:
        session = await court.session()
        async with Api(court.url, ssl.create_default_context()) as api, asyncio.TaskGroup() as tasks:
            clerk = Presence(api)
            tasks.create_task(clerk.run(court.ticket(session, "clerk")))
            await clerk.connected()
            await _say_something(court, session)
            # Answered after the entry was told: messages keep their order.
            with pytest.raises(UserError):
                await clerk.do(cmd.GrantFloor(participant="nobody"))
            assert clerk.hearing is not None
            assert clerk.hearing.session == session
            await clerk.close()


async def _say_something(court: Courthouse, session: str) -> None:
    heard = UtteranceHeard(
        utterance="plaintiff@1",
        participant=ID["plaintiff"],
        track="plaintiff",
        language="zh-CN",
        from_ms=1,
        to_ms=2,
        text="一句",
        raw="一句",
        words=(),
        engine="scripted",
        until_ms=2,
    )
    await court.room(session).ledger.note("server", [heard])
