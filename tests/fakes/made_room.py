"""A room on a real data plane whose people are made of bare SRTP (`made_peers.py`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field

import pytest

from media_server.dataplane import make_data_plane
from media_server.dataplane.ports import DataPlane
from media_server.ports import Direction, Kind, PublicationInfo
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from media_server.stress import Limits
from tests.fakes.made_peers import MadePublisher, MadeViewer, connect, made_offer
from tests.fakes.room_listener import Told
from tests.fakes.srtp_client import SrtpClient
from tests.fakes.udp_relay import UdpRelay


@dataclass
class MadeRoom:
    """Viewers come directly or through a relay of their own. Seeds tell people apart: none may be used twice."""

    sfu: Sfu
    plane: DataPlane
    room: Room
    told: Told
    clients: list[SrtpClient] = field(default_factory=list)
    relays: list[UdpRelay] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def publish(self, who: str, seed: int, layers: str = "lmh") -> MadePublisher:
        client = self._client()
        tracks = {"0": "microphone", "1": "camera"}
        await self.room.answer(who, Direction.SEND, made_offer(seed, sends=True), tracks)
        assert self.sfu.address is not None
        client.server = self.sfu.address
        connect(self.sfu, self.plane, who, client, client.address, seed)
        publisher = MadePublisher(client, set(layers))
        self._spawn(publisher.run())
        self._spawn(self._follow(who, publisher, set(layers)))
        await until(lambda: sum(info.participant == who for info in self.told.added) == 2)
        return publisher

    async def view(
        self, who: str, seed: int, wanted: Sequence[PublicationInfo], relay: UdpRelay | None = None
    ) -> MadeViewer:
        """Receive the first microphone and all cameras of `wanted`."""
        client = self._client()
        assert self.sfu.address is not None
        videos = [info.id for info in wanted if info.kind is Kind.VIDEO]
        tracks = {str(mid): track for mid, track in enumerate(videos, 1)}
        tracks["0"] = next(info.id for info in wanted if info.kind is Kind.AUDIO)
        offer = made_offer(seed, sends=False, videos=len(videos))
        await self.room.answer(who, Direction.RECEIVE, offer, tracks)
        client.server, seen = self.sfu.address, client.address
        if relay is not None:
            self.relays.append(relay)
            client.server = await relay.start(self.sfu.address)
            seen = await self._through(relay, client)
        viewer = MadeViewer(client)
        connect(self.sfu, self.plane, who, client, seen, seed)
        self._spawn(viewer.run())
        return viewer

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for relay in self.relays:
            await relay.close()
        for client in self.clients:
            client.close()
        await self.sfu.close()

    async def _through(self, relay: UdpRelay, client: SrtpClient) -> tuple[str, int]:
        client.send_raw(b"\x00hello")
        async with asyncio.timeout(5):
            while True:
                with contextlib.suppress(KeyError):
                    return relay.seen_as(client.address)
                await asyncio.sleep(0.01)

    async def _follow(self, who: str, publisher: MadePublisher, able: set[str]) -> None:
        """The page does as `layers_wanted` says."""
        while True:
            for info, rids in self.told.layers[-20:]:
                if info.participant == who:
                    publisher.sending = able & set(rids)
            await asyncio.sleep(0.02)

    def _client(self) -> SrtpClient:
        client = SrtpClient()
        self.clients.append(client)
        return client

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))


async def until(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def plane_named(name: str) -> DataPlane:
    """Not started yet. Skips the test where there is no such data plane."""
    try:
        return make_data_plane(name)
    except ValueError as missing:
        pytest.skip(str(missing))


async def made_sfu(plane: DataPlane, limits: Limits | None = None) -> Sfu:
    """Started, for clients that do not renew their consent (RFC 7675). It sheds load where there are `limits`."""
    sfu = Sfu(SfuSettings(consent_timeout_s=600, video_codecs=("vp8",), limits=limits), plane)
    await sfu.start()
    return sfu


@contextlib.asynccontextmanager
async def made_room(plane: DataPlane, limits: Limits | None = None) -> AsyncIterator[MadeRoom]:
    """One room on this data plane, and its server's end."""
    sfu, told = await made_sfu(plane, limits), Told()
    made = MadeRoom(sfu, plane, sfu.open_room("session", told), told)
    try:
        yield made
    finally:
        await made.close()
