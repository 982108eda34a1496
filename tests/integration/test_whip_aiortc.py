"""WHIP and WHEP on the wire of a real server, over TLS, with plain aiortc: nobody here has a page or a WebSocket.

Figures are logged: run with `-o log_cli=true --log-cli-level=INFO`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import aioice.ice
import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamTrack

from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.flash_tracks import Beat, Beeper, Flasher
from tests.fakes.hall import Hall, hall
from yunting.demo.client import Api

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

figures = logging.getLogger("figures")

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
CONSENT_S = 8.0
"""Longer than aiortc takes between two checks."""
SETTINGS = {"YUNTING_ICE_URLS": "stun:127.0.0.1:3478", "YUNTING_MEDIA_CONSENT_TIMEOUT_S": str(CONSENT_S)}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that was read."""

    status: int
    headers: Mapping[str, str]
    text: str


class Resource:
    """A client that knows RFC 9725 and nothing else: the endpoint and its ticket."""

    def __init__(self, api: Api, url: str, ticket: str) -> None:
        self.peer: RTCPeerConnection = new_client()
        self.created: Reply | None = None
        self._api, self._url, self._ticket = api, url, ticket

    @property
    def url(self) -> str:
        """Of the resource that the server made."""
        assert self.created is not None
        return urljoin(self._url, self.created.headers["Location"])

    async def send(self, method: str, url: str, body: str = "", kind: str = "", **headers: str) -> Reply:
        """One request with the ticket as Bearer."""
        sent = {"Authorization": f"Bearer {self._ticket}", **headers, **({"Content-Type": kind} if kind else {})}
        async with self._api.http.request(method, url, data=body.encode(), headers=sent) as answer:
            return Reply(answer.status, answer.headers, await answer.text())

    async def create(self) -> Reply:
        """POST the offer; on 201 give the answer to the peer connection."""
        reply = await self.send("POST", self._url, await offer_of(self.peer), SDP)
        if reply.status == 201:
            self.created = reply
            await take_answer(self.peer, reply.text)
        return reply

    async def create_whole(self) -> bool:
        """As a player that tries again: False while the seat does not send everything that was asked for.

        A track begins with its first packet. aiortc cannot take an answer that rejects a part of its offer.
        """
        reply = await self.send("POST", self._url, await offer_of(self.peer), SDP)
        if reply.status == 201:
            self.created = reply
            if " 0 UDP/TLS/RTP/SAVPF" not in reply.text:
                await take_answer(self.peer, reply.text)
                return True
            assert (await self.send("DELETE", self.url)).status == 200
        else:
            assert (reply.status, "not-publishing" in reply.text) == (409, True), reply.text
        await self.peer.close()
        return False

    async def connected(self) -> None:
        """Until media may flow."""
        async with asyncio.timeout(15):
            while self.peer.connectionState != "connected":
                await asyncio.sleep(0.02)


@pytest.fixture
async def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hall]:
    use_loopback(monkeypatch)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    async with hall(tmp_path, "clerk-1", "plaintiff-1") as made:
        yield made


async def publisher(room: Hall) -> Resource:
    api = await room.phone()
    resource = Resource(api, f"{api.base_url}/whip/{room.session}", await room.ticket(api, "judge-1"))
    beat = Beat()
    resource.peer.addTransceiver(Beeper(beat, 700), direction="sendonly")
    # Offered every codec, the server takes H264 first.
    resource.peer.addTransceiver(Flasher(beat, "h264"), direction="sendonly")
    return resource


async def viewer(room: Hall) -> tuple[Resource, dict[str, MediaStreamTrack]]:
    """Asks for the judge's seat; the tracks that it got, by kind."""
    api = await room.phone()
    resource = Resource(api, f"{api.base_url}/whep/{room.session}/judge-1", await room.ticket(api, "clerk-1"))
    tracks: dict[str, MediaStreamTrack] = {}
    resource.peer.on("track", lambda track: tracks.update({track.kind: track}))
    resource.peer.addTransceiver("audio", direction="recvonly")
    resource.peer.addTransceiver("video", direction="recvonly")
    return resource, tracks


async def first_frames(room: Hall) -> tuple[Resource, Resource, dict[str, MediaStreamTrack]]:
    """A publisher on air and a viewer who has decoded sound and picture of it."""
    sender = await publisher(room)
    assert (await sender.create()).status == 201
    await sender.connected()
    began_s = time.monotonic()
    async with asyncio.timeout(15):
        while True:
            watcher, tracks = await viewer(room)
            if await watcher.create_whole():
                break
            await asyncio.sleep(0.1)
        for track in tracks.values():
            await track.recv()
    figures.info("WHEP: first sound and picture %.2f s after the sender was connected", time.monotonic() - began_s)
    return sender, watcher, tracks


async def fresh(tracks: dict[str, MediaStreamTrack], count: int = 10) -> None:
    """This many more frames of each kind. TimeoutError after ten seconds."""
    async with asyncio.timeout(10):
        for track in tracks.values():
            for _ in range(count):
                await track.recv()


async def test_publish_and_watch_by_http_alone(room: Hall) -> None:
    sender, watcher, tracks = await first_frames(room)
    for each in (sender, watcher):
        assert each.created is not None
        headers = each.created.headers
        assert headers["Content-Type"].startswith(SDP)
        assert headers["Location"].startswith("/wh")
        assert headers["ETag"].startswith('"')
        assert headers["Link"] == '<stun:127.0.0.1:3478>; rel="ice-server"'
    await fresh(tracks)
    # WHIP persons are in the session and in its record like everybody else.
    arrived = await room.until("participant.presence", lambda found: sum(e["after"] == "present" for e in found) == 2)
    assert {e["evidence"] for e in arrived} == {"whip", "whep"}

    for each in (watcher, sender):
        assert (await each.send("DELETE", each.url)).status == 200
        assert (await each.send("DELETE", each.url)).status == 404
    left = await room.until("participant.presence", lambda found: sum(e["after"] == "left" for e in found) == 2)
    assert all(e["evidence"] == "DELETE" for e in left if e["after"] == "left")
    await sender.peer.close()
    await watcher.peer.close()


async def test_trickle_and_ice_restart_keep_the_media(room: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    # Six checks without an answer end aiortc's connection: with this interval after two seconds.
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.3)
    sender, watcher, tracks = await first_frames(room)
    assert sender.created is not None
    etag = sender.created.headers["ETag"]
    ice = sender.peer.getSenders()[0].transport.transport._connection  # aiortc has no ICE restart of its own

    trickle = (
        f"a=ice-ufrag:{ice.local_username}\r\na=ice-pwd:{ice.local_password}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    )
    trickle += "a=candidate:1 1 udp 2113937151 127.0.0.1 9 typ host\r\n"
    for headers, status in (({}, 428), ({"If-Match": '"other"'}, 412), ({"If-Match": etag}, 204)):
        assert (await sender.send("PATCH", sender.url, trickle, FRAGMENT, **headers)).status == status

    ufrag, password = "newu", "n" * 24
    restart = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n"
    answer = await sender.send("PATCH", sender.url, restart, FRAGMENT, **{"If-Match": etag})
    assert answer.status == 200
    assert answer.headers["ETag"] != etag
    given = dict(
        line[2:].split(":", 1) for line in answer.text.splitlines() if line.startswith(("a=ice-ufrag", "a=ice-pwd"))
    )
    assert given["ice-ufrag"] != ice.remote_username
    ice._local_username, ice._local_password = ufrag, password
    ice.remote_username, ice.remote_password = given["ice-ufrag"], given["ice-pwd"]
    await fresh(tracks, 60)
    assert sender.peer.connectionState == "connected"
    again = await sender.send("PATCH", sender.url, restart, FRAGMENT, **{"If-Match": etag})
    assert again.status == 412
    await sender.peer.close()
    await watcher.peer.close()


async def test_tickets_on_the_wire(room: Hall) -> None:
    sender = await publisher(room)
    assert (await sender.create()).status == 201
    again = await sender.send("POST", sender._url, sender.peer.localDescription.sdp, SDP)
    assert (again.status, "ticket-used" in again.text) == (401, True)
    assert "WWW-Authenticate" in again.headers
    stranger = await publisher(room)
    for ticket, status in (("", 401), ("forged", 401)):
        stranger._ticket = ticket
        assert (await stranger.create()).status == status
    other = await publisher(room)
    assert (await other.send("DELETE", sender.url)).status == 401
    for each in (sender, stranger, other):
        await each.peer.close()


async def test_an_abandoned_connection_takes_nothing_from_the_next(room: Hall) -> None:
    sender, abandoned, _ = await first_frames(room)
    watcher, tracks = await viewer(room)
    assert await watcher.create_whole()
    # The network goes, without a word of DTLS.
    await abandoned.peer.getReceivers()[0].transport.transport._connection.close()
    await asyncio.sleep(CONSENT_S + 1.5)
    await fresh(tracks)
    assert not [e for e in await room.events("participant.presence") if e["after"] == "dropped"]
    await sender.peer.close()
    await watcher.peer.close()
    await abandoned.peer.close()
