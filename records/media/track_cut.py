"""A copy of a track file without the packets of some spans, so that no sample and no picture of them is in it.

Packets are left out whole, with a margin on both sides; nothing is hidden by an edit list or a duration. What could
carry the span beyond its end is left out too: an Opus packet may hold a second copy of the sound before it (in-band
FEC, RFC 6716 2.1.7) and its decoder a tail, and a picture that is no keyframe is drawn on the pictures before it, so
that video begins again at the first keyframe after the span. Times in the copy are those of the file: session ms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet

from records.timeline import Span, join

MARGIN_MS = 200
"""More than the longest Opus packet (120 ms), and than sound and picture of one moment may lie apart (40 ms)."""
_IDR = 5


def cut_track(source: Path, target: Path, hidden: Sequence[Span], silent: Sequence[Span] = ()) -> bool:
    """Write `target` without what lies in `hidden`, and without the sound in `silent`. Returns False, and writes
    nothing, when nothing is left. Blocks. Raises OSError; av.FFmpegError for a file that is no media."""
    everything = join([_wide(span) for span in hidden])
    sound = join([_wide(span) for span in (*hidden, *silent)])
    written = False
    with av.open(str(source)) as reader, av.open(str(target), "w", format="matroska") as writer:
        streams = {
            stream.index: writer.add_stream_from_template(stream)
            for stream in reader.streams
            if stream.type in {"audio", "video"}
        }
        waiting: set[int] = set()
        for packet in _packets(reader):
            stream = packet.stream
            if stream.index not in streams or packet.pts is None or packet.time_base is None or not packet.size:
                continue
            at_ms = round(packet.pts * packet.time_base * 1000)
            if stream.type == "video":
                if _inside(everything, at_ms, at_ms):
                    waiting.add(stream.index)
                if stream.index in waiting:
                    if _inside(everything, at_ms, at_ms) or not _begins_anew(packet, stream.codec_context.name):
                        continue
                    waiting.discard(stream.index)
            elif _inside(sound, at_ms, at_ms + _length_ms(packet)):
                continue
            packet.stream = streams[stream.index]
            writer.mux(packet)
            written = True
    if not written:
        target.unlink(missing_ok=True)
    return written


def _wide(span: Span) -> Span:
    return Span(span.from_ms - MARGIN_MS, span.to_ms + MARGIN_MS)


def _inside(spans: Sequence[Span], from_ms: int, to_ms: int) -> bool:
    return any(span.from_ms <= to_ms and from_ms <= span.to_ms for span in spans)


def _length_ms(packet: Packet[Any]) -> int:
    """Of a packet of sound; without a duration the longest that there is."""
    if not packet.duration or packet.time_base is None:
        return 120
    return max(1, round(packet.duration * packet.time_base * 1000))


def _begins_anew(packet: Packet[Any], codec: str) -> bool:
    """Whether a decoder needs nothing before this picture. A mark of the container is believed only where the
    bitstream cannot be asked: a recovery point in H264 refers to what came before."""
    if not packet.is_keyframe:
        return False
    if codec == "h264":
        kinds = _h264_kinds(bytes(packet))
        return _IDR in kinds and not kinds & {1, 2, 3, 4}
    return True


def _h264_kinds(data: bytes) -> set[int]:
    """Kinds of the NAL units of a picture, whether they begin with a length or with a start code."""
    kinds: set[int] = set()
    if data.startswith((b"\0\0\0\1", b"\0\0\1")):
        at = data.find(b"\0\0\1")
        while 0 <= at < len(data) - 3:
            kinds.add(data[at + 3] & 31)
            at = data.find(b"\0\0\1", at + 3)
        return kinds
    at = 0
    while at + 4 < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kinds.add(data[at + 4] & 31)
        at += 4 + length
    return kinds


def _packets(reader: InputContainer) -> Iterator[Packet[Any]]:
    """Packets of the file; the end of one that was cut off is the end."""
    with contextlib.suppress(av.FFmpegError):
        yield from reader.demux()
