"""The composite: one H264 picture of the whole hearing, PTS = session ms, made in pieces that any player joins.

Everybody recorded has a tile with a name plate; the head line carries court, case and the server's wall time, a strip
below the pictures what is being said, the foot line phase and session clock. During a lawful break a card stands
instead, at a frame each few seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import msgspec
from av.codec.context import Flags

from records.composite.exhibit_pages import ExhibitPages
from records.composite.painter import Look, Outcome, Painter
from records.composite.piece_files import Packet
from records.composite.reels import Reels
from records.composite.window import Window
from records.timeline import Span, Stretch, Timeline

__all__ = ["ENCODER", "TIME_BASE", "Look", "Outcome", "Picture", "encoder_options", "make", "moments"]

CARD_LEAD_MS = 3_000
CARD_STEP_MS = 5_000
KEYFRAME_S = 2
"""At most between two keyframes while pictures move: what who seeks has to decode."""
ENCODER = "libx264"
TIME_BASE = Fraction(1, 1000)


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the composite: packets that begin with a keyframe and need nothing before or after them."""

    packets: tuple[Packet, ...]
    decode_errors: dict[str, int]
    missing_characters: list[str]


def moments(timeline: Timeline, fps: int, span: Span | None = None) -> Iterator[tuple[int, Stretch]]:
    """When a frame is drawn, within `span` or all of it: each 1/fps while recording, 0, 1, 2 s and then each 5 s into
    a break."""
    within = span or Span(0, timeline.duration_ms)
    for stretch in timeline.stretches:
        for at_ms in _moments(stretch, fps, within.from_ms):
            if at_ms >= min(within.to_ms, stretch.span.to_ms):
                break
            if at_ms >= within.from_ms:
                yield at_ms, stretch


def make(window: Window, reels: Reels, pages: ExhibitPages, look: Look) -> Picture:
    """The piece that shows a window. The same bytes for the same window. OSError when a track cannot be read."""
    codec = av.CodecContext.create(ENCODER, "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = look.width, look.height, "yuv420p"
    codec.framerate, codec.time_base = Fraction(look.fps), TIME_BASE
    codec.thread_count = 1
    codec.flags |= Flags.global_header
    codec.options = encoder_options(look)
    reels.load(window)
    painter = Painter(window, reels, pages, look)
    packets: list[Packet] = []
    previous: Stretch | None = None
    for at_ms, stretch in moments(window.timeline, look.fps, window.span):
        frame = painter.paint(at_ms, stretch)
        frame.pts, frame.time_base = at_ms, TIME_BASE
        # Cards are seconds apart, and each of them may be sought.
        if stretch is not previous or not stretch.pictured:
            frame.pict_type = av.video.frame.PictureType.I
            previous = stretch
        packets += _packets(codec.encode(frame))
    if previous is not None:
        packets += _packets(codec.encode(None))
    outcome = painter.finish()
    return Picture(
        packets=tuple(packets), decode_errors=reels.errors(), missing_characters=outcome.missing_characters
    )


def encoder_options(look: Look) -> dict[str, str]:
    """Of every piece and of the file that they are joined in."""
    return {
        "preset": look.preset,
        "crf": str(look.crf),
        # Without B frames the file needs no edit list, so that every player shows PTS = session ms.
        "bf": "0",
        "g": str(KEYFRAME_S * look.fps),
        "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:open-gop=0",
    }


def _moments(stretch: Stretch, fps: int, from_ms: int) -> Iterator[int]:
    begin = stretch.span.from_ms
    if stretch.pictured:
        count = max(0, (from_ms - begin) * fps // 1000)
        while True:
            yield begin + count * 1000 // fps
            count += 1
    yield from range(begin, begin + CARD_LEAD_MS, 1_000)
    steps = max(0, (from_ms - begin - CARD_LEAD_MS) // CARD_STEP_MS)
    at_ms = begin + CARD_LEAD_MS + steps * CARD_STEP_MS
    while True:
        yield at_ms
        at_ms += CARD_STEP_MS


def _packets(encoded: Sequence[av.Packet[Any]]) -> list[Packet]:
    return [Packet(packet.pts or 0, packet.is_keyframe, bytes(packet)) for packet in encoded]
