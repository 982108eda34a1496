"""The least server over transport and data plane: answers offers, records what it is told, routes by hand."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence

from media_server.dataplane import make_data_plane
from media_server.dataplane.ports import Address, PeerId, Received
from media_server.ports import LossReason
from media_server.sdp import AnsweredMedia, Fingerprint, Local, OutgoingTrack
from media_server.sdp_answer import build_answer, choose_codec
from media_server.sdp_parse import parse_offer
from media_server.transport import PeerTransport, TransportHub, TransportSettings


class MiniSfu:
    """The least that answers offers: everything sent by one peer can be routed to others."""

    def __init__(self, settings: TransportSettings) -> None:
        self.plane = make_data_plane("plain")
        self.hub = TransportHub(self.plane, settings)
        self.connected: list[PeerId] = []
        self.lost: list[tuple[PeerId, LossReason]] = []
        self.received: list[Received] = []
        self.rtcp: list[bytes] = []
        self.address: Address = ("", 0)
        self.version = 0
        self.on_stun = self.hub.on_stun
        self.on_consent = self.hub.on_consent
        self.on_dtls = self.hub.on_dtls

    def on_rtcp(self, peer: PeerId, data: bytes, arrival_us: int) -> None:
        self.rtcp.append(data)

    def on_received(self, batch: Sequence[Received]) -> None:
        self.received += batch

    def transport_connected(self, peer: PeerId) -> None:
        self.connected.append(peer)

    def transport_lost(self, peer: PeerId, reason: LossReason) -> None:
        self.lost.append((peer, reason))

    def answer(
        self,
        sdp: str,
        *,
        sending: dict[str, OutgoingTrack] | None = None,
        fingerprints: tuple[Fingerprint, ...] | None = None,
        preference: tuple[str, ...] = ("opus", "vp8"),
        peer: PeerTransport | None = None,
    ) -> tuple[PeerTransport, str]:
        offer = parse_offer(sdp)
        if peer is None:
            peer = self.hub.open_peer(offer.ice, fingerprints or offer.fingerprints, self)
        elif offer.ice != peer.ice.remote:
            peer.restart(offer.ice)
        decisions = [
            AnsweredMedia(
                mid=media.mid,
                chosen=choose_codec(media, preference),
                sending=(sending or {}).get(media.kind),
            )
            for media in offer.media
        ]
        self.version += 1
        local = Local(peer.local, self.hub.fingerprints, (self.address,), "1", self.version)
        return peer, build_answer(offer, decisions, local)


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def picture_loss(ssrc: int) -> bytes:
    return struct.pack("!BBHII", 0x81, 206, 2, 1, ssrc)
