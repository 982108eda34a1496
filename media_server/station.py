"""One data plane of the server: its UDP port, the TCP door to it, and the connections on it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence

from hearing.tasks import log_fault
from media_server.dataplane.ports import Address, DataPlane, PeerId, Received
from media_server.peer import Ground, Peer
from media_server.settings import SfuSettings
from media_server.tcp import TcpDoor
from media_server.transport import TransportHub, TransportSettings
from media_server.upstream import Upstream


class Station:
    """The data plane's `Upcalls`. `ground` is there after `start`; `awake` is called with each batch of packets."""

    def __init__(self, plane: DataPlane, admit: Callable[[], None], awake: Callable[[], None]) -> None:
        self.plane = plane
        self.peers: dict[PeerId, Peer] = {}
        self.ground: Ground | None = None
        self.address: Address | None = None
        self.tcp_address: Address | None = None
        self._admit = admit
        self._awake = awake
        self._hub: TransportHub | None = None
        self._tcp = TcpDoor()

    async def start(self, settings: SfuSettings, hosts: Sequence[str], number: int) -> None:
        """Bind the ports of the station `number` (from 0): those of the settings plus `number`, unless any will do.
        Raises OSError naming the port."""
        udp_port = settings.port and settings.port + number
        try:
            self.address = await self.plane.start(settings.host, udp_port, self)
        except OSError as error:
            where = f"UDP port {udp_port} on {settings.host}"
            raise OSError(error.errno, f"{where}: {error.strerror}") from error
        if settings.tcp_port is not None:
            await self._listen_tcp(settings.host, settings.tcp_port and settings.tcp_port + number, self.address)
        self._hub = TransportHub(self.plane, TransportSettings(consent_timeout_s=settings.consent_timeout_s))
        self.ground = Ground(
            plane=self.plane,
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

    async def close(self) -> None:
        """Release the ports. Idempotent."""
        await self._tcp.close()
        if self._hub is not None:
            await self._hub.close()
        await self.plane.close()

    def on_stun(self, data: bytes, source: Address) -> None:
        """See `Upcalls`."""
        if self._hub is not None:
            self._hub.on_stun(data, source)

    def on_consent(self, peer: PeerId, transaction: bytes, source: Address) -> None:
        """See `Upcalls`."""
        if self._hub is not None:
            self._hub.on_consent(peer, transaction, source)

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """See `Upcalls`."""
        if self._hub is not None:
            self._hub.on_dtls(peer, data)

    def on_rtcp(self, peer: PeerId, data: bytes, arrival_us: int) -> None:
        """See `Upcalls`."""
        found = self.peers.get(peer)
        if found is None:
            return
        try:
            found.rtcp(data, arrival_us)
        except Exception as fault:
            log_fault("RTCP was not handled", fault, bytes=len(data))

    def on_received(self, batch: Sequence[Received]) -> None:
        """See `Upcalls`. Who sent of these is told at once what he is to repeat: his packets are his clock."""
        senders: dict[PeerId, Upstream] = {}
        for packet in batch:
            peer = self.peers.get(packet.peer)
            if not isinstance(peer, Upstream):
                continue
            senders[packet.peer] = peer
            # A fault of ours, or of an inner subscriber, on one packet must not cost the others of the batch.
            try:
                peer.received(packet)
            except Exception as fault:
                log_fault("packet was not noted", fault, ssrc=packet.ssrc)
        now_us = monotonic_us()
        for sender in senders.values():
            try:
                sender.tick(now_us)
            except Exception as fault:
                log_fault("a publisher's timers failed", fault)
        self._awake()

    async def _listen_tcp(self, host: str, port: int, media: Address) -> None:
        try:
            self.tcp_address = await self._tcp.start(host, port, media)
        except OSError as error:
            await self.plane.close()
            raise OSError(error.errno, f"TCP port {port} on {host}: {error.strerror}") from error

    def _register(self, peer: Peer) -> None:
        self.peers[peer.id] = peer

    def _unregister(self, peer: Peer) -> None:
        self.peers.pop(peer.id, None)


def monotonic_us() -> int:
    """CLOCK_MONOTONIC in microseconds."""
    return time.monotonic_ns() // 1000


def _fresh_ssrc() -> int:
    # 32 random bits: two streams of one connection collide once in billions, so no list is kept.
    return secrets.randbelow(0xFFFFFFFE) + 1
