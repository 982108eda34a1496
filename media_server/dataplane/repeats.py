"""Packets sent again out of the cache: answers to NACK, fillings of probes, and the start of a late viewer."""

from __future__ import annotations

from media_server.dataplane.descriptors import NO_SHIFT, vp8_moved
from media_server.dataplane.pacer import Leaving
from media_server.dataplane.routes import RouteState, Segment
from media_server.dataplane.state import Link, Packet, Peer, Stream

_REPLAY_US = 2_000_000
_FILLING_PACKETS = 50
"""A probe is filled up with the newest so many, over and over."""
_32_BITS = 0xFFFFFFFF


def again(state: RouteState, segment: Segment, packet: Packet, out_index: int) -> Leaving | None:
    """The repeat of a packet: as RTX, else as it was, if its very bytes can be had again."""
    out_type = state.types[packet.payload_type]
    if out_type < 0:
        return None
    route, ssrc, payload, marker = state.route, state.ssrc, packet.payload, packet.marker
    if packet.vp8 is not None and segment.shift != NO_SHIFT:
        payload = vp8_moved(payload, segment.shift)
    if packet.layers is not None and packet.layers.ends and packet.layers.spatial == segment.spatial:
        marker = 0x80
    rtx_type = route.rtx_payload_types.get(out_type)
    if route.rtx_ssrc is not None and rtx_type is not None:
        payload = (out_index & 0xFFFF).to_bytes(2, "big") + payload
        out_type, ssrc, out_index = rtx_type, route.rtx_ssrc, -1
    elif state.out.was_linked:
        return None
    kept = state.mapped(packet.elements)
    timestamp = (packet.timestamp + segment.timestamp_delta) & _32_BITS
    return Leaving(state, ssrc, out_index, marker | out_type, timestamp, kept, payload, True, False)


def filling(peer: Peer, link: Link) -> Leaving | None:
    """A repeat of one of the newest packets of the first route that has any, going back one each time."""
    for route in peer.routes.values():
        if not route.live or route.stream.silent or route.route.rtx_ssrc is None:
            continue
        highest = route.stream.window.highest
        count = max(min(_FILLING_PACKETS, highest - route.first + 1), 1)
        for step in range(link.fillings, link.fillings + count):
            index = highest - step % count
            packet = route.stream.cached(index)
            if packet is None or index < route.first:
                continue
            leaving = again(route, route.present(), packet, index + route.delta)
            if leaving is not None and leaving.out_index < 0:
                return leaving
    return None


def since_keyframe(stream: Stream, now_us: int) -> list[Packet]:
    """The packets from the last keyframe to now, if all are there and none is too old; else none."""
    packets: list[Packet] = []
    keyframe_at = -1
    for index in range(stream.window.highest, stream.window.highest - len(stream.cache), -1):
        packet = stream.cached(index)
        if packet is None:
            break
        if keyframe_at < 0 and now_us - packet.arrival_us > _REPLAY_US:
            break
        if keyframe_at >= 0 and packet.timestamp != packets[keyframe_at].timestamp:
            break
        packets.append(packet)
        if packet.keyframe:
            # Parameter sets before the picture count as its beginning (H264).
            keyframe_at = len(packets) - 1
    return packets[keyframe_at::-1] if keyframe_at >= 0 else []
