"""The composite: one H264 picture of the whole hearing, PTS = session ms, with the merged sound copied in.

Everybody recorded has a tile with a name plate; the head line carries court, case and the server's wall time, a strip
below the pictures what is being said, the foot line phase and session clock. During a lawful break a card stands
instead, at a frame each few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer

from records.captions import Cue
from records.painter import Look, Outcome, Painter
from records.timeline import Stretch, Timeline

__all__ = ["Look", "Outcome", "moments", "write_composite"]

CARD_LEAD_MS = 3_000
CARD_STEP_MS = 5_000


def moments(timeline: Timeline, fps: int) -> Iterator[tuple[int, Stretch]]:
    """When a frame is drawn: each 1/fps while recording, 0, 1, 2 s and then each 5 s into a break."""
    for stretch in timeline.stretches:
        at_ms, count = stretch.span.from_ms, 0
        while at_ms < stretch.span.to_ms:
            yield at_ms, stretch
            count += 1
            if stretch.pictured:
                at_ms = stretch.span.from_ms + count * 1000 // fps
            else:
                at_ms += 1_000 if at_ms < stretch.span.from_ms + CARD_LEAD_MS else CARD_STEP_MS


def write_composite(
    timeline: Timeline,
    cues: Sequence[Cue],
    recordings: Path,
    mix: Path,
    target: Path,
    look: Look,
    progress: Callable[[int], None],
) -> Outcome:
    """Write `target` (.mp4) with the sound of `mix` (.m4a) and these captions. `progress` gets session ms done.

    Memory: two decoded frames a track that is on. Raises OSError when the disk refuses.
    """
    with ExitStack() as files:
        sound = files.enter_context(av.open(str(mix)))
        out = files.enter_context(av.open(str(target), "w", format="mp4"))
        stream = out.add_stream("libx264", rate=look.fps)
        stream.width, stream.height, stream.pix_fmt = look.width, look.height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = look.threads
        # Without B frames the file needs no edit list, so that every player shows PTS = session ms.
        stream.options = {
            "preset": look.preset,
            "crf": str(look.crf),
            "bf": "0",
            "g": str(2 * look.fps),
            "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709",
        }
        copier = _SoundCopier(sound, out)
        painter = Painter(timeline, cues, recordings, look, files)
        previous: Stretch | None = None
        for at_ms, stretch in moments(timeline, look.fps):
            frame = painter.paint(at_ms, stretch)
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            if stretch is not previous:
                frame.pict_type = av.video.frame.PictureType.I
                previous = stretch
            out.mux(stream.encode(frame))
            copier.up_to(at_ms)
            painter.outcome.frames += 1
            progress(at_ms)
        out.mux(stream.encode(None))
        copier.up_to(None)
    return painter.finish()


class _SoundCopier:
    """Copies AAC packets in step with the picture, so that neither file nor muxer has to hold many."""

    def __init__(self, sound: InputContainer, out: OutputContainer) -> None:
        self._out = out
        self._from = sound.streams.audio[0]
        self._to = out.add_stream_from_template(self._from)
        self._packets = sound.demux(self._from)
        self._next = next(self._packets, None)

    def up_to(self, session_ms: int | None) -> None:
        """Copy what starts up to this moment; None copies the rest."""
        while self._next is not None:
            packet = self._next
            if packet.pts is None or packet.time_base is None:
                self._next = next(self._packets, None)
                continue
            if session_ms is not None and packet.pts * packet.time_base * 1000 > session_ms:
                return
            packet.stream = self._to
            self._out.mux(packet)
            self._next = next(self._packets, None)
