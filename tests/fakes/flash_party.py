"""A participant of a real hearing who flashes and beeps: joins like a page, publishes and watches by aiortc."""

from __future__ import annotations

import asyncio
from collections import Counter

from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from hearing.participant import IN_COURTROOM
from signaling import protocol as wire
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer
from tests.fakes.flash_tracks import Beat, Beeper, Flasher
from tests.fakes.udp_relay import UdpRelay
from yunting.demo.client import Api, Presence


class FlashParty:
    """`enter`, `watch`, `leave` in this order. With a relay all media goes through it."""

    def __init__(
        self, api: Api, beat: Beat, *, hz: float, codec: str = "h264", relay: UdpRelay | None = None
    ) -> None:
        self.presence = Presence(api)
        self.hz = hz
        self.seen: Counter[str] = Counter()
        """Frames decoded while watching, by kind."""
        self.on_air = asyncio.Event()
        """Set once sound and picture have begun to be sent."""
        self.peer: RTCPeerConnection | None = None
        self._beat, self._codec, self._relay = beat, codec, relay
        self._peers: list[RTCPeerConnection] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def participant(self) -> str:
        """Its id; known once it has entered."""
        assert self.presence.welcome is not None
        return self.presence.welcome.participant

    async def enter(self, ticket: str) -> None:
        """Join, wait for admission, publish, and return when the media connection is up."""
        self._tasks.append(asyncio.ensure_future(self.presence.run(ticket)))
        me = (await self.presence.connected()).participant
        await self.presence.wait_for(lambda h: _in_courtroom(h, me))
        peer = self.peer = self._new_peer()
        tracks = (Beeper(self._beat, self.hz), Flasher(self._beat, self._codec))
        for track in tracks:
            transceiver = peer.addTransceiver(track, direction="sendonly")
            track.sender = transceiver.sender
            if track.kind == "video":
                _prefer(transceiver, self._codec)
        offer = await offer_of(peer)
        mids = {str(t.mid): {"audio": "microphone", "video": "camera"}[t.kind] for t in peer.getTransceivers()}
        await self._connect(peer, await self.presence.offer("send", offer, mids))
        self._tasks.append(asyncio.ensure_future(self._await_media(tracks)))

    async def watch(self, sender: str, codec: str = "h264") -> None:
        """Receive the tracks of another participant; `seen` counts their frames from now on."""
        async with asyncio.timeout(15):
            while len(wanted := [p for p in self.presence.publications if p.participant == sender]) < 2:
                await asyncio.sleep(0.05)
        peer = self._new_peer()
        peer.on("track", lambda track: self._tasks.append(asyncio.ensure_future(self._count(track))))
        for publication in wanted:
            transceiver = peer.addTransceiver(publication.kind, direction="recvonly")
            if publication.kind == "video":
                _prefer(transceiver, codec)
        offer = await offer_of(peer)
        mids = {str(t.mid): p.id for t, p in zip(peer.getTransceivers(), wanted, strict=True)}
        await self._connect(peer, await self.presence.offer("receive", offer, mids))

    async def leave(self) -> None:
        """Close media and page. Idempotent."""
        for peer in self._peers:
            await peer.close()
        await self.presence.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _new_peer(self) -> RTCPeerConnection:
        peer = new_client()
        self._peers.append(peer)
        return peer

    async def _connect(self, peer: RTCPeerConnection, answered: wire.Answered) -> None:
        connected = asyncio.Event()
        peer.on("connectionstatechange", lambda: peer.connectionState == "connected" and connected.set())
        await take_answer(peer, self._relay.rewrite(answered.sdp) if self._relay else answered.sdp)
        await asyncio.wait_for(connected.wait(), 20)

    async def _await_media(self, tracks: tuple[Beeper, Flasher]) -> None:
        for track in tracks:
            await track.running.wait()
        self.on_air.set()

    async def _count(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                await track.recv()
            except MediaStreamError:
                return
            self.seen[track.kind] += 1


def _prefer(transceiver: object, codec: str) -> None:
    offered = RTCRtpSender.getCapabilities("video").codecs
    wanted = [c for c in offered if c.mimeType.lower() in {f"video/{codec}", "video/rtx"}]
    transceiver.setCodecPreferences(wanted)  # type: ignore[attr-defined]


def _in_courtroom(hearing: wire.HearingView | None, participant: str) -> bool:
    return hearing is not None and any(
        p.seat.participant == participant and p.presence in IN_COURTROOM for p in hearing.people
    )
