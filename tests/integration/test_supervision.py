"""The supervisors' wall over HTTP and WebSocket: who may look, what the log says of it, who is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hearing import commands as cmd
from hearing.errors import UserError
from hearing.session import Move
from tests.fakes.hall import Hall, hall
from tests.fakes.serving import PASSWORD
from yunting.demo.client import Api, Presence

pytestmark = pytest.mark.integration

WALL = "supervision/hearings"


async def refused(api: Api, method: str, path: str, body: object = None) -> str:
    """The code with which this is refused."""
    with pytest.raises(UserError) as problem:
        await api.call(method, path, body)
    return problem.value.code


async def tile(api: Api, court: Hall) -> dict[str, Any]:
    (one,) = [row for row in await api.call("GET", WALL) if row["id"] == court.session]
    return dict(one)


async def test_every_look_begins_and_ends_in_the_log(tmp_path: Path) -> None:
    async with hall(tmp_path, "plaintiff-1", "clerk-1") as court, court.server.api() as watch:
        await watch.sign_in("watch", PASSWORD)
        look = f"{WALL}/{court.session}/look"
        body = {"picture": False, "sound": True, "reason": "随机检查"}
        phone = await court.phone()
        judge, clerk, party = Presence(court.bench), Presence(court.clerk), Presence(phone)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(judge.run(await court.ticket(court.bench, "judge-1")))
            tasks.create_task(clerk.run(await court.ticket(court.clerk, "clerk-1")))
            tasks.create_task(party.run(await court.ticket(phone, "plaintiff-1")))
            await asyncio.gather(*(one.connected() for one in (judge, clerk, party)))

            assert (await tile(watch, court))["may_look"] is False
            assert await refused(watch, "POST", look, body) == "not-open"
            await judge.do(cmd.MoveSession(move=Move.OPEN))
            assert (await tile(watch, court))["may_look"] is True
            assert await refused(watch, "POST", look, {"picture": False, "sound": False}) == "look-at-nothing"

            supervisor = Presence(watch)
            tasks.create_task(supervisor.run((await watch.call("POST", look, body))["ticket"]))
            welcome = await supervisor.connected()
            await clerk.wait_for(lambda view: view is not None and len(view.looks) == 1)
            shown = (await tile(watch, court))["looks"]
            assert [(one["name"], one["picture"], one["sound"]) for one in shown] == [("watch", False, True)]
            # Whose page it is: the parties are told nothing of it, in whatever way.
            async for view in party.views():
                assert view.looks == ()
                assert welcome.participant not in {one.seat.participant for one in view.people}
                break

            await judge.do(cmd.MoveSession(move=Move.DELIBERATE))
            await supervisor.wait_for(lambda view: view is not None and view.looks == ())
            assert await refused(watch, "POST", look, body) == "not-open"
            await supervisor.close()
            await court.until("participant.presence", lambda found: found[-1]["participant"] == welcome.participant)

            asked, began, ended = [await court.events(f"supervision.{kind}") for kind in ("asked", "began", "ended")]
            assert [event["reason"] for event in asked] == ["随机检查"]
            assert [(event["picture"], event["sound"]) for event in began] == [(False, True)]
            assert [event["cause"] for event in ended] == ["closed"]
            for one in (judge, clerk, party):
                await one.close()


async def test_the_wall_is_the_supervisors_alone_and_they_do_nothing_else(tmp_path: Path) -> None:
    async with hall(tmp_path, "plaintiff-1") as court, court.server.api() as watch:
        await watch.sign_in("watch", PASSWORD)
        for api in (court.clerk, court.bench):
            assert await refused(api, "GET", WALL) == "no-right"
        for method, path in (
            ("GET", "sessions"),
            ("GET", f"sessions/{court.session}"),
            ("GET", f"sessions/{court.session}/events"),
            ("GET", f"sessions/{court.session}/exports"),
            ("POST", f"sessions/{court.session}/ticket"),
            ("GET", "search?q=开庭"),
            ("GET", "staff/accounts"),
            ("GET", "meetings"),
        ):
            assert await refused(watch, method, path) == "no-right", path
        assert (await watch.call("GET", "staff/me"))["role"] == "supervisor"
