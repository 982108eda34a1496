"""The path of a media packet through the plain data plane: open, unwrap, cache, rewrite, seal, queue.

Written for few Python operations a copy: everything that is the same for all routes of a packet is done once.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag

from media_server.dataplane import extensions
from media_server.dataplane.ports import PeerId, Received, TapPacket
from media_server.dataplane.state import VIDEO_CACHE_PACKETS, Packet, Peer, RouteState, Stream, received
from media_server.dataplane.wire import Sender
from media_server.payloads import is_keyframe

_REPEAT_US = 20_000
_MIN_SEALED_BYTES = 10

_READ_HEADER = struct.Struct("!HII").unpack_from
_WRITE_HEADER = struct.Struct("!BBHII").pack
_32_BITS = 0xFFFFFFFF


class Forwarder:
    """RTP of all peers. `batch` and the peers' queues hold one wake-up's packets; `flush` empties the queues."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._dirty: list[Peer] = []
        self.batch: list[Received] = []
        """What arrived, to be told upward; the owner empties it."""
        self.forwarded = self.dropped_auth = self.dropped_malformed = 0

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
        stream.window.accept(index)

        payload = body
        if first & 32:
            payload = body[: -body[-1]] if body and 0 < body[-1] <= len(body) else b""
        elements = extensions.read(data[extension_at:head]) if first & 16 else {}
        packet = Packet(index, data[1] & 0x80, data[1] & 0x7F, timestamp, elements, payload)
        if ssrc in peer.rtx:
            self.batch.append(received(number, ssrc, packet, now_us, head + len(body), False))
            self._recovered(owner, peer.rtx[ssrc], packet, header, now_us)
        else:
            keyframe = self._media(stream, packet, highest, now_us, header, body)
            self.batch.append(received(number, ssrc, packet, now_us, head + len(body), keyframe))

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
        stream.window.accept(index)
        original = packet._replace(number=index, payload_type=media_type, payload=packet.payload[2:])
        head = bytes((header[0] & ~32, packet.marker | media_type)) + (index & 0xFFFF).to_bytes(2, "big")
        head += header[4:8] + ssrc.to_bytes(4, "big") + header[12:]
        keyframe = self._media(stream, original, highest, now_us, head, original.payload)
        size = len(head) + len(original.payload)
        # The elements were told with the RTX packet: transport-cc must not count it twice.
        told = original._replace(elements={})
        self.batch.append(received(number, ssrc, told, now_us, size, keyframe))

    def _media(self, stream: Stream, packet: Packet, highest: int, now_us: int, header: bytes, body: bytes) -> bool:
        """Cache, forward and tap one new packet of a stream; says whether a keyframe starts in it."""
        if packet.number > highest:
            stream.highest_timestamp = packet.timestamp
            stream.highest_us = now_us
        keyframe = stream.codec is not None and stream.codec != "opus" and is_keyframe(stream.codec, packet.payload)
        if stream.muted:
            return keyframe
        if stream.cache:
            stream.cache[packet.number % len(stream.cache)] = packet
        if keyframe and stream.waiting:
            for route in stream.waiting:
                route.stream.routes.remove(route)
                route.leave(stream)
                stream.routes.append(route)
            stream.waiting.clear()
        if stream.routes and not stream.hushed:
            self._forward(stream, packet, highest, keyframe, now_us)
        if stream.taps:
            tapped = TapPacket(now_us, header + body)
            for sink in stream.taps:
                sink(tapped)
        return keyframe

    def _forward(self, stream: Stream, packet: Packet, highest: int, keyframe: bool, now_us: int) -> None:
        """Rewrite and seal a packet for every route of its stream. `highest`: of the stream before this packet."""
        index, marker, payload_type, timestamp, elements, payload = packet
        size = len(payload)
        blocks: dict[int, bytes] = {}
        for route in stream.routes:
            if not route.live and not route.start(index, timestamp, keyframe, now_us):
                continue
            delta, timestamp_delta = route.delta, route.timestamp_delta
            if index < route.first:
                segment = route.late(index)
                if segment is None:
                    continue
                delta, timestamp_delta = segment.delta, segment.timestamp_delta
            out_type = route.types[payload_type]
            if out_type < 0 or not size:
                if index > highest:
                    route.skip(index)
                    continue
                if out_type < 0:
                    continue
            block = blocks.get(route.mapping)
            if block is None:
                block = blocks[route.mapping] = extensions.write(elements, route.route.extensions)
            out_index = index + delta
            out_timestamp = (timestamp + timestamp_delta) & _32_BITS
            header = _header(block, marker | out_type, out_index, out_timestamp, route.ssrc)
            if self._queue(route, route.salted ^ out_index, payload, header):
                route.packets += 1
                route.payload_bytes += size
                self.forwarded += 1

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
        if state.paused or state.stream.silent or state.out.outbound is None:
            return 0
        found = sum(self._repeat(state, sequence, now_us) for sequence in sequences[:VIDEO_CACHE_PACKETS])
        self.flush()
        return found

    def _repeat(self, state: RouteState, sequence: int, now_us: int) -> bool:
        place = state.find(sequence)
        stream = place and state.source.streams.get(place[0].ssrc)
        if place is None or not stream or stream.silent:
            return False
        segment, out_index = place
        packet = stream.cached(out_index - segment.delta)
        if packet is None or (out_type := state.types[packet.payload_type]) < 0:
            return False
        if now_us - state.resent_us.get(out_index, -_REPEAT_US) < _REPEAT_US:
            return True
        state.resent_us.pop(out_index, None)
        state.resent_us[out_index] = now_us
        if len(state.resent_us) > VIDEO_CACHE_PACKETS:
            del state.resent_us[next(iter(state.resent_us))]
        route, ssrc, payload, salted = state.route, state.ssrc, packet.payload, state.salted
        rtx_type = route.rtx_payload_types.get(out_type)
        if route.rtx_ssrc is not None and rtx_type is not None:
            payload = (out_index & 0xFFFF).to_bytes(2, "big") + payload
            out_type, ssrc = rtx_type, route.rtx_ssrc
            out_index = state.out.take_index(ssrc)
            salted ^= (state.ssrc ^ ssrc) << 48
        block = extensions.write(packet.elements, route.extensions)
        timestamp = (packet.timestamp + segment.timestamp_delta) & _32_BITS
        header = _header(block, packet.marker | out_type, out_index, timestamp, ssrc)
        state.retransmitted += self._queue(state, salted ^ out_index, payload, header)
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


def _header(block: bytes, marker_and_type: int, index: int, timestamp: int, ssrc: int) -> bytes:
    """An RTP header without CSRC, padding; `block` is a whole extension block or empty."""
    if block:
        return _WRITE_HEADER(0x90, marker_and_type, index & 0xFFFF, timestamp, ssrc) + block
    return _WRITE_HEADER(0x80, marker_and_type, index & 0xFFFF, timestamp, ssrc)
