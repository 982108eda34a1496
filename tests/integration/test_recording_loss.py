"""Five per cent of loss both ways in mid-hearing on a real server, by a seeded relay in user space.

What the recording holds and lists; what viewers see is tested with Chromium. `YUNTING_LOSS_SECONDS`
(10 by default) makes the lossy stretch longer. Figures are logged: run with `-o log_cli=true --log-cli-level=INFO`.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hearing import commands as cmd
from hearing.session import Move
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.decoding import faults_ms, unlisted
from tests.fakes.flash_party import FlashParty
from tests.fakes.flash_tracks import FPS, Beat
from tests.fakes.hall import Hall, hall
from tests.fakes.udp_relay import UdpRelay

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

figures = logging.getLogger("figures")

LOSS_SECONDS = float(os.environ.get("YUNTING_LOSS_SECONDS", "10"))
CLEAN_SECONDS = 2.0
LOSS = 0.05


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)


@asynccontextmanager
async def relayed(hearing: Hall, seed: int) -> AsyncIterator[UdpRelay]:
    relay = UdpRelay(seed=seed)
    await relay.start(("127.0.0.1", hearing.server.port))
    try:
        yield relay
    finally:
        await relay.close()


@asynccontextmanager
async def on_air(folder: Path) -> AsyncIterator[tuple[Hall, FlashParty, tuple[UdpRelay, UdpRelay]]]:
    """An open hearing of two who send, each behind a relay."""
    beat = Beat()
    async with hall(folder, "plaintiff-1") as made, relayed(made, 11) as up, relayed(made, 12) as down:
        phone = await made.phone()
        judge = FlashParty(made.bench, beat, hz=700, codec="vp8", relay=down)
        plaintiff = FlashParty(phone, beat, hz=1200, relay=up)
        await judge.enter(await made.ticket(made.bench, "judge-1"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(plaintiff.enter(await made.ticket(phone, "plaintiff-1")))
            await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        try:
            yield made, judge, (up, down)
        finally:
            await judge.leave()
            await plaintiff.leave()


async def test_what_is_lost_on_the_way_is_repaired_or_listed(tmp_path: Path) -> None:
    async with on_air(tmp_path) as (hearing, judge, relays):
        await asyncio.sleep(CLEAN_SECONDS)
        for relay in relays:
            relay.loss_up = relay.loss_down = LOSS
        await asyncio.sleep(LOSS_SECONDS)
        for relay in relays:
            relay.loss_up = relay.loss_down = 0.0
        await asyncio.sleep(CLEAN_SECONDS)
        await judge.presence.do(cmd.MoveSession(move=Move.CLOSE))
        tracks = await hearing.until("recording.track_closed", lambda found: len(found) >= 2)
        gaps = await hearing.events("recording.gap")
    for relay in relays:
        assert relay.up.dropped > 10
    for closed in tracks:
        listed = [g for g in gaps if g["track"] == closed["track"]]
        faults, pictures = faults_ms(hearing.recordings / closed["file"], 1.5)
        figures.info(
            "%s: %d pictures, decoder's complaints at %s ms, listed gaps %s",
            closed["file"].split("_")[0],
            pictures,
            [round(at_ms) for at_ms in faults],
            [(g["kind"], g["from_ms"], g["to_ms"], g["cause"], g["packets"]) for g in listed],
        )
        assert pictures >= 0.9 * FPS * (2 * CLEAN_SECONDS + LOSS_SECONDS - 1)
        assert unlisted(faults, listed) == []
