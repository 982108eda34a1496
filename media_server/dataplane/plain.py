"""The pure-Python data plane: one socket, one read loop, and the tables that say where packets go.

A media packet goes `_drain` -> `_datagram` -> `forwarding.Forwarder` -> `wire.Sender`.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Mapping, Sequence

from hearing.tasks import log_fault
from media_server.dataplane.consent import Consent
from media_server.dataplane.feedback_parser import split
from media_server.dataplane.forwarding import Forwarder
from media_server.dataplane.pacer import STEP_US
from media_server.dataplane.ports import (
    Address,
    Bandwidth,
    BandwidthLimits,
    HopExtensions,
    InnerLayer,
    PeerId,
    PlaneStats,
    Route,
    RouteId,
    RouteStats,
    SrtpKeys,
    TapSink,
    Upcalls,
)
from media_server.dataplane.reporting import Reporting
from media_server.dataplane.routes import RouteState
from media_server.dataplane.srtp import SrtpError
from media_server.dataplane.state import MAX_ADDRESSES, Peer
from media_server.dataplane.wire import MAX_DATAGRAM_BYTES, RawAddress, Sender, open_socket, shown

_DRAIN_DATAGRAMS = 256
"""A wake-up handles at most so many, so that timers and signalling get their turn."""
_FLUSH_DATAGRAMS = 32
"""What is sealed waits at most for so many received ones: the kernel groups, latency stays low."""


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000


class PlainDataPlane:
    """`DataPlane` in Python (see ports.py). Its queues hold one wake-up's packets; a full socket drops new ones."""

    name = "plain"

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket: socket.socket | None = None
        self._sender: Sender | None = None
        self._forwarder: Forwarder | None = None
        self._upcalls: Upcalls | None = None
        self._peers: dict[PeerId, Peer] = {}
        self._bound: dict[RawAddress, tuple[PeerId, Peer]] = {}
        self._routes: dict[RouteId, RouteState] = {}
        self._route_ids = itertools.count(1)
        self._steps: dict[int, asyncio.TimerHandle] = {}
        """By id of the peer's state: when its pacing queue is looked at next."""
        self._reporting = Reporting(self.send_rtcp)
        self._mappings: dict[tuple[tuple[tuple[int, int], ...], bool], int] = {}
        self._received = self._dropped_unbound = self._dropped_auth = self._dropped_malformed = 0

    async def start(self, host: str, port: int, upcalls: Upcalls) -> Address:
        """See `DataPlane`."""
        self._socket = open_socket(host, port)
        self._sender = Sender(self._socket)
        self._forwarder = Forwarder(self._sender, self._reporting.waiting)
        self._upcalls = upcalls
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._drain)
        bound: Address = self._socket.getsockname()[:2]
        return bound

    async def close(self) -> None:
        """See `DataPlane`."""
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        self._reporting.close()
        for step in self._steps.values():
            step.cancel()
        self._steps.clear()

    def add_peer(self, peer: PeerId) -> None:
        """See `DataPlane`."""
        self._peers.setdefault(peer, Peer())

    def remove_peer(self, peer: PeerId) -> None:
        """See `DataPlane`."""
        gone = self._peers.pop(peer, None)
        if gone is None:
            return
        for raw in gone.addresses:
            del self._bound[raw]
        gone.target = None
        self._reporting.forget(peer)
        if step := self._steps.pop(id(gone), None):
            step.cancel()
        for number, route in list(self._routes.items()):
            if route.source is gone or route.out is gone:
                self.remove_route(number)

    def bind_address(self, peer: PeerId, source: Address) -> None:
        """See `DataPlane`."""
        state, raw = self._peers[peer], self._wire.raw(source)
        former = self._bound.get(raw)
        if former is not None and former[1] is not state:
            former[1].addresses.pop(raw)
            if former[1].target == raw:
                former[1].stop_sending()
        if raw not in state.addresses and len(state.addresses) >= MAX_ADDRESSES:
            oldest = next(address for address in state.addresses if address != state.target)
            del state.addresses[oldest], self._bound[oldest]
        state.addresses.pop(raw, None)
        state.addresses[raw] = None
        self._bound[raw] = (peer, state)

    def send_to_address(self, peer: PeerId, target: Address | None) -> None:
        """See `DataPlane`."""
        state = self._peers[peer]
        if target is None:
            state.stop_sending()
        elif (raw := self._wire.raw(target)) in state.addresses:
            state.target = raw

    def answer_checks(self, peer: PeerId, ufrag: str | None, password: str = "") -> None:
        """See `DataPlane`."""
        self._peers[peer].consent = None if ufrag is None else Consent(ufrag, password)

    def set_keys(self, peer: PeerId, keys: SrtpKeys) -> None:
        """See `DataPlane`."""
        self._peers[peer].set_keys(keys)

    def add_route(self, route: Route) -> RouteId:
        """See `DataPlane`."""
        source, out = self._peers[route.in_peer], self._peers[route.out_peer]
        if any(route.out_ssrc in (other.ssrc, other.route.rtx_ssrc) for other in out.routes.values()):
            # Two senders with one SSRC and key would use one AES-GCM nonce twice.
            raise ValueError(f"outgoing SSRC {route.out_ssrc} is in use")
        rewriting = (tuple(sorted(route.extensions.items())), route.one_byte_extensions)
        mapping = self._mappings.setdefault(rewriting, len(self._mappings))
        stream = source.stream(route.in_ssrc)
        stream.carry(route.codec)
        stream.dependency_descriptor = route.dependency_descriptor or stream.dependency_descriptor
        number = RouteId(next(self._route_ids))
        state = RouteState(route, source, stream, out, mapping)
        stream.routes.append(state)
        out.routes[number] = self._routes[number] = state
        return number

    def switch_route(
        self, route: RouteId, in_ssrc: int, *, timestamp_shift: int | None = None, stop: bool = False
    ) -> None:
        """See `DataPlane`."""
        state = self._routes[route]
        state.stop_waiting()
        state.next_shift = timestamp_shift
        state.stop(stop and in_ssrc != state.stream.ssrc)
        if in_ssrc == state.stream.ssrc:
            return
        stream = state.source.stream(in_ssrc)
        stream.carry(state.route.codec)
        stream.dependency_descriptor = state.route.dependency_descriptor or stream.dependency_descriptor
        stream.waiting.append(state)

    def replay(self, route: RouteId) -> bool:
        """See `DataPlane`."""
        replayed = self._media.replay(self._routes[route], _monotonic_us())
        self._wake()
        return replayed

    def limit_layers(self, route: RouteId, spatial: int, temporal: int) -> None:
        """See `DataPlane`."""
        self._routes[route].limit_layers(spatial, temporal)

    def pause_route(self, route: RouteId, paused: bool) -> None:
        """See `DataPlane`."""
        self._routes[route].pause(paused)

    def remove_route(self, route: RouteId) -> None:
        """See `DataPlane`."""
        state = self._routes.pop(route, None)
        if state is None:
            return
        state.hold()
        state.stop_waiting()
        state.stream.routes.remove(state)
        state.out.routes.pop(route, None)

    def route_stats(self, route: RouteId) -> RouteStats:
        """See `DataPlane`."""
        return self._routes[route].stats()

    def set_rtx(self, peer: PeerId, rtx_ssrc: int, media_ssrc: int, payload_types: Mapping[int, int]) -> None:
        """See `DataPlane`."""
        self._peers[peer].rtx[rtx_ssrc] = (media_ssrc, dict(payload_types))

    def add_tap(self, peer: PeerId, ssrc: int, sink: TapSink) -> Callable[[], None]:
        """See `DataPlane`."""
        stream = self._peers[peer].stream(ssrc)
        stream.taps = [*stream.taps, sink]

        def remove() -> None:
            stream.taps = [other for other in stream.taps if other is not sink]

        return remove

    def set_stream(
        self, peer: PeerId, ssrc: int, codec: str, clock_rate_hz: int, *, dependency_descriptor: int = 0
    ) -> None:
        """See `DataPlane`."""
        stream = self._peers[peer].stream(ssrc)
        stream.carry(codec)
        stream.dependency_descriptor = dependency_descriptor or stream.dependency_descriptor

    def inner_layers(self, peer: PeerId, ssrc: int) -> Sequence[InnerLayer]:
        """See `DataPlane`."""
        stream = self._peers[peer].streams.get(ssrc)
        return [] if stream is None else [InnerLayer(*at, size) for at, size in sorted(stream.layer_bytes.items())]

    def mute(self, peer: PeerId, ssrc: int, muted: bool) -> None:
        """See `DataPlane`."""
        self._peers[peer].stream(ssrc).mute(muted)

    def hush(self, peer: PeerId, ssrc: int, hushed: bool) -> None:
        """See `DataPlane`."""
        self._peers[peer].stream(ssrc).hush(hushed)

    def set_hop(self, peer: PeerId, hop: HopExtensions) -> None:
        """See `DataPlane`."""
        self._peers[peer].set_hop(hop)

    def limit_bandwidth(self, peer: PeerId, limits: BandwidthLimits) -> None:
        """See `DataPlane`."""
        self._peers[peer].limit(limits)

    def bandwidth(self, peer: PeerId) -> Bandwidth:
        """See `DataPlane`."""
        return self._peers[peer].bandwidth(_monotonic_us())

    def strained(self, watched: Mapping[PeerId, int]) -> Sequence[PeerId]:
        """See `DataPlane`."""
        now_us = _monotonic_us()
        links = ((peer, self._peers[peer].link, bps) for peer, bps in watched.items() if peer in self._peers)
        return [peer for peer, link, bps in links if link is not None and link.strained(bps, now_us)]

    def pace(self, peer: PeerId, rate_bps: int | None) -> None:
        """See `DataPlane`."""
        state = self._peers[peer]
        if state.link is None and rate_bps is None:
            return
        state.linked().pacer.pace(rate_bps)
        self._media.step(state, _monotonic_us())

    def probe(self, peer: PeerId, rate_bps: int, duration_ms: int) -> bool:
        """See `DataPlane`."""
        begun = self._media.probe(self._peers[peer], rate_bps, duration_ms, _monotonic_us())
        self._wake()
        return begun

    def send_rtcp(self, peer: PeerId, data: bytes) -> None:
        """See `DataPlane`."""
        state = self._peers.get(peer)
        if state is not None and state.outbound is not None and state.target is not None:
            self._wire.send(state.outbound.seal_rtcp(data), state.target)

    def report_arrivals(self, peer: PeerId, ssrc: int, transport_cc: int) -> None:
        """See `DataPlane`."""
        self._peers[peer].report_arrivals(ssrc, transport_cc)

    def send_raw(self, data: bytes, target: Address) -> None:
        """See `DataPlane`."""
        self._wire.send(data, self._wire.raw(target))

    def stats(self) -> PlaneStats:
        """See `DataPlane`."""
        media = self._media
        return PlaneStats(
            received=self._received,
            forwarded=media.forwarded,
            dropped_unbound=self._dropped_unbound,
            dropped_auth=self._dropped_auth + media.dropped_auth,
            dropped_malformed=self._dropped_malformed + media.dropped_malformed,
            send_blocked=self._wire.blocked,
            paced_out=media.paced_out,
            taps_lost=0,
            told_lost=0,
            busy_us=0,
        )

    def retransmit(self, route: RouteId, sequences: Sequence[int]) -> int:
        """See `DataPlane`."""
        state = self._routes.get(route)
        if state is None:
            return 0
        found = self._media.retransmit(state, sequences, _monotonic_us())
        self._wake()
        return found

    def _wake(self) -> None:
        """See to it that queues which began to wait are looked at."""
        media = self._media
        for peer in media.to_wake:
            if id(peer) not in self._steps and self._loop is not None and self._socket is not None:
                self._steps[id(peer)] = self._loop.call_later(STEP_US / 1_000_000, self._step, peer)
        media.to_wake.clear()

    def _step(self, peer: Peer) -> None:
        del self._steps[id(peer)]
        if self._media.step(peer, _monotonic_us()):
            self._media.to_wake.append(peer)
            self._wake()

    @property
    def _wire(self) -> Sender:
        assert self._sender is not None, "start the data plane first"
        return self._sender

    @property
    def _media(self) -> Forwarder:
        assert self._forwarder is not None, "start the data plane first"
        return self._forwarder

    def _drain(self) -> None:
        """Everything the socket holds (up to a limit), then one flush, then one word upward."""
        if self._socket is None or self._upcalls is None:
            return
        receive, media, bound = self._socket.recvfrom, self._media, self._bound
        for count in range(1, _DRAIN_DATAGRAMS + 1):
            try:
                data, source = receive(MAX_DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                continue  # an ICMP error of an earlier send, not ours to act on
            self._received += 1
            try:
                # Read anew: what arrives while others are handled must not seem to have come before it was sent.
                self._datagram(data, source, bound.get(source), _monotonic_us())
            except Exception as fault:
                # A fault of ours on one packet must not stop everybody's media.
                log_fault("datagram was not handled", fault, bytes=len(data))
            if count % _FLUSH_DATAGRAMS == 0:
                media.flush()
            if self._socket is None:
                return
        media.flush()
        if media.to_wake:
            self._wake()
        self._reporting.report()
        if media.batch:
            batch, media.batch = media.batch, []
            self._upcalls.on_received(batch)

    def _datagram(self, data: bytes, source: RawAddress, owner: tuple[PeerId, Peer] | None, now_us: int) -> None:
        """Sort by the first byte (RFC 7983); RTCP by the second (RFC 5761)."""
        assert self._upcalls is not None
        first = data[0] if data else 255
        if first < 4:
            if owner is None or (answered := owner[1].renew_consent(data, source)) is None:
                self._upcalls.on_stun(data, shown(source))
                return
            self._upcalls.on_consent(owner[0], answered[1], shown(source))
            self._wire.send(answered[0], source)
        elif owner is None:
            self._dropped_unbound += 1
        elif 128 <= first < 192 and len(data) >= 12:
            if 192 <= data[1] <= 223:
                self._rtcp(owner, data, now_us)
            else:
                self._media.rtp(owner, data, first, now_us)
        elif 20 <= first < 64:
            self._upcalls.on_dtls(owner[0], data)
        else:
            self._dropped_malformed += 1

    def _rtcp(self, owner: tuple[PeerId, Peer], data: bytes, now_us: int) -> None:
        inbound = owner[1].inbound
        if inbound is None:
            self._dropped_auth += 1
            return
        try:
            opened = inbound.open_rtcp(data)
        except SrtpError:
            self._dropped_auth += 1
            return
        assert self._upcalls is not None
        rest, reports = split(opened)
        owner[1].hear(reports, now_us)
        if rest:
            self._upcalls.on_rtcp(owner[0], rest, now_us)
