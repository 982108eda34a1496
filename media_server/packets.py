"""RTCP on the wire: what we understand of a compound packet, and the packets we send.

`parse` never raises: a peer that is authenticated may still send nonsense. It reads packet by packet and stops
at the first header that does not fit; a body that does not fit is left out. RFC 3550, 3611 (XR), 4585 (NACK,
PLI), 5104 (FIR), draft-alvestrand-rmcat-remb.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_ITEMS = 128
"""Items taken from one compound packet; the rest is ignored."""

_SR, _RR, _SDES, _BYE, _RTPFB, _PSFB, _XR = 200, 201, 202, 203, 205, 206, 207
_NACK, _TRANSPORT_CC, _PLI, _FIR, _AFB = 1, 15, 1, 4, 15
_RRTR, _DLRR = 4, 5


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one SSRC (RFC 3550 6.4.1). `fraction_lost` 0..1; `jitter` in RTP clock units;
    `last_report` is the middle of an NTP timestamp, `delay` in 1/65536 s; both 0 when no report was seen."""

    ssrc: int
    fraction_lost: float
    lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay: int


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """The sender's part of a sender report; `ntp` 64 bit."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class Nack:
    """Lost packets of `media_ssrc`, asked for again."""

    media_ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """PLI or FIR."""

    media_ssrc: int


@dataclass(frozen=True, slots=True)
class Bye:
    """Streams that ended."""

    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver's estimate of what may be sent to it, bits per second."""

    bitrate_bps: int


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Transport-cc feedback as it came (whole RTCP packet); read by the downstream estimator."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ReferenceEcho:
    """Answer to our receiver reference time (RFC 3611 4.5): gives the round trip to a pure sender."""

    last_report: int
    delay: int


Item = ReportBlock | SenderInfo | Nack | KeyframeRequest | Bye | Remb | TransportFeedback | ReferenceEcho


def parse(data: bytes) -> list[Item]:
    """Items of a compound RTCP packet, in order, at most `MAX_ITEMS`."""
    items: list[Item] = []
    at = 0
    while at + 4 <= len(data) and len(items) < MAX_ITEMS:
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 * (words + 1)
        if first >> 6 != 2 or end > len(data):
            break
        body = data[at + 4 : end]
        try:
            if kind == _RTPFB and first & 31 == _TRANSPORT_CC:
                items.append(TransportFeedback(data[at:end]))
            else:
                items.extend(_parse_one(kind, first & 31, body))
        except struct.error:
            pass
        at = end
    return items[:MAX_ITEMS]


def _parse_one(kind: int, count: int, body: bytes) -> Iterable[Item]:
    if kind == _SR:
        return [SenderInfo(*struct.unpack_from("!IQIII", body)), *_blocks(body, 24, count)]
    if kind == _RR:
        return _blocks(body, 4, count)
    if kind == _BYE:
        return [Bye(struct.unpack_from(f"!{count}I", body))]
    if kind == _XR:
        return _extended(body)
    if kind == _RTPFB and count == _NACK:
        return [_nack(body)]
    if kind == _PSFB and count == _PLI:
        return [KeyframeRequest(struct.unpack_from("!I", body, 4)[0])]
    if kind == _PSFB and count == _FIR:
        return [KeyframeRequest(struct.unpack_from("!I", body, at)[0]) for at in range(8, len(body) - 7, 8)]
    if kind == _PSFB and count == _AFB and body[8:12] == b"REMB":
        bits = int.from_bytes(body[13:16], "big")
        return [Remb((bits & 0x3FFFF) << (bits >> 18))]
    return []


def _blocks(body: bytes, at: int, count: int) -> list[ReportBlock]:
    blocks = []
    for index in range(count):
        ssrc, loss, highest, jitter, last, delay = struct.unpack_from("!IIIIII", body, at + 24 * index)
        lost = loss & 0xFFFFFF
        lost -= (lost & 0x800000) << 1
        blocks.append(ReportBlock(ssrc, (loss >> 24) / 256, lost, highest, jitter, last, delay))
    return blocks


def _nack(body: bytes) -> Nack:
    (media_ssrc,) = struct.unpack_from("!I", body, 4)
    sequences = []
    for at in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, at)
        sequences.append(first)
        sequences += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return Nack(media_ssrc, tuple(sequences))


def _extended(body: bytes) -> list[Item]:
    items: list[Item] = []
    at = 4
    while at + 4 <= len(body):
        kind, _, words = struct.unpack_from("!BBH", body, at)
        end = at + 4 + 4 * words
        if kind == _DLRR:
            for entry in range(at + 4, min(end, len(body)) - 11, 12):
                _, last, delay = struct.unpack_from("!III", body, entry)
                items.append(ReferenceEcho(last, delay))
        at = end
    return items


def rtp_payload(rtp: bytes) -> bytes:
    """The payload of an RTP packet, without padding; empty when there is none or the header does not fit."""
    if len(rtp) < 12:
        return b""
    at = 12 + 4 * (rtp[0] & 15)
    if rtp[0] & 0x10:
        at += 4 + 4 * int.from_bytes(rtp[at + 2 : at + 4], "big")
    end = len(rtp) - (rtp[-1] if rtp[0] & 0x20 else 0)
    return rtp[at:end] if at < end else b""


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def pack_block(block: ReportBlock) -> bytes:
    """24 bytes of a report block."""
    fraction = min(255, int(block.fraction_lost * 256))
    lost = max(-0x800000, min(0x7FFFFF, block.lost)) & 0xFFFFFF
    return struct.pack(
        "!IIIIII",
        block.ssrc,
        fraction << 24 | lost,
        block.highest_sequence,
        block.jitter & 0xFFFFFFFF,
        block.last_report,
        block.delay,
    )


def sender_report(info: SenderInfo) -> bytes:
    """SR without report blocks."""
    return _packet(
        _SR,
        0,
        struct.pack("!IQIII", info.ssrc, info.ntp, info.rtp, info.packets & 0xFFFFFFFF, info.octets & 0xFFFFFFFF),
    )


def receiver_reports(ssrc: int, blocks: Sequence[ReportBlock]) -> bytes:
    """RR packets with all blocks (31 at most in each); one empty RR when there are none."""
    out = b""
    for start in range(0, max(1, len(blocks)), 31):
        part = blocks[start : start + 31]
        out += _packet(_RR, len(part), struct.pack("!I", ssrc) + b"".join(map(pack_block, part)))
    return out


def reference_time(ssrc: int, ntp: int) -> bytes:
    """XR with a receiver reference time block (RFC 3611 4.4): a sender answers it, which gives the round trip."""
    return _packet(_XR, 0, struct.pack("!IBBHQ", ssrc, _RRTR, 0, 2, ntp))


def description(ssrc: int, cname: str) -> bytes:
    """SDES with the CNAME of one SSRC: one chunk a packet, as some readers (aiortc 1.16) misread several."""
    name = cname.encode()[:255]
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\x00"
    return _packet(_SDES, 1, chunk + bytes(-len(chunk) % 4))


def bye(ssrcs: Sequence[int]) -> bytes:
    """BYE for these SSRCs (at most 31)."""
    part = ssrcs[:31]
    return _packet(_BYE, len(part), struct.pack(f"!{len(part)}I", *part))


def picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """PLI: please send a keyframe."""
    return _packet(_PSFB, _PLI, struct.pack("!II", ssrc, media_ssrc))


def full_intra(ssrc: int, media_ssrc: int, count: int) -> bytes:
    """FIR: the same wish, for senders that do not know PLI; `count` grows with every new request."""
    return _packet(_PSFB, _FIR, struct.pack("!IIIBBH", ssrc, 0, media_ssrc, count & 0xFF, 0, 0))


def nack(ssrc: int, media_ssrc: int, sequences: Sequence[int]) -> bytes:
    """Generic NACK; `sequences` in ascending order of the stream (16 bit, may wrap)."""
    body = bytearray(struct.pack("!II", ssrc, media_ssrc))
    first: int | None = None
    mask = 0
    for sequence in sequences:
        distance = (sequence - first) & 0xFFFF if first is not None else 0
        if first is not None and 1 <= distance <= 16:
            mask |= 1 << (distance - 1)
            continue
        if first is not None:
            body += struct.pack("!HH", first, mask)
        first, mask = sequence, 0
    if first is not None:
        body += struct.pack("!HH", first, mask)
    return _packet(_RTPFB, _NACK, bytes(body))
