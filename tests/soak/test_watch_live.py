"""Five minutes of a real sitting in real time: three seats before real cameras' packets, watched at the pace and with
the rules that a court has. People are rendered heads that look aside, hide behind a hand, lean out (`Manners`).

`YUNTING_SOAK_S` (300 by default) sets the length; the reports themselves take up to two minutes of it.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from config.settings import load
from hearing.events import Entry
from hearing.identity_events import WatchChanged
from hearing.state import Hearing
from identity.engines.dlib_onnx import DlibOnnx
from identity.images import write_jpeg
from identity.pool import FacePool
from identity.ports import ChallengeResult
from signaling.web import WATCH
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.courthouse import Page, courthouse
from tests.fakes.gate_tools import NUMBER, OneNameRegistry
from tests.fakes.gate_visit import FACE, GatedCourt, Visitor, gated, leave
from tests.fakes.seat_camera import SeatCamera, send_camera
from yunting.bench.heads.cast import choose_people, load_person
from yunting.bench.heads.sitter import Seat, Sitter
from yunting.bench.liveness import default_photos
from yunting.gate import gate_tools

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not default_photos().is_dir(), reason="no photographs: set YUNTING_DATA"),
]

ALL_S = float(os.environ.get("YUNTING_SOAK_S", "300"))
QUIET_S, LIMIT_S = ALL_S / 5, 60.0
EVENTS: tuple[tuple[Seat, str], ...] = (("swap", "mismatch"), ("empty", "absent"), ("second", "multiple"))


@dataclass
class Party:
    """One person on a seat, and what the log says of it."""

    visitor: Visitor
    page: Page
    sitter: Sitter
    camera: SeatCamera
    states: list[str]

    async def live(self, began_s: float) -> None:
        """Be drawn anew once a second until cancelled; the camera runs on. Drawing more often would take the server's
        cores, and a look comes each ten seconds."""
        while True:
            time_ms = round((time.monotonic() - began_s) * 1_000)
            self.camera.picture = await asyncio.to_thread(self.sitter.picture, time_ms)
            await asyncio.sleep(1.0)


async def alive(page: Page) -> None:
    """Give the sign of life that a page gives, until cancelled: who is silent for a minute has left the courtroom."""
    while True:
        await page.say(type="ping", sent_ms=0)
        await page.hear("pong", within_s=20)
        await asyncio.sleep(5.0)


async def until(condition: Callable[[], bool], within_s: float) -> float:
    """Seconds it took."""
    began_s = time.monotonic()
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)
    return time.monotonic() - began_s


@asynccontextmanager
async def three_seats(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[tuple[GatedCourt, list[Party]]]:
    """An open hearing of three parties who went through the gate's own steps."""
    use_loopback(monkeypatch)
    engine = await asyncio.to_thread(DlibOnnx, folder / "models")
    files, _ = await asyncio.to_thread(choose_people, default_photos(), 2 * len(EVENTS), engine)
    people = [person for person in [await asyncio.to_thread(load_person, file, engine) for file in files] if person]
    settings = await asyncio.to_thread(load, None, {**FACE, "YUNTING_STORAGE_FOLDER": str(folder)})
    pool = FacePool(workers=1, waiting=4)
    async with AsyncExitStack() as stack:
        stack.callback(pool.close)
        tools = await asyncio.to_thread(gate_tools, settings, pool, stack)
        tools = replace(tools, registry=OneNameRegistry())
        court = await stack.enter_async_context(courthouse(environment=FACE, gate=tools))
        gate = await gated(court, third=True)
        stack.push_async_callback(leave, gate)
        await gate.staff_vouched()
        clerk, judge = await gate.clerk.enter(gate.session), await gate.judge.enter(gate.session)
        parties = []
        for number, visitor in enumerate((gate.visitor, gate.other, gate.third)):
            assert visitor is not None
            sitter = Sitter(people[2 * number], people[2 * number + 1], random.Random(f"watch {number}"))
            parties.append(await came(gate, visitor, sitter, stack))
        for mover, move in ((clerk, "gather"), (judge, "open")):
            done = await mover.do("move", move=move, override="按缺席审理")
            assert done["type"] == "done", done
        for party in parties:
            await clerk.do("admit", participant=party.visitor.participant)
        yield gate, parties


async def came(gate: GatedCourt, visitor: Visitor, sitter: Sitter, stack: AsyncExitStack) -> Party:
    """Through the gate with a reference photo, and before the camera."""
    pictures = await asyncio.to_thread(sitter.enrolled, 4)
    path = f"sessions/{gate.session}/gate/{visitor.participant}"
    status, row = await gate.clerk("PUT", f"{path}/reference", raw=await asyncio.to_thread(write_jpeg, pictures[0]))
    assert status == 200, row
    page = await visitor.enter()
    await visitor.agree()
    await visitor.show(NUMBER)
    assert await visitor.face(ChallengeResult(passed=True, frames=tuple(pictures[1:]))) == "review"
    words = {"reason": "document-seen", "text": "照片与本人一致"}
    assert (await gate.clerk.gate(gate.session, visitor.participant, "admit", words))[0] == 200
    camera = SeatCamera(pictures[0])
    peer = await send_camera(page, camera)
    stack.push_async_callback(peer.close)
    return Party(visitor, page, sitter, camera, [])


async def test_three_seats_for_five_minutes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with three_seats(monkeypatch, tmp_path) as (gate, parties), asyncio.TaskGroup() as tasks:
        ledger = await gate.court.services.book.get(gate.session)
        states: dict[str, list[str]] = {party.visitor.participant: party.states for party in parties}

        def appended(entries: Sequence[Entry], after: Hearing) -> None:
            for entry in entries:
                if isinstance(entry.event, WatchChanged):
                    states[entry.event.participant].append(entry.event.state)

        ledger.subscribe(appended)
        began_s = time.monotonic()
        running = [tasks.create_task(party.live(began_s)) for party in parties]
        running += [tasks.create_task(alive(party.page)) for party in parties]
        await until(lambda: all(party.states[-1:] == ["present"] for party in parties), LIMIT_S)
        await asyncio.sleep(QUIET_S)
        assert [party.states for party in parties] == [["present"]] * 3
        for party, (seat, _) in zip(parties, EVENTS, strict=True):
            party.sitter.seat = seat
        reported = await asyncio.gather(
            *(told(party, state, LIMIT_S) for party, (_, state) in zip(parties, EVENTS, strict=True))
        )
        for party in parties:
            party.sitter.seat = "own"
        back = await asyncio.gather(*(told(party, "present", LIMIT_S) for party in parties))
        await asyncio.sleep(max(0.0, ALL_S - (time.monotonic() - began_s)))
        # Nothing else was said, before or after.
        assert [party.states for party in parties] == [["present", state, "present"] for _, state in EVENTS]
        runner = gate.court.app[WATCH].runner
        seat_s = len(parties) * (time.monotonic() - began_s)
        said = ", ".join(f"{state} {s:.0f} s" for (_, state), s in zip(EVENTS, reported, strict=True))
        print(  # noqa: T201
            f"reported: {said}; present again after {max(back):.0f} s; {runner.looks} looks, "
            f"{runner.cpu_ms / 1_000 / seat_s:.4f} CPU s per seat and s without decoding"
        )
        for task in running:
            task.cancel()


async def told(party: Party, state: str, within_s: float) -> float:
    """Seconds until the log says so of this seat."""
    try:
        return await until(lambda: party.states[-1:] == [state], within_s)
    except TimeoutError:
        raise AssertionError(f"not {state} within {within_s:.0f} s but {party.states}") from None
