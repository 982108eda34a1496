"""A simulcast camera without a network: simulated packets of its encodings through a real `Publication`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from media_server.dataplane.ports import DataPlane, InnerLayer, PeerId, Received, TapPacket, TapSink
from media_server.packets import SenderInfo, rtp_payload
from media_server.payloads import is_keyframe
from media_server.ports import PublicationInfo, SenderReport
from media_server.publication import Publication
from media_server.reports import ClockMap

PEER = PeerId(1)


class TappedPlane:
    """The verbs of a data plane that a publication uses, kept in plain sight."""

    def __init__(self) -> None:
        self.taps: dict[int, list[TapSink]] = {}
        self.streams: dict[int, str] = {}
        self.muted: set[int] = set()
        self.inner: dict[int, dict[tuple[int, int], int]] = {}
        """Payload bytes that came, by SSRC, by spatial and temporal layer."""

    def set_stream(
        self, peer: PeerId, ssrc: int, codec: str, clock_rate_hz: int, *, dependency_descriptor: int = 0
    ) -> None:
        self.streams[ssrc] = codec

    def inner_layers(self, peer: PeerId, ssrc: int) -> Sequence[InnerLayer]:
        return [InnerLayer(*place, size) for place, size in self.inner.get(ssrc, {}).items()]

    def mute(self, peer: PeerId, ssrc: int, muted: bool) -> None:
        (self.muted.add if muted else self.muted.discard)(ssrc)

    def add_tap(self, peer: PeerId, ssrc: int, sink: TapSink) -> Callable[[], None]:
        sinks = self.taps.setdefault(ssrc, [])
        sinks.append(sink)
        return lambda: sinks.remove(sink)


class LayeredCamera:
    """`rids` maps each encoding, lowest first, to its SSRC; all are bound."""

    def __init__(self, info: PublicationInfo, rids: Mapping[str, int]) -> None:
        self.plane = TappedPlane()
        self.clock = ClockMap()
        self.publication = Publication(
            info,
            cast(DataPlane, self.plane),
            PEER,
            payload_type=102,
            clock_rate_hz=90_000,
            extensions={},
            clock=self.clock,
            rids=tuple(rids),
        )
        for rid, ssrc in rids.items():
            self.publication.bind(ssrc, rid)

    def take(self, arrival_us: int, item: bytes | SenderReport) -> None:
        """One packet or sender report of any encoding, as data plane and `Upstream` would hand it on."""
        if isinstance(item, SenderReport):
            self.clock.observe(item.ntp, arrival_us)
            self.publication.reported(SenderInfo(item.ssrc, item.ntp, item.rtp, 0, 0), arrival_us)
            return
        ssrc = int.from_bytes(item[8:12], "big")
        layer = next(layer for layer in self.publication.layers if layer.ssrc == ssrc)
        layer.received(received(arrival_us, item, self.publication.info.codec), wanted=True)
        for sink in list(self.plane.taps.get(ssrc, ())):
            sink(TapPacket(arrival_us, item))


def received(arrival_us: int, rtp: bytes, codec: str) -> Received:
    """What the data plane tells of a packet."""
    return Received(
        peer=PEER,
        ssrc=int.from_bytes(rtp[8:12], "big"),
        payload_type=rtp[1] & 0x7F,
        sequence=int.from_bytes(rtp[2:4], "big"),
        timestamp=int.from_bytes(rtp[4:8], "big"),
        marker=bool(rtp[1] & 0x80),
        arrival_us=arrival_us,
        size_bytes=len(rtp),
        extensions={},
        keyframe=is_keyframe(codec, rtp_payload(rtp)),
    )
