"""A viewer's rewritten copy of a publication: one route in the data plane, the layer it takes, and its RTCP."""

from __future__ import annotations

from dataclasses import dataclass

from media_server import packets
from media_server.dataplane.descriptors import ALL_LAYERS
from media_server.dataplane.ports import DataPlane, PeerId, Route, RouteId
from media_server.incoming import Layer
from media_server.packets import ReportBlock, SenderInfo
from media_server.ports import Held, Kind
from media_server.publication import Publication
from media_server.reports import ntp_from_us, round_trip_us
from media_server.sdp import FORWARDED_EXTENSIONS, ChosenCodec

REPORT_INTERVAL_US = 1_000_000
MAX_REPEATS_PER_S = 500
"""Answers to NACKs of one copy: a viewer that asks for more cannot be helped by repeating, or means harm."""


@dataclass(slots=True)
class Delivery:
    """What the viewer last said of this copy."""

    fraction_lost: float = 0.0
    told_us: int | None = None
    round_trip_us: int | None = None


class Subscription:
    """See the module text. The route exists while the publication has a layer; the SSRC stays the same."""

    def __init__(
        self,
        plane: DataPlane,
        viewer: PeerId,
        publication: Publication,
        chosen: ChosenCodec,
        ssrc: int,
        rtx_ssrc: int | None,
    ) -> None:
        self.publication = publication
        self.chosen = chosen
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc if chosen.rtx_payload_type is not None else None
        self.delivery = Delivery()
        self.allowed = True
        self.held: Held | None = None
        self.rid = ""
        """Encoding that was chosen for the viewer."""
        self._plane = plane
        self._viewer = viewer
        self._route: RouteId | None = None
        self._layer: Layer | None = None
        """Where the route takes its packets from, or will after the next keyframe."""
        self._wanted: frozenset[str] = frozenset()
        self._limits = self._limited = (ALL_LAYERS, ALL_LAYERS)
        """Spatial and temporal: what was chosen, and what the route was told."""
        self._grows = False
        """Larger pictures inside the stream wait for a keyframe."""
        self._reported_us: int | None = None
        self._repeats = self._repeats_since_us = 0

    def connect(self, *, at_once: bool = False) -> None:
        """Take the chosen layer, while it is not there the publication's own: add the route, or move it there."""
        publication = self.publication
        layer = publication.layer_of(self.rid) or publication.layer
        if layer is None or layer is self._layer:
            return
        if self._route is not None and publication.info.kind is Kind.VIDEO:
            shift = self._timestamp_shift(self._route, layer)
            self._layer = layer
            self._plane.switch_route(self._route, layer.ssrc, timestamp_shift=shift, stop=at_once)
            self._want_keyframe()
            return
        # Audio has no keyframe to wait for: the old route ends at once.
        self._end_route()
        self._layer = layer
        self._route = self._plane.add_route(self._describe(layer.ssrc))
        self._limited = (ALL_LAYERS, ALL_LAYERS)
        self.settle()
        if self._passes:
            self._begin(self._route)
        else:
            self._plane.pause_route(self._route, True)

    def select(self, rid: str, *, at_once: bool = False) -> None:
        """Take this encoding at its next keyframe; `at_once`: nothing of the present one until then. Idempotent; one
        that is not there yet is taken when it comes."""
        if rid != self.rid:
            self.rid = rid
            if self._route is not None:
                self.connect(at_once=at_once)

    def limit(self, spatial: int | None, temporal: int | None) -> None:
        """Take of the chosen encoding these layers inside it and lower ones; None = all. Fewer at once, more frames
        where they can be followed, larger pictures with a keyframe, which is asked for. Idempotent."""
        before = self._limits
        self._limits = (
            ALL_LAYERS if spatial is None else spatial,
            ALL_LAYERS if temporal is None else temporal,
        )
        self._grows |= self._limits[0] > before[0]
        self.settle()

    def settle(self) -> None:
        """Tell the route its limits as far as they may hold now, and ask for the keyframe that larger pictures need
        until they are there: it may be lost on its way, or its beginning be late. To be called again and again."""
        if self._route is None:
            return
        self._tell_limits(self._route)
        if self._grows:
            self._grows = self._plane.route_stats(self._route).spatial < self._limited[0]
        if self._grows:
            self.want_keyframe()

    def _tell_limits(self, route: RouteId) -> None:
        if self._limits == self._limited:
            return
        spatial, temporal = self._limits
        if self._sending(route) is not self._layer:
            # Until the other encoding is there more of the present one could be too much.
            temporal = min(temporal, self._limited[1])
        if (spatial, temporal) != self._limited:
            self._limited = (spatial, temporal)
            self._plane.limit_layers(route, spatial, temporal)

    def want(self, rids: frozenset[str]) -> None:
        """Which encodings the publisher should send for this copy. Idempotent."""
        if rids != self._wanted:
            self._wanted = rids
            self.publication.want_layers(self, rids)

    def allow(self, allowed: bool) -> None:
        """Let packets pass, or stop them before this returns. Idempotent."""
        before, self.allowed = self._passes, allowed
        self._apply(before)

    def hold(self, held: Held | None) -> None:
        """Hold packets back for this reason, None lets them go. Idempotent."""
        before, self.held = self._passes, held
        self._apply(before)

    def close(self) -> None:
        """Stop forwarding. Idempotent."""
        self._end_route()
        self.publication.unwant(self)

    def want_keyframe(self) -> None:
        """The viewer cannot decode. Idempotent; nothing for audio and while nothing is sent."""
        if self._passes:
            self._want_keyframe()

    @property
    def _passes(self) -> bool:
        return self.allowed and self.held is None

    def _apply(self, before: bool) -> None:
        if self._route is not None and self._passes is not before:
            self._plane.pause_route(self._route, before)
            if self._passes:
                self._begin(self._route)

    def _begin(self, route: RouteId) -> None:
        """With what the packet cache has since the last keyframe; else the publisher is asked for one."""
        if self.publication.info.kind is Kind.VIDEO and not self._plane.replay(route):
            self._want_keyframe()

    def _want_keyframe(self) -> None:
        layer = self._layer
        if layer is not None and self.publication.info.kind is Kind.VIDEO and self.publication.allowed:
            layer.keyframes.want()

    def _timestamp_shift(self, route: RouteId, layer: Layer) -> int | None:
        old = self._sending(route)
        return None if old is None else self.publication.timestamp_shift(old, layer)

    def _sending(self, route: RouteId) -> Layer | None:
        """The layer whose packets go out now; None when it is gone."""
        ssrc = self._plane.route_stats(route).in_ssrc
        return next((layer for layer in self.publication.layers if layer.ssrc == ssrc), None)

    def _end_route(self) -> None:
        if self._route is not None:
            self._plane.remove_route(self._route)
        self._route = self._layer = None

    def repeat(self, sequences: tuple[int, ...], now_us: int) -> None:
        """Answer the viewer's NACK from the packet cache; the publisher is not asked for it."""
        if now_us - self._repeats_since_us > 1_000_000:
            self._repeats_since_us, self._repeats = now_us, 0
        sequences = sequences[: MAX_REPEATS_PER_S - self._repeats]
        if self._route is not None and self._passes and sequences:
            self._repeats += self._plane.retransmit(self._route, sequences)

    def reported(self, block: ReportBlock, now_us: int) -> None:
        """A report block of the viewer about this copy."""
        self.delivery.fraction_lost, self.delivery.told_us = block.fraction_lost, now_us
        trip_us = round_trip_us(now_us, block.last_report, block.delay)
        if trip_us is not None:
            self.delivery.round_trip_us = trip_us

    def sent(self) -> tuple[int, int]:
        """Packets and payload bytes so far."""
        if self._route is None:
            return 0, 0
        stats = self._plane.route_stats(self._route)
        return stats.packets, stats.payload_bytes

    @property
    def introduced(self) -> bool:
        """Whether the viewer has had a sender report, or needs none yet: without one nothing is played in sync."""
        return self._reported_us is not None or self._route is None or not self._passes

    def sender_report(self, now_us: int) -> bytes:
        """The report that is due now, or nothing: once a second, the first as soon as the publisher has reported.

        NTP is the server's clock; the RTP timestamp is what the publisher would show now, moved as the route moves.
        """
        if self._route is None or not self._passes or not self.publication.allowed:
            return b""
        if self._reported_us is not None and now_us - self._reported_us < REPORT_INTERVAL_US:
            return b""
        layer = self._sending(self._route)
        if layer is None:
            return b""
        rtp = layer.timestamps.rtp_at(now_us)
        stats = self._plane.route_stats(self._route)
        if rtp is None or not stats.packets:
            return b""
        self._reported_us = now_us
        rtp = rtp + stats.timestamp_offset & 0xFFFFFFFF
        info = SenderInfo(self.ssrc, ntp_from_us(now_us), rtp, stats.packets, stats.payload_bytes)
        return packets.sender_report(info)

    def _describe(self, in_ssrc: int) -> Route:
        publication, chosen = self.publication, self.chosen
        theirs = {uri: number for number, uri in chosen.extensions.items() if uri in FORWARDED_EXTENSIONS}
        rtx = chosen.rtx_payload_type
        return Route(
            in_peer=publication.peer,
            in_ssrc=in_ssrc,
            out_peer=self._viewer,
            out_ssrc=self.ssrc,
            clock_rate_hz=publication.clock_rate_hz,
            payload_types={publication.payload_type: chosen.codec.payload_type},
            extensions={number: theirs[uri] for number, uri in publication.extensions.items() if uri in theirs},
            rtx_ssrc=self.rtx_ssrc,
            rtx_payload_types={} if rtx is None else {chosen.codec.payload_type: rtx},
            keyframe_first=publication.info.kind is Kind.VIDEO,
            codec=publication.info.codec,
            dependency_descriptor=publication.dependency_descriptor,
            one_byte_extensions=not chosen.mixed_extensions,
        )
