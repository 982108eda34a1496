"""The folder's face: one UDP port, rooms, and the timers of all of them."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hearing.errors import UserError
from hearing.tasks import TaskSet, log_fault
from media_server.dataplane.ports import Address, DataPlane, PeerId, Received
from media_server.peer import Ground, Peer
from media_server.ports import RoomListener
from media_server.room import Room
from media_server.sdp import PREFERRED_AUDIO, PREFERRED_VIDEO
from media_server.tcp import TcpDoor
from media_server.transport import TransportHub, TransportSettings
from media_server.turn import TurnSettings, ice_servers
from media_server.upstream import Upstream

_log = structlog.get_logger(__name__)

TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class SfuSettings:
    """Plain values; the program fills them from its settings."""

    host: str = "127.0.0.1"
    """Address to bind; "::" for IPv4 and IPv6."""
    port: int = 0
    """UDP port; 0 = any free one (tests)."""
    tcp_port: int | None = None
    """ICE-TCP port for clients without UDP; 0 = any free one, None = none."""
    announced: tuple[str, ...] = ()
    """IP addresses in our answers, best first (behind NAT); empty = `host`."""
    consent_timeout_s: float = 10.0
    max_peers: int = 600
    """Connections of all rooms; one more is refused (`media-full`)."""
    lost_grace_s: float = 30.0
    """A peer that lost consent is kept for so long: its ICE restart finds publications and subscriptions in place."""
    audio_codecs: tuple[str, ...] = PREFERRED_AUDIO
    video_codecs: tuple[str, ...] = PREFERRED_VIDEO
    turn: TurnSettings = field(default_factory=TurnSettings)


class Sfu:
    """Implements `ports.MediaServer` and the data plane's `Upcalls`."""

    def __init__(self, settings: SfuSettings, plane: DataPlane) -> None:
        self._settings = settings
        self._plane = plane
        self._ground: Ground | None = None
        self._hub: TransportHub | None = None
        self._rooms: dict[str, tuple[Room, RoomListener]] = {}
        self._peers: dict[PeerId, Peer] = {}
        self._tasks = TaskSet()
        self._closed = False
        self.address: Address | None = None
        self._tcp = TcpDoor()
        self.tcp_address: Address | None = None

    async def start(self) -> None:
        """See `MediaServer.start`. ValueError when an announced address is a wildcard or no IP address."""
        settings = self._settings
        hosts = settings.announced or (settings.host,)
        if any(ipaddress.ip_address(host).is_unspecified for host in hosts):
            raise ValueError(f"announce an address that clients can reach, not {', '.join(hosts)}")
        try:
            self.address = await self._plane.start(settings.host, settings.port, self)
        except OSError as error:
            where = f"UDP port {settings.port} on {settings.host}"
            raise OSError(error.errno, f"{where}: {error.strerror}") from error
        if settings.tcp_port is not None:
            await self._listen_tcp(settings.host, settings.tcp_port, self.address)
        self._hub = TransportHub(self._plane, TransportSettings(consent_timeout_s=settings.consent_timeout_s))
        self._ground = Ground(
            plane=self._plane,
            hub=self._hub,
            candidates=tuple((host, self.address[1]) for host in hosts),
            tcp_candidates=tuple((host, self.tcp_address[1]) for host in hosts) if self.tcp_address else (),
            audio_codecs=settings.audio_codecs,
            video_codecs=settings.video_codecs,
            now_us=monotonic_us,
            fresh_ssrc=_fresh_ssrc,
            admit=self._admit,
            register=self._register,
            unregister=self._unregister,
        )
        self._tasks.spawn(self._tick(), "media timers")

    async def close(self) -> None:
        """See `MediaServer.close`."""
        if self._closed:
            return
        self._closed = True
        for session in list(self._rooms):
            await self.close_room(session)
        await self._tasks.close()
        await self._tcp.close()
        if self._hub is not None:
            await self._hub.close()
        await self._plane.close()

    def open_room(self, session: str, listener: RoomListener) -> Room:
        """See `MediaServer.open_room`. RuntimeError before `start`."""
        if self._ground is None:
            raise RuntimeError("the media server has not been started")
        if session in self._rooms:
            room, told = self._rooms[session]
            if told is not listener:
                raise KeyError(f"room {session} is open with another listener")
            return room
        room = Room(self._ground, listener, self._tasks, _utc_ms, int(self._settings.lost_grace_s * 1_000_000))
        self._rooms[session] = (room, listener)
        return room

    async def close_room(self, session: str) -> None:
        """See `MediaServer.close_room`."""
        entry = self._rooms.pop(session, None)
        if entry is not None:
            await entry[0].close()

    def ice_servers(self, participant: str) -> Sequence[Mapping[str, object]]:
        """See `MediaServer.ice_servers`."""
        return ice_servers(self._settings.turn, participant, time.time())

    def on_stun(self, data: bytes, source: Address) -> None:
        """See `Upcalls`."""
        if self._hub is not None:
            self._hub.on_stun(data, source)

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """See `Upcalls`."""
        if self._hub is not None:
            self._hub.on_dtls(peer, data)

    def on_rtcp(self, peer: PeerId, data: bytes) -> None:
        """See `Upcalls`."""
        found = self._peers.get(peer)
        if found is None:
            return
        try:
            found.rtcp(data, monotonic_us())
        except Exception as fault:
            log_fault("RTCP was not handled", fault, bytes=len(data))

    def on_received(self, batch: Sequence[Received]) -> None:
        """See `Upcalls`."""
        for packet in batch:
            peer = self._peers.get(packet.peer)
            if not isinstance(peer, Upstream):
                continue
            # A fault of ours, or of an inner subscriber, on one packet must not cost the others of the batch.
            try:
                peer.received(packet)
            except Exception as fault:
                log_fault("packet was not noted", fault, ssrc=packet.ssrc)

    async def _listen_tcp(self, host: str, port: int, media: Address) -> None:
        try:
            self.tcp_address = await self._tcp.start(host, port, media)
        except OSError as error:
            await self._plane.close()
            raise OSError(error.errno, f"TCP port {port} on {host}: {error.strerror}") from error

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now_us = monotonic_us()
            for room, _ in list(self._rooms.values()):
                # One room's fault must not stop the timers of the others.
                try:
                    room.tick(now_us)
                except Exception as fault:
                    log_fault("room timer failed", fault)

    def _admit(self) -> None:
        if len(self._peers) >= self._settings.max_peers:
            raise UserError(
                "media-full", "服务器的媒体连接已满，请稍后再试", "the server's media connections are full"
            )

    def _register(self, peer: Peer) -> None:
        self._peers[peer.id] = peer

    def _unregister(self, peer: Peer) -> None:
        self._peers.pop(peer.id, None)


def monotonic_us() -> int:
    """CLOCK_MONOTONIC in microseconds."""
    return time.monotonic_ns() // 1000


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


def _fresh_ssrc() -> int:
    # 32 random bits: two streams of one connection collide once in billions, so no list is kept.
    return secrets.randbelow(0xFFFFFFFE) + 1
