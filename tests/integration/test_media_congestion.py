"""A viewer's link becomes narrow and wide again: his audio never stops, his video follows, nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from media_server.dataplane import make_data_plane
from media_server.dataplane.ports import DataPlane
from media_server.ports import Direction
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from tests.fakes.made_peers import MadePublisher, MadeViewer, connect, made_offer
from tests.fakes.room_listener import Told
from tests.fakes.srtp_client import SrtpClient
from tests.fakes.udp_relay import UdpRelay

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@dataclass
class House:
    """A room with a simulcast publisher; viewers come directly or through a relay of their own."""

    sfu: Sfu
    plane: DataPlane
    room: Room
    told: Told
    clients: list[SrtpClient] = field(default_factory=list)
    relays: list[UdpRelay] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def publish(self) -> MadePublisher:
        client = self._client()
        await self.room.answer("judge", Direction.SEND, made_offer(1, sends=True), {"0": "microphone", "1": "camera"})
        assert self.sfu.address is not None
        client.server = self.sfu.address
        connect(self.sfu, self.plane, "judge", client, client.address, 1)
        publisher = MadePublisher(client)
        self.tasks += [self._spawn(publisher.run()), self._spawn(self._follow(publisher))]
        await until(lambda: len(self.told.added) == 2)
        return publisher

    async def view(self, who: str, seed: int, relay: UdpRelay | None = None) -> MadeViewer:
        client = self._client()
        assert self.sfu.address is not None
        tracks = {str(int(info.kind == "video")): info.id for info in self.told.added}
        await self.room.answer(who, Direction.RECEIVE, made_offer(seed, sends=False), tracks)
        client.server, seen = self.sfu.address, client.address
        if relay is not None:
            self.relays.append(relay)
            client.server = await relay.start(self.sfu.address)
            seen = await self._through(relay, client)
        viewer = MadeViewer(client)
        connect(self.sfu, self.plane, who, client, seen, seed)
        self.tasks.append(self._spawn(viewer.run()))
        return viewer

    async def _follow(self, publisher: MadePublisher) -> None:
        """The page does as `layers_wanted` says."""
        while True:
            if self.told.layers:
                publisher.sending = set(self.told.layers[-1][1])
            await asyncio.sleep(0.02)

    async def _through(self, relay: UdpRelay, client: SrtpClient) -> tuple[str, int]:
        client.send_raw(b"\x00hello")
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(KeyError):
                    return relay.seen_as(client.address)
                await asyncio.sleep(0.01)

    def _client(self) -> SrtpClient:
        client = SrtpClient()
        self.clients.append(client)
        return client

    def _spawn(self, work) -> asyncio.Task[None]:  # type: ignore[no-untyped-def]
        return asyncio.get_running_loop().create_task(work)


async def until(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture(params=["plain", "native"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    try:
        plane = make_data_plane(request.param)
    except ValueError as missing:
        pytest.skip(str(missing))
    sfu = Sfu(SfuSettings(consent_timeout_s=600, video_codecs=("vp8",)), plane)
    await sfu.start()
    told = Told()
    made = House(sfu, plane, sfu.open_room("session", told), told)
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    for relay in made.relays:
        await relay.close()
    for client in made.clients:
        client.close()
    await sfu.close()


async def test_a_link_that_becomes_narrow_and_wide_again(house: House) -> None:
    await house.publish()
    relay = UdpRelay(delay_ms=15, rate_down_bps=3_000_000)
    narrow = await house.view("creditor", 2, relay)
    wide = await house.view("lawyer", 3)
    begun_s = time.monotonic()
    await until(lambda: narrow.pictures(begun_s).endswith("hhhhh") and wide.pictures(begun_s).endswith("hhhhh"), 20)
    since_s = time.monotonic()

    relay.rate_down_bps = 500_000
    await until(lambda: narrow.pictures(since_s).endswith("l" * 25), 15)
    narrowed_s = time.monotonic()
    await asyncio.sleep(5)
    assert set(narrow.pictures(narrowed_s)) == {"l"}
    assert len(narrow.pictures(narrowed_s)) >= 4 * 25
    states = house.told.deliveries["creditor", "page"][-1]
    assert [(state.held, state.layer, state.wanted_layer) for state in states] == [(None, "l", "h")]

    relay.rate_down_bps = 3_000_000
    await until(lambda: narrow.pictures(narrowed_s).endswith("hhhhh"), 15)
    assert narrow.longest_silence_s(since_s) < 1.0
    assert set(wide.pictures(since_s)) == {"h"}
    assert wide.longest_silence_s(since_s) < 1.0
    assert house.told.deliveries["lawyer", "page"][-1][0].layer == "h"
