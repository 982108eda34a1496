"""`NativeDataPlane`: the compiled data plane behind the verbs of `ports.py`.

A C thread receives, forwards and sends; it never touches a Python object. What it tells comes through a bounded ring
(see ring.h for what it drops) and is handed to the upcalls here, on the event loop. ImportError when the module was
not built or finds no libcrypto.
"""

from __future__ import annotations

import array
import asyncio
import socket
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import starmap

from hearing.tasks import log_fault
from media_server.dataplane.native import _plane
from media_server.dataplane.ports import (
    LOSSY,
    Address,
    Bandwidth,
    BandwidthLimits,
    HopExtensions,
    InnerLayer,
    PeerId,
    PlaneStats,
    Received,
    Route,
    RouteId,
    RouteStats,
    SrtpKeys,
    SrtpProfile,
    TapPacket,
    TapSink,
    Upcalls,
)
from media_server.dataplane.wire import Sender, open_socket

ACCELERATOR: str = _plane.accelerator
"""The crypto accelerator in use, or why there is none."""

_READ_RECORDS = 2048
"""A wake-up tells at most so many, so that timers and signalling get their turn."""
_STUN, _DTLS, _CONSENT = 2, 3, 6
_NO_TYPE = 0xFF


class NativeDataPlane:
    """`DataPlane` in C (see ports.py)."""

    name = "native"

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket: socket.socket | None = None
        self._upcalls: Upcalls | None = None
        self._started: _plane.Plane | None = None
        self._raw: Sender | None = None
        self._taps: dict[tuple[PeerId, int], tuple[TapSink, ...]] = {}
        self._muted: set[tuple[PeerId, int]] = set()

    async def start(self, host: str, port: int, upcalls: Upcalls) -> Address:
        """See `DataPlane`."""
        self._socket = open_socket(host, port)
        self._raw = Sender(self._socket)
        self._upcalls = upcalls
        self._started = _plane.Plane(self._socket.fileno())
        # A thread that seals while the interpreter ends would find libcrypto cleaned up under it.
        self._stop = weakref.finalize(self, self._started.stop)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._started.fileno(), self._read)
        bound: Address = self._socket.getsockname()[:2]
        return bound

    async def close(self) -> None:
        """See `DataPlane`."""
        if self._socket is None or self._started is None or self._loop is None:
            return
        self._loop.remove_reader(self._started.fileno())
        self._stop()
        self._socket.close()
        self._socket = None

    def add_peer(self, peer: PeerId) -> None:
        """See `DataPlane`."""
        self._plane.add_peer(peer)

    def remove_peer(self, peer: PeerId) -> None:
        """See `DataPlane`."""
        self._plane.remove_peer(peer)
        self._taps = {stream: sinks for stream, sinks in self._taps.items() if stream[0] != peer}
        self._muted = {stream for stream in self._muted if stream[0] != peer}

    def bind_address(self, peer: PeerId, source: Address) -> None:
        """See `DataPlane`."""
        self._plane.bind_address(peer, *source)

    def send_to_address(self, peer: PeerId, target: Address | None) -> None:
        """See `DataPlane`."""
        self._plane.send_to_address(peer, *(target or (None, 0)))

    def answer_checks(self, peer: PeerId, ufrag: str | None, password: str = "") -> None:
        """See `DataPlane`."""
        self._plane.answer_checks(peer, ufrag, password)

    def set_keys(self, peer: PeerId, keys: SrtpKeys) -> None:
        """See `DataPlane`."""
        profile = 0 if keys.profile is SrtpProfile.AEAD_AES_128_GCM else 1
        self._plane.set_keys(peer, profile, keys.rx_key, keys.rx_salt, keys.tx_key, keys.tx_salt)

    def add_route(self, route: Route) -> RouteId:
        """See `DataPlane`."""
        ids = bytearray(256)
        for number, new in route.extensions.items():
            ids[number] = new
        number = self._plane.add_route(
            route.in_peer,
            route.in_ssrc,
            route.out_peer,
            route.out_ssrc,
            route.clock_rate_hz,
            _types(route.payload_types),
            bytes(ids),
            -1 if route.rtx_ssrc is None else route.rtx_ssrc,
            _types(route.rtx_payload_types),
            route.keyframe_first,
            route.codec,
            route.dependency_descriptor,
            route.one_byte_extensions,
        )
        return RouteId(number)

    def switch_route(
        self, route: RouteId, in_ssrc: int, *, timestamp_shift: int | None = None, stop: bool = False
    ) -> None:
        """See `DataPlane`."""
        shift = (timestamp_shift or 0) & 0xFFFFFFFF
        self._plane.switch_route(route, in_ssrc, timestamp_shift is not None, shift, stop)

    def replay(self, route: RouteId) -> bool:
        """See `DataPlane`."""
        return self._plane.replay(route)

    def limit_layers(self, route: RouteId, spatial: int, temporal: int) -> None:
        """See `DataPlane`."""
        self._plane.limit_layers(route, spatial, temporal)

    def pause_route(self, route: RouteId, paused: bool) -> None:
        """See `DataPlane`."""
        self._plane.pause_route(route, paused)

    def remove_route(self, route: RouteId) -> None:
        """See `DataPlane`."""
        self._plane.remove_route(route)

    def route_stats(self, route: RouteId) -> RouteStats:
        """See `DataPlane`."""
        return RouteStats(*self._plane.route_stats(route))

    def retransmit(self, route: RouteId, sequences: Sequence[int]) -> int:
        """See `DataPlane`."""
        return self._plane.retransmit(route, array.array("H", sequences).tobytes())

    def set_rtx(self, peer: PeerId, rtx_ssrc: int, media_ssrc: int, payload_types: Mapping[int, int]) -> None:
        """See `DataPlane`."""
        self._plane.set_rtx(peer, rtx_ssrc, media_ssrc, _types(payload_types))

    def add_tap(self, peer: PeerId, ssrc: int, sink: TapSink) -> Callable[[], None]:
        """See `DataPlane`."""
        stream = (peer, ssrc)
        self._plane.tap(peer, ssrc, True)
        self._taps[stream] = (*self._taps.get(stream, ()), sink)

        def remove() -> None:
            left = tuple(other for other in self._taps.get(stream, ()) if other is not sink)
            if left:
                self._taps[stream] = left
            elif self._taps.pop(stream, None) and self._socket is not None:
                self._plane.tap(peer, ssrc, False)

        return remove

    def set_stream(
        self, peer: PeerId, ssrc: int, codec: str, clock_rate_hz: int, *, dependency_descriptor: int = 0
    ) -> None:
        """See `DataPlane`."""
        self._plane.set_stream(peer, ssrc, codec, dependency_descriptor)

    def inner_layers(self, peer: PeerId, ssrc: int) -> Sequence[InnerLayer]:
        """See `DataPlane`."""
        return list(starmap(InnerLayer, self._plane.inner_layers(peer, ssrc)))

    def mute(self, peer: PeerId, ssrc: int, muted: bool) -> None:
        """See `DataPlane`."""
        self._plane.mute(peer, ssrc, muted)
        if muted:
            self._muted.add((peer, ssrc))
        else:
            self._muted.discard((peer, ssrc))

    def hush(self, peer: PeerId, ssrc: int, hushed: bool) -> None:
        """See `DataPlane`."""
        self._plane.hush(peer, ssrc, hushed)

    def set_hop(self, peer: PeerId, hop: HopExtensions) -> None:
        """See `DataPlane`."""
        self._plane.set_hop(peer, hop.transport_cc, hop.abs_send_time)

    def limit_bandwidth(self, peer: PeerId, limits: BandwidthLimits) -> None:
        """See `DataPlane`."""
        self._plane.limit_bandwidth(peer, limits.start_bps, limits.least_bps, limits.most_bps)

    def bandwidth(self, peer: PeerId) -> Bandwidth:
        """See `DataPlane`."""
        return Bandwidth(*self._plane.bandwidth(peer))

    def strained(self, watched: Mapping[PeerId, int]) -> Sequence[PeerId]:
        """See `DataPlane`."""
        return self._plane.strained(watched, LOSSY) if watched else ()

    def pace(self, peer: PeerId, rate_bps: int | None) -> None:
        """See `DataPlane`."""
        self._plane.pace(peer, 0 if rate_bps is None else max(rate_bps, 1))

    def probe(self, peer: PeerId, rate_bps: int, duration_ms: int) -> bool:
        """See `DataPlane`."""
        return self._plane.probe(peer, rate_bps, duration_ms * 1000)

    def send_rtcp(self, peer: PeerId, data: bytes) -> None:
        """See `DataPlane`."""
        self._plane.send_rtcp(peer, data)

    def report_arrivals(self, peer: PeerId, ssrc: int, transport_cc: int) -> None:
        """See `DataPlane`."""
        self._plane.report_arrivals(peer, ssrc, transport_cc)

    def send_raw(self, data: bytes, target: Address) -> None:
        """See `DataPlane`."""
        assert self._raw is not None, "start the data plane first"
        self._raw.send(data, self._raw.raw(target))

    def stats(self) -> PlaneStats:
        """See `DataPlane`."""
        assert self._raw is not None, "start the data plane first"
        stats = PlaneStats(*self._plane.stats())
        return replace(stats, send_blocked=stats.send_blocked + self._raw.blocked)

    @property
    def _plane(self) -> _plane.Plane:
        assert self._started is not None, "start the data plane first"
        return self._started

    def _read(self) -> None:
        """Hand over what the thread told since the last time."""
        if self._socket is None or self._upcalls is None or self._loop is None:
            return
        controls, received, taps, more = self._plane.read(_READ_RECORDS)
        for peer, ssrc, arrival_us, rtp in taps:
            stream = (peer, ssrc)
            if stream not in self._muted:
                packet = TapPacket(arrival_us, rtp)
                for sink in self._taps.get(stream, ()):
                    _guarded(sink, packet)
        for kind, peer, data, host, number in controls:
            if kind == _STUN:
                _guarded(self._upcalls.on_stun, data, (host, number))
            elif kind == _CONSENT:
                _guarded(self._upcalls.on_consent, peer, data, (host, number))
            elif kind == _DTLS:
                _guarded(self._upcalls.on_dtls, peer, data)
            else:
                _guarded(self._upcalls.on_rtcp, peer, data, number)
        if received:
            _guarded(self._upcalls.on_received, list(starmap(Received, received)))
        if more:
            self._loop.call_soon(self._read)


def _guarded(told: Callable[..., None], *what: object) -> None:
    """A fault of ours in one upcall must not keep the others from being told."""
    try:
        told(*what)
    except Exception as fault:
        log_fault("what the data plane told was not handled", fault)


def _types(types: Mapping[int, int]) -> bytes:
    """128 bytes: the new type of each, or none."""
    return bytes(types.get(number, _NO_TYPE) for number in range(128))
