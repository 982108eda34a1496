"""The path of a media packet through the plain data plane: open, unwrap, cache, rewrite, seal, queue.

Written for few Python operations a copy: everything that is the same for all routes of a packet is done once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from cryptography.exceptions import InvalidTag

from media_server.dataplane import extensions
from media_server.dataplane.descriptors import NO_SHIFT, Shift, vp8_moved
from media_server.dataplane.pacer import MAX_FILLINGS, Leaving
from media_server.dataplane.ports import PeerId, Received, TapPacket
from media_server.dataplane.repeats import again, filling, since_keyframe
from media_server.dataplane.routes import RouteState
from media_server.dataplane.state import VIDEO_CACHE_PACKETS, Link, Packet, Peer, Stream, received
from media_server.dataplane.wire import Sender

_REPEAT_US, _MOST_REPEAT_US = 20_000, 200_000
_MIN_SEALED_BYTES = 10

_REPLAY_BYTES = 600_000

_READ_HEADER = struct.Struct("!HII").unpack_from
_WRITE_HEADER = struct.Struct("!BBHII").pack
_32_BITS = 0xFFFFFFFF


class Forwarder:
    """RTP of all peers. `batch` and the peers' queues hold one wake-up's packets; `flush` empties the queues.
    `to_report` gets who is to be told when his packets arrived."""

    def __init__(self, sender: Sender, to_report: dict[PeerId, Peer]) -> None:
        self._sender = sender
        self._to_report = to_report
        self._dirty: list[Peer] = []
        self.to_wake: list[Peer] = []
        """Peers whose pacing queue must be looked at in a step; the owner empties it."""
        self.batch: list[Received] = []
        """What arrived, to be told upward; the owner empties it."""
        self.forwarded = self.dropped_auth = self.dropped_malformed = self.paced_out = 0

    def rtp(self, owner: tuple[PeerId, Peer], data: bytes, first: int, now_us: int) -> None:
        number, peer = owner
        inbound = peer.inbound
        sequence, timestamp, ssrc = _READ_HEADER(data, 2)
        head = extension_at = 12 + 4 * (first & 15)
        if first & 16:
            head += 4 + 4 * int.from_bytes(data[head + 2 : head + 4], "big")
        if inbound is None or len(data) < head + _MIN_SEALED_BYTES:
            self.dropped_malformed += 1
            return
        stream = peer.streams.get(ssrc)
        index = sequence if stream is None else stream.window.index_of(sequence)
        if stream is not None and not stream.window.fresh(index):
            self.dropped_auth += 1
            return
        header = data[:head]
        try:
            body = inbound.open((inbound.salt ^ (ssrc << 48) ^ index).to_bytes(12, "big"), data[head:], header)
        except InvalidTag:
            self.dropped_auth += 1
            return
        if stream is None:
            stream = peer.stream(ssrc)
        highest = stream.window.highest
        stream.accept(index)

        payload = body
        if first & 32:
            payload = body[: -body[-1]] if body and 0 < body[-1] <= len(body) else b""
        elements = extensions.read(data[extension_at:head]) if first & 16 else {}
        if peer.arrived(ssrc, elements, now_us):
            self._to_report[number] = peer
        packet = Packet(index, data[1] & 0x80, data[1] & 0x7F, timestamp, elements, payload, now_us)
        if ssrc in peer.rtx:
            self.batch.append(received(number, ssrc, packet, now_us, head + len(body), False))
            self._recovered(owner, peer.rtx[ssrc], packet, header, now_us)
        else:
            packet = stream.described(packet)
            self._media(stream, packet, highest, now_us, header, body)
            self.batch.append(received(number, ssrc, packet, now_us, head + len(body), packet.keyframe))

    def _recovered(
        self,
        owner: tuple[PeerId, Peer],
        rtx: tuple[int, Mapping[int, int]],
        packet: Packet,
        header: bytes,
        now_us: int,
    ) -> None:
        """A publisher's RTX packet: the original as if it had come on its own stream, if it had not."""
        number, peer = owner
        ssrc, types = rtx
        stream = peer.streams.get(ssrc)
        media_type = types.get(packet.payload_type)
        if stream is None or stream.window.highest < 0 or media_type is None or len(packet.payload) < 2:
            return
        index = stream.window.index_of(int.from_bytes(packet.payload[:2], "big"))
        if not stream.window.fresh(index):
            return
        highest = stream.window.highest
        stream.accept(index)
        original = packet._replace(number=index, payload_type=media_type, payload=packet.payload[2:])
        original = stream.described(original)
        head = bytes((header[0] & ~32, packet.marker | media_type)) + (index & 0xFFFF).to_bytes(2, "big")
        head += header[4:8] + ssrc.to_bytes(4, "big") + header[12:]
        self._media(stream, original, highest, now_us, head, original.payload)
        size = len(head) + len(original.payload)
        # The elements were told with the RTX packet: transport-cc must not count it twice.
        told = original._replace(elements={})
        self.batch.append(received(number, ssrc, told, now_us, size, original.keyframe))

    def _media(self, stream: Stream, packet: Packet, highest: int, now_us: int, header: bytes, body: bytes) -> None:
        """Cache, forward and tap one new packet of a stream."""
        if packet.number > highest:
            stream.highest_timestamp = packet.timestamp
            stream.highest_us = now_us
        if stream.muted:
            return
        if stream.cache:
            stream.cache[packet.number % len(stream.cache)] = packet
        if packet.layers is not None and packet.payload:
            place = packet.layers[:2]
            stream.layer_bytes[place] = stream.layer_bytes.get(place, 0) + len(packet.payload)
        if packet.keyframe and stream.waiting:
            for route in stream.waiting:
                route.stream.routes.remove(route)
                route.leave(stream)
                stream.routes.append(route)
            stream.waiting.clear()
        if stream.routes and not stream.hushed:
            self._forward(stream.routes, packet, highest, now_us)
        if stream.taps:
            tapped = TapPacket(now_us, header + body)
            for sink in stream.taps:
                sink(tapped)

    def _forward(self, routes: Iterable[RouteState], packet: Packet, highest: int, now_us: int) -> None:
        """Rewrite and seal a packet for every one of its stream's routes. `highest`: of the stream before it."""
        index, marker, payload_type, timestamp, elements, payload, _, _, layers, picture = packet
        size = len(payload)
        newest = index > highest
        blocks: dict[int, bytes] = {}
        moved: dict[Shift, bytes] = {NO_SHIFT: payload}
        for route in routes:
            if not route.live and not route.start(packet, now_us):
                continue
            out_type = route.types[payload_type]
            if out_type < 0 or not size:
                if newest:
                    route.skip(index)
                    continue
                if out_type < 0:
                    continue
            if newest and route.layered and not route.admits(packet, layers):
                route.skip_layer(packet)
                continue
            delta, timestamp_delta, shift, spatial = route.delta, route.timestamp_delta, route.shift, route.spatial
            if index < route.first:
                segment = route.late(index)
                if segment is None:
                    continue
                *_, delta, timestamp_delta, shift, spatial = segment
            out_index = index + delta
            out_timestamp = (timestamp + timestamp_delta) & _32_BITS
            marker_and_type = marker | out_type
            out_payload = payload
            if layers is not None:
                if layers.ends and layers.spatial == spatial:
                    marker_and_type |= 0x80
                if picture is not None:
                    out_payload = moved.get(shift) or moved.setdefault(shift, vp8_moved(payload, shift))
                    if newest:
                        route.sent_vp8 = picture
            link = route.out.link
            if link is not None:
                kept = route.mapped(elements)
                ssrc, late = route.ssrc, not newest
                leaving = Leaving(
                    route, ssrc, out_index, marker_and_type, out_timestamp, kept, out_payload, False, late
                )
                self._offer(link, leaving, now_us)
                continue
            block = blocks.get(route.mapping)
            if block is None:
                block = blocks[route.mapping] = extensions.pack(route.mapped(elements))
            header = _header(block, marker_and_type, out_index, out_timestamp, route.ssrc)
            if self._queue(route, route.salted ^ out_index, out_payload, header):
                route.packets += 1
                route.payload_bytes += size
                self.forwarded += 1

    def _offer(self, link: Link, leaving: Leaving, now_us: int) -> bool:
        """Let a packet to a linked peer leave, or wait for its pace; audio never waits. False: it was dropped."""
        pacer = link.pacer
        if leaving.route.audio or (not pacer.waits_before(leaving) and link.may_leave(now_us)):
            self._depart(link, leaving, now_us)
        elif pacer.wait(leaving):
            if len(pacer.queue) == 1:
                self.to_wake.append(leaving.route.out)
        else:
            self.paced_out += 1
            return False
        return True

    def _depart(self, link: Link, leaving: Leaving, now_us: int) -> None:
        """Number, seal and queue a packet for the wire."""
        route, ssrc, index, marker_and_type, timestamp, elements, payload, repeat, _ = leaving
        out, hop, estimator = route.out, link.hop, link.estimator
        if out.outbound is None:
            return
        if index < 0:
            index = out.take_index(ssrc)
        own: list[tuple[int, bytes]] = []
        if hop.abs_send_time:
            own.append((hop.abs_send_time, extensions.send_time(now_us)))
        if estimator is not None:
            own.append((hop.transport_cc, estimator.upcoming.to_bytes(2, "big")))
        block = extensions.pack(elements, own)
        header = _header(block, marker_and_type, index, timestamp, ssrc)
        if not self._queue(route, out.outbound.salt ^ (ssrc << 48) ^ index, payload, header):
            return
        size = len(out.queue[-2]) + len(out.queue[-1])
        if estimator is not None:
            estimator.take(size, now_us, probing=link.pacer.probe_bps > 0)
        link.pacer.left(size)
        if repeat:
            return
        route.packets += 1
        route.payload_bytes += len(payload)
        self.forwarded += 1

    def step(self, peer: Peer, now_us: int) -> bool:
        """Let leave what may leave now, and fill up a probe; True if the peer must be looked at again in a step."""
        link = peer.link
        if link is None:
            return False
        pacer = link.pacer
        if peer.target is None:
            pacer.probe_bps = 0
            if link.estimator is not None:
                link.estimator.end_probe()
            return False
        while pacer.queue and link.may_leave(now_us):
            self._depart(link, pacer.next(), now_us)
        for _ in range(MAX_FILLINGS):
            if not pacer.probe_lacks(now_us) or not self._fill(peer, link, now_us):
                break
        if pacer.probe_over(now_us) and link.estimator is not None:
            link.estimator.end_probe()
        self.flush()
        return pacer.busy

    def probe(self, peer: Peer, rate_bps: int, duration_ms: int, now_us: int) -> bool:
        """See `DataPlane.probe`."""
        link = peer.link
        if link is None or link.estimator is None or link.pacer.probe_bps or rate_bps <= 0 or duration_ms <= 0:
            return False
        if peer.target is None or filling(peer, link) is None:
            return False
        link.estimator.begin_probe()
        link.pacer.begin_probe(rate_bps, duration_ms * 1000, now_us)
        self.to_wake.append(peer)
        return True

    def _fill(self, peer: Peer, link: Link, now_us: int) -> bool:
        leaving = filling(peer, link)
        link.fillings += 1
        if leaving is None:
            return False
        self._depart(link, leaving, now_us)
        return True

    def replay(self, route: RouteState, now_us: int) -> bool:
        """See `DataPlane.replay`."""
        stream = route.stream
        if route.started or not route.may_start() or stream.silent:
            return False
        packets = since_keyframe(stream, now_us)
        size = sum(len(packet.payload) for packet in packets)
        link = route.out.link
        if not packets or size > _REPLAY_BYTES or (link is not None and not link.pacer.room(len(packets), size)):
            return False
        route.first = packets[0].number
        for packet in packets:
            self._forward((route,), packet, packet.number - 1, now_us)
        self.flush()
        return True

    def flush(self) -> None:
        """Send what was sealed."""
        sender = self._sender
        for peer in self._dirty:
            if peer.target is not None:
                sender.send_pairs(peer.queue, peer.target)
            peer.queue.clear()
        self._dirty.clear()

    def retransmit(self, state: RouteState, sequences: Sequence[int], now_us: int) -> int:
        """Answer a NACK; see `DataPlane.retransmit`."""
        if state.stream.silent or not state.may_start():
            return 0
        found = sum(self._repeat(state, sequence, now_us) for sequence in sequences[:VIDEO_CACHE_PACKETS])
        self.flush()
        return found

    def _repeat(self, state: RouteState, sequence: int, now_us: int) -> bool:
        place = state.find(sequence)
        stream = place and state.source.streams.get(place[0].ssrc)
        if place is None or not stream or stream.silent or stream.life != place[0].life:
            return False
        segment, out_index = place
        packet = stream.cached(out_index - segment.delta)
        leaving = packet and again(state, segment, packet, out_index)
        if leaving is None:
            return False
        if now_us - state.resent_us.get(out_index, -_MOST_REPEAT_US) < _repeat_us(state.out.link):
            return True
        state.resent_us.pop(out_index, None)
        state.resent_us[out_index] = now_us
        if len(state.resent_us) > VIDEO_CACHE_PACKETS:
            del state.resent_us[next(iter(state.resent_us))]
        link = state.out.link
        if link is not None:
            state.retransmitted += self._offer(link, leaving, now_us)
            return True
        _, ssrc, index, marker_and_type, timestamp, elements, payload, _, _ = leaving
        if index < 0:
            index = state.out.take_index(ssrc)
        nonce = state.salted ^ ((state.ssrc ^ ssrc) << 48) ^ index
        header = _header(extensions.pack(elements), marker_and_type, index, timestamp, ssrc)
        state.retransmitted += self._queue(state, nonce, payload, header)
        return True

    def _queue(self, state: RouteState, nonce: int, payload: bytes, header: bytes) -> bool:
        try:
            sealed = state.seal(nonce.to_bytes(12, "big"), payload, header)
        except ValueError:
            self.dropped_malformed += 1
            return False
        queue = state.out.queue
        if not queue:
            self._dirty.append(state.out)
        queue.append(header)
        queue.append(sealed)
        return True


def _repeat_us(link: Link | None) -> int:
    """A viewer asks anew when it should have come; what it asks for before then is still on its way."""
    trip_us = 0 if link is None or link.estimator is None else link.estimator.round_trip_us
    return min(max(trip_us * 3 // 4, _REPEAT_US), _MOST_REPEAT_US)


def _header(block: bytes, marker_and_type: int, index: int, timestamp: int, ssrc: int) -> bytes:
    """An RTP header without CSRC, padding; `block` is a whole extension block or empty."""
    if block:
        return _WRITE_HEADER(0x90, marker_and_type, index & 0xFFFF, timestamp, ssrc) + block
    return _WRITE_HEADER(0x80, marker_and_type, index & 0xFFFF, timestamp, ssrc)
