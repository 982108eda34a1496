"""A synthetic party: joins by its invitation like a person, publishes live audio and video, speaks on cue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.rtcconfiguration import RTCBundlePolicy

from hearing.participant import IN_COURTROOM
from signaling import protocol as wire
from yunting.demo.client import Api, Presence
from yunting.demo.picture import Portrait
from yunting.demo.tracks import Camera, Voice


@dataclass(frozen=True, slots=True)
class Cast:
    """Who a synthetic party is: what the picture says, its tint as RGB, the pitch of its voice."""

    title: str
    tint: tuple[int, int, int]
    pitch_hz: float
    seed: int


def stay_on_loopback() -> None:
    """Make this process's ICE use loopback only: aioice leaves loopback out, and nothing else may be touched."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Party:
    """One synthetic participant. `run` lasts until the hearing ends or the task is cancelled."""

    def __init__(self, api: Api, cast: Cast) -> None:
        self.presence = Presence(api)
        self.voice = Voice(cast.pitch_hz, cast.seed)
        self._camera = Camera(Portrait(cast.title, cast.tint), self.voice)
        self._peer: RTCPeerConnection | None = None
        self.on_air = self._camera.running
        """Set once media flows: what is said from now on is recorded."""

    async def run(self, ticket: str) -> None:
        """Join, publish when admitted, and speak whenever the court gives the floor."""
        try:
            async with asyncio.TaskGroup() as tasks:
                live = tasks.create_task(self.presence.run(ticket))
                acting = tasks.create_task(self._act())
                await live
                acting.cancel()
        finally:
            if self._peer is not None:
                await self._peer.close()

    async def _act(self) -> None:
        welcome = await self.presence.connected()
        me = welcome.participant
        await self.presence.wait_for(lambda h: _person(h, me).presence in IN_COURTROOM, timeout_s=24 * 3600)
        await self._publish()
        async for hearing in self.presence.views():
            self.voice.speaking = hearing.floor == me

    async def _publish(self) -> None:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._peer = peer
        peer.addTransceiver(self.voice, direction="sendonly")
        video = peer.addTransceiver(self._camera, direction="sendonly")
        offered = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([codec for codec in offered if codec.mimeType.lower() == "video/h264"])
        await peer.setLocalDescription(await peer.createOffer())
        sources = {"audio": "microphone", "video": "camera"}
        mids = {str(t.mid): sources[t.kind] for t in peer.getTransceivers()}
        answer = await self.presence.offer("send", peer.localDescription.sdp, mids)
        await peer.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))


def _person(hearing: wire.HearingView | None, participant: str) -> wire.PersonView:
    assert hearing is not None
    return next(p for p in hearing.people if p.seat.participant == participant)
