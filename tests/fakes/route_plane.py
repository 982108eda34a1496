"""A data plane without packets: its routes in plain sight, its bandwidth set by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from media_server.dataplane.descriptors import ALL_LAYERS
from media_server.dataplane.ports import (
    Bandwidth,
    BandwidthLimits,
    HopExtensions,
    PeerId,
    Received,
    Route,
    RouteId,
    RouteStats,
)
from media_server.ports import Kind, PublicationInfo, Source
from media_server.publication import Publication
from media_server.reports import ClockMap
from tests.fakes.layered_camera import PEER, TappedPlane

TICK_US = 100_000


@dataclass(slots=True)
class FakeRoute:
    """What was asked of a route."""

    route: Route
    in_ssrc: int
    next_ssrc: int = 0
    paused: bool = False
    replayed: bool = False
    stopped: bool = False
    limits: tuple[int, int] = (ALL_LAYERS, ALL_LAYERS)
    """Spatial and temporal."""
    spatial: int = ALL_LAYERS
    """Goes out; larger ones with `keyframe`."""
    limited: int = 0
    """How often the limits were changed."""
    packets: int = 0
    payload_bytes: int = 0


@dataclass
class RoutePlane(TappedPlane):
    """Switches take effect at once, or with `arrive` while it `waits`. `cached`: whether a replay succeeds."""

    name: str = "fake"
    cached: bool = False
    waits: bool = False
    known: Bandwidth = field(default_factory=lambda: Bandwidth(20_000_000, 0, 0.0, 0.0, False, False, 0, 1, 20_000))
    routes: dict[RouteId, FakeRoute] = field(default_factory=dict)
    hushed: set[int] = field(default_factory=set)
    hops: dict[PeerId, HopExtensions] = field(default_factory=dict)
    paces: list[int | None] = field(default_factory=list)
    probes: list[int] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def add_peer(self, peer: PeerId) -> None:
        pass

    def remove_peer(self, peer: PeerId) -> None:
        pass

    def add_route(self, route: Route) -> RouteId:
        number = RouteId(len(self.routes) + 1)
        self.routes[number] = FakeRoute(route, route.in_ssrc)
        return number

    def switch_route(
        self, route: RouteId, in_ssrc: int, *, timestamp_shift: int | None = None, stop: bool = False
    ) -> None:
        self.routes[route].next_ssrc = in_ssrc
        self.routes[route].stopped = stop
        if not self.waits:
            self.arrive()

    def arrive(self) -> None:
        """The keyframes that switches wait for."""
        self.waits = False
        for route in self.routes.values():
            route.in_ssrc, route.next_ssrc = route.next_ssrc or route.in_ssrc, 0

    def pause_route(self, route: RouteId, paused: bool) -> None:
        self.routes[route].paused = paused

    def limit_layers(self, route: RouteId, spatial: int, temporal: int) -> None:
        told = self.routes[route]
        told.limits, told.spatial = (spatial, temporal), min(told.spatial, spatial)
        told.limited += 1

    def keyframe(self, route: RouteId) -> None:
        """Of the stream that goes out: larger pictures begin."""
        self.routes[route].spatial = self.routes[route].limits[0]

    def remove_route(self, route: RouteId) -> None:
        self.routes.pop(route, None)

    def replay(self, route: RouteId) -> bool:
        self.routes[route].replayed = self.cached
        return self.cached

    def route_stats(self, route: RouteId) -> RouteStats:
        told = self.routes[route]
        return RouteStats(told.packets, told.payload_bytes, 0, 0, 0, told.in_ssrc, 0, told.spatial)

    def hush(self, peer: PeerId, ssrc: int, hushed: bool) -> None:
        (self.hushed.add if hushed else self.hushed.discard)(ssrc)

    def set_hop(self, peer: PeerId, hop: HopExtensions) -> None:
        self.hops[peer] = hop

    def limit_bandwidth(self, peer: PeerId, limits: BandwidthLimits) -> None:
        pass

    def bandwidth(self, peer: PeerId) -> Bandwidth:
        return self.known

    def strained(self, watched: Mapping[PeerId, int]) -> Sequence[PeerId]:
        known = self.known
        worse = known.overusing or known.jammed or known.lossy
        return [peer for peer, least_bps in watched.items() if worse or known.estimate_bps < least_bps]

    def pace(self, peer: PeerId, rate_bps: int | None) -> None:
        self.paces.append(rate_bps)

    def probe(self, peer: PeerId, rate_bps: int, duration_ms: int) -> bool:
        self.probes.append(rate_bps)
        return True

    def send_rtcp(self, peer: PeerId, data: bytes) -> None:
        self.rtcp.append(data)


@dataclass
class Camera:
    """A publication whose encodings (rid -> bits per second) are sent while they are in `rates_bps`."""

    publication: Publication
    plane: TappedPlane
    rates_bps: dict[str, int]
    sizes: dict[str, int] = field(default_factory=lambda: {"l": 180, "m": 360, "h": 720, "": 720})
    clock_us: int = 0
    inner: dict[tuple[int, int], float] = field(default_factory=dict)
    """Shares of the layers inside each encoding, together 1; empty: they are not told."""

    def run(self, now_us: int) -> None:
        """A tenth of a second of packets of everything that is sent."""
        ssrcs = {layer.rid: layer.ssrc for layer in self.publication.layers}
        for rid, rate in self.rates_bps.items():
            if rid and rid not in self.publication.sent_rids:
                continue
            layer = self.publication.layer_of(rid)
            if layer is None:
                layer = self.publication.bind(100 * ord(self.publication.info.id[-1]) + len(ssrcs) + 1, rid)
                ssrcs[rid] = layer.ssrc
            layer.size = (self.sizes[rid] * 16 // 9, self.sizes[rid])
            size = rate // 80
            counted = self.plane.inner.setdefault(layer.ssrc, {})
            for place, share in self.inner.items():
                counted[place] = counted.get(place, 0) + round(size * share)
            layer.received(Received(PEER, layer.ssrc, 96, 0, 0, True, now_us, size, {}, False), wanted=False)
        self.publication.running = True
        self.publication.due_layers(now_us)


def camera(
    plane: RoutePlane,
    name: str,
    rids: Sequence[str] = ("l", "m", "h"),
    source: Source = Source.CAMERA,
    codec: str = "vp8",
) -> Camera:
    """A camera of the participant `name`, or a plain video for no rids."""
    kind = Kind.AUDIO if source is Source.MICROPHONE else Kind.VIDEO
    info = PublicationInfo(f"track {name}", name, kind, source, "opus" if kind is Kind.AUDIO else codec)
    made = Publication(
        info,
        plane,  # type: ignore[arg-type]
        PEER,
        payload_type=96,
        clock_rate_hz=90_000,
        extensions={},
        clock=ClockMap(),
        rids=tuple(rids),
    )
    rates = {"l": 150_000, "m": 500_000, "h": 1_500_000} if rids else {"": 900_000}
    return Camera(made, plane, rates)
