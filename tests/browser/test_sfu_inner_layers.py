"""Real Chromium sends one stream with layers inside: tile and network choose among them, and frames go on.

Figures are logged: run with `-o log_cli=true --log-cli-level=INFO`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.async_api import Page

from hearing.clock import SessionClock, Sources
from hearing.events import Event
from hearing.tasks import TaskSet
from media_server.ports import View
from media_server.publication import Publication
from media_server.recorder import Recorder
from tests.browser.sfu_stage import Stage, stage
from tests.fakes.udp_relay import UdpRelay

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(240)]

WATCHED_S = 3.0
FROZEN_S = 0.5
"""Chromium calls it a freeze when a picture stands for 0.15 s more than usual; on a busy machine one may."""
figures = logging.getLogger("figures")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a viewer got in a while."""

    width: int
    frames_per_s: float
    kbit_per_s: float
    frozen_s: float


@dataclass(slots=True)
class Watching:
    """A viewer of one stream, behind a network that can be made narrow."""

    on: Stage
    page: Page
    sender: Page
    publication: Publication
    relay: UdpRelay
    codec: str

    async def picture(self) -> dict[str, Any]:
        (video,) = (await self.on.stats(self.page))["inbound"]
        return dict(video)

    async def is_wide(self, width: int) -> bool:
        return (await self.picture()).get("frameWidth") == width

    async def watch(self, what: str) -> Seen:
        """Look on for a while."""
        before, since_s = await self.picture(), time.monotonic()
        await asyncio.sleep(WATCHED_S)
        after, watched_s = await self.picture(), time.monotonic() - since_s
        frames = after["framesDecoded"] - before["framesDecoded"]
        seen = Seen(
            after["frameWidth"],
            frames / watched_s,
            (after["bytesReceived"] - before["bytesReceived"]) * 8 / 1000 / watched_s,
            after["totalFreezesDuration"] - before["totalFreezesDuration"],
        )
        keyframes = after["keyFramesDecoded"] - before["keyFramesDecoded"]
        figures.info("%s %s: %s, %d keyframes", self.codec, what, seen, keyframes)
        assert frames > 0, f"{what}: no frame was decoded"
        return seen

    def show(self, width: int) -> None:
        self.on.room.set_view("clerk", self.publication.info.id, View(width, width * 9 // 16))

    def came(self) -> set[tuple[int, int]]:
        """Spatial and temporal layers that the publisher has sent."""
        (layer,) = self.publication.layers
        return {(one.spatial, one.temporal) for one in self.publication.inner_layers(layer)}

    async def gets(self, mode: str) -> None:
        """Wait until the publisher sends all layers of this mode."""
        highest = int(mode[1]) - 1, int(mode[3]) - 1
        await self.on.until(lambda: highest in self.came(), f"not all layers: {self.came()}", 30)


@contextlib.asynccontextmanager
async def watching(codec: str, mode: str) -> AsyncIterator[Watching]:
    async with stage() as on:
        relay = UdpRelay()
        assert on.sfu.address is not None
        await relay.start(on.sfu.address)
        on.relays["clerk"] = relay
        try:
            sender = await on.actor()
            await on.publish_layers(sender, "judge", codec, (), mode)
            await on.until(lambda: on.told.added, "the track has not started")
            publication = on.room.publication_for(on.told.added[0].id, "test")
            assert publication is not None
            viewer = Watching(on, await on.actor(), sender, publication, relay, codec)
            await on.subscribe(viewer.page, "clerk", [publication.info])
            await viewer.gets(mode)
            await on.until(lambda: viewer.is_wide(1280), "not the whole picture", 30)
            yield viewer
        finally:
            await relay.close()


@contextlib.asynccontextmanager
async def recording(on: Stage, folder: Path) -> AsyncIterator[None]:
    """A recorder in the room; what it wrote is complete afterwards."""
    events: list[Event] = []
    clock = SessionClock(Sources(lambda: time.monotonic_ns() // 1000, lambda: time.time_ns() // 1_000_000))
    recorder = Recorder(
        folder, emit=events.append, request_keyframe=on.room.request_keyframe, seat_of=lambda _: "judge-1"
    )
    tasks = TaskSet()
    tasks.spawn(recorder.run(), "recorder")
    on.room.attach(recorder)
    clock.start()
    recorder.open(clock)
    try:
        yield
    finally:
        await recorder.finish()
        await tasks.close()


def recorded(folder: Path) -> list[tuple[float, int]]:
    """Second and width of every picture in the record."""
    (path,) = folder.glob("*.mkv")
    with av.open(str(path)) as container:
        return [(float(frame.time or 0), frame.width) for frame in container.decode(video=0)]


@pytest.mark.long
@pytest.mark.parametrize(("codec", "mode"), [("vp9", "L3T3_KEY")])
async def test_a_tile_gets_the_spatial_layer_of_its_size_and_the_record_all(
    codec: str, mode: str, tmp_path: Path
) -> None:
    async with watching(codec, mode) as viewer, recording(viewer.on, tmp_path):
        seen = [await viewer.watch("no tile told")]
        for width in (320, 640, 1280, 320, 1280):
            before = await viewer.picture()
            viewer.show(width)
            asked_s = time.monotonic()
            await viewer.on.until(lambda width=width: viewer.is_wide(width), f"{codec}: {width} is not shown", 20)
            after = await viewer.picture()
            frozen_s = after["totalFreezesDuration"] - before["totalFreezesDuration"]
            figures.info(
                "%s: %d wide after %.2f s, frozen %.2f s", codec, width, time.monotonic() - asked_s, frozen_s
            )
            assert frozen_s < FROZEN_S
            seen.append(await viewer.watch(f"tile of {width}"))
            assert seen[-1].width == width
            assert seen[-1].frames_per_s > 8, "all frames of a smaller picture"
            assert (2, 2) in viewer.came(), "the publisher sends all of it"
        assert seen[1].kbit_per_s < seen[2].kbit_per_s < seen[3].kbit_per_s
        assert seen[1].kbit_per_s < 0.5 * seen[3].kbit_per_s
    pictures = [picture for picture in recorded(tmp_path) if picture[0] > 0.1]
    assert {width for _, width in pictures} == {1280}
    assert max(b - a for (a, _), (b, _) in pairwise(pictures)) < 1


@pytest.mark.long
@pytest.mark.parametrize("codec", ["vp9"])
async def test_a_publisher_that_changes_its_layers_or_pauses_is_followed(codec: str) -> None:
    key = "_KEY" if codec == "vp9" else ""
    async with watching(codec, f"L3T3{key}") as viewer:
        viewer.show(320)
        await viewer.on.until(lambda: viewer.is_wide(320), "320 is not shown", 20)
        for mode, width in ((f"L2T2{key}", 640), ("L1T1", 1280), (f"L3T3{key}", 320)):
            await viewer.on.scale(viewer.sender, mode)
            # The lowest spatial layer of the new mode, be it as large as it is.
            await viewer.on.until(lambda width=width: viewer.is_wide(width), f"{mode}: {width} is not shown", 30)
            await viewer.watch(f"tile of 320 of {mode}")
        await viewer.on.scale(viewer.sender, None)
        layer = viewer.publication.layers[0]
        await viewer.on.until(lambda: not layer.running(time.monotonic_ns() // 1000), "it goes on")
        before = (await viewer.picture())["framesDecoded"]
        await viewer.on.scale(viewer.sender, f"L3T3{key}")

        async def goes_on() -> bool:
            seen = await viewer.picture()
            return bool(seen["framesDecoded"] > before and seen["frameWidth"] == 320)

        await viewer.on.until(goes_on, "no picture after the pause", 20)
        viewer.show(1280)
        await viewer.on.until(lambda: viewer.is_wide(1280), "the whole does not come back", 30)
        await viewer.watch("whole after a pause")
