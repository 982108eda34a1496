"""Joining pieces to files: packets are copied, nothing is encoded again."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from records.composite import levelling
from records.composite.encoding import ENCODER, TIME_BASE, Look, Picture, encoder_options
from records.composite.levelling import Level
from records.composite.piece_files import Packet
from records.composite.seat_sound import Sound
from records.file_names import safe_name
from records.media import flac
from records.media.tracks import RATE_HZ, SAMPLES_PER_MS
from records.timeline import Timeline
from records.writing.chapters import chapters_of

_SAMPLE = Fraction(1, RATE_HZ)


def write_composite(
    target: Path, pieces: Iterable[tuple[Picture, Level]], look: Look, timeline: Timeline
) -> tuple[int, dict[str, int], set[str]]:
    """Write the MP4 with its chapters; returns its frames, decode errors by file and the characters that
    the font lacks. Memory: one piece. OSError when the disk refuses."""
    frames = 0
    errors: dict[str, int] = {}
    missing: set[str] = set()
    with av.open(str(target), "w", format="mp4") as out:
        video = out.add_stream(ENCODER, rate=look.fps)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = look.width, look.height, "yuv420p"
        video.codec_context.time_base = TIME_BASE
        video.codec_context.thread_count = 1
        video.options = dict(encoder_options(look))
        sound = _sound_stream(out)
        if chapters := mp4_chapters(timeline):
            out.set_chapters(chapters)
        out.start_encoding()
        for picture, level in pieces:
            frames += len(picture.packets)
            missing.update(picture.missing_characters)
            for file, count in picture.decode_errors.items():
                errors[file] = max(count, errors.get(file, 0))
            both = [(packet.pts * TIME_BASE, 0, packet) for packet in picture.packets]
            both += [(packet.pts * _SAMPLE, 1, packet) for packet in level.packets]
            for _, kind, packet in sorted(both, key=lambda item: item[:2]):
                _copy(out, (video, sound)[kind], packet, (TIME_BASE, _SAMPLE)[kind])
    return frames, errors, missing


def write_mix(target: Path, levels: Iterable[Level]) -> None:
    """Write the sound alone (.m4a). OSError when the disk refuses."""
    with av.open(str(target), "w", format="mp4") as out:
        sound = _sound_stream(out)
        out.start_encoding()
        for level in levels:
            for packet in level.packets:
                _copy(out, sound, packet, _SAMPLE)


class SeatFiles:
    """A FLAC file for each seat, from 0 to the end of the session. `add` every piece in order, then `close`."""

    def __init__(self, folder: Path, timeline: Timeline) -> None:
        self._samples = timeline.duration_ms * SAMPLES_PER_MS
        folder.mkdir(parents=True, exist_ok=True)
        seats = sorted({track.seat for track in timeline.tracks})
        who = {seat: [s.name for s in timeline.seats.values() if s.seat == seat] for seat in seats}
        self._files = {}
        for seat in seats:
            file = (folder / f"{safe_name(seat, fallback='seat')}.flac").open("wb")
            tags = [("TITLE", seat), *(("ARTIST", name) for name in who[seat])]
            file.write(flac.head(self._samples, tags))
            self._files[seat] = file

    def add(self, sound: Sound, from_ms: int, to_ms: int) -> None:
        """The next piece."""
        for seat, file in self._files.items():
            frames: Iterable[bytes] = sound.seats.get(seat, ())
            if seat not in sound.seats:
                first = from_ms * SAMPLES_PER_MS // flac.BLOCK
                frames = flac.silence(first, (to_ms - from_ms) * SAMPLES_PER_MS)
            for frame in frames:
                file.write(frame)

    def close(self) -> None:
        """Complete the files. Idempotent."""
        for file in self._files.values():
            file.close()


def mp4_chapters(timeline: Timeline) -> list[Any]:
    """The session's chapters as PyAV takes them, in Chinese; see `records.writing.chapters`."""
    found = chapters_of(timeline)
    ends = [each.at_ms for each in found[1:]] + [timeline.duration_ms]
    return [
        {
            "id": number,
            "start": each.at_ms,
            "end": to_ms,
            "time_base": TIME_BASE,
            "metadata": {"title": each.zh},
        }
        for number, (each, to_ms) in enumerate(zip(found, ends, strict=False))
    ]


def _sound_stream(out: OutputContainer) -> AudioStream:
    stream = out.add_stream("aac", rate=RATE_HZ, layout="mono")
    assert isinstance(stream, AudioStream)
    stream.bit_rate = levelling.BIT_RATE
    return stream


def _copy(out: OutputContainer, stream: VideoStream | AudioStream, packet: Packet, time_base: Fraction) -> None:
    made = av.Packet(packet.data)
    made.stream = stream
    made.pts = made.dts = packet.pts
    made.time_base = time_base
    made.is_keyframe = packet.key
    out.mux(made)
