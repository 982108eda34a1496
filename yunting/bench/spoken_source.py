"""Speech clips sent as somebody's microphone would: Opus at 24 kbit/s, one packet in 20 ms, arriving unevenly."""

from __future__ import annotations

import json
import random
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soxr

from media_server.ports import Kind, PublicationInfo, SenderReport, Source
from yunting.bench.record_source import rtp_packet

RATE_HZ = 16_000
FRAME_MS = 20
BIT_RATE = 24_000
PAUSE_S = 1.5
"""Silence after each clip."""

Sound = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Clip:
    """A recorded sentence: 16 kHz mono, and what is said in it."""

    name: str
    sound: Sound
    text: str

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.sound) / RATE_HZ


def clips(folder: Path, language: str = "zh") -> list[Clip]:
    """The synthetic clips of `manifest.json` whose text is exact, in order. Raises OSError, ValueError."""
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    chosen = [
        each
        for each in listed
        if each["language"] == language
        and each["kind"] == "synthetic"
        and each["transcript_trust"].startswith("exact")
    ]
    return [Clip(each["file"], _read(folder / each["file"]), each["transcript"]) for each in chosen]


def _read(file: Path) -> Sound:
    with wave.open(str(file)) as wav:
        if (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) != (RATE_HZ, 1, 2):
            raise ValueError(f"{file.name}: not 16 kHz mono 16 bit")
        return np.frombuffer(wav.readframes(wav.getnframes()), dtype=np.int16)


def speech_bounds(sound: Sound) -> tuple[float, float]:
    """Seconds of the first and last 20 ms that are above 15 % of the loudest."""
    size = RATE_HZ * FRAME_MS // 1000
    whole = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    loud = np.sqrt((whole**2).mean(axis=1))
    above = np.flatnonzero(loud > 0.15 * loud.max())
    return float(above[0]) * FRAME_MS / 1000, float(above[-1] + 1) * FRAME_MS / 1000


def opus_frames(sound: Sound) -> list[bytes]:
    """What a browser would send of it."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, av.AudioLayout("mono"), av.AudioFormat("s16")
    encoder.bit_rate = BIT_RATE
    encoder.options = {"application": "voip", "frame_duration": str(FRAME_MS)}
    encoder.open()
    wide = soxr.resample(sound, RATE_HZ, 48_000)
    frame = av.AudioFrame.from_ndarray(wide.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = 48_000
    return [bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]]


@dataclass(frozen=True, slots=True)
class Said:
    """When a clip began, and its speech began and ended, in seconds from the speaker's first packet."""

    clip: Clip
    clip_s: float
    from_s: float
    to_s: float


class Speaker:
    """Says clips one after the other with pauses between; silent for `lead_s` before, while clocks become known."""

    def __init__(
        self, participant: str, said: Sequence[Clip], *, seed: int, jitter_ms: float = 0.0, lead_s: float = 5.0
    ) -> None:
        self.publication = PublicationInfo(
            id=f"{participant}-audio",
            participant=participant,
            kind=Kind.AUDIO,
            source=Source.MICROPHONE,
            codec="opus",
        )
        self.ssrc = 1000 + seed
        self.said: list[Said] = []
        self._dice = random.Random(seed)
        self._jitter_ms = jitter_ms
        parts = [np.zeros(round(lead_s * RATE_HZ), dtype=np.int16)]
        at_s = lead_s
        for clip in said:
            from_s, to_s = speech_bounds(clip.sound)
            self.said.append(Said(clip, at_s, at_s + from_s, at_s + to_s))
            parts += [clip.sound, np.zeros(round(PAUSE_S * RATE_HZ), dtype=np.int16)]
            at_s += clip.seconds + PAUSE_S
        self.seconds = at_s
        self._frames = opus_frames(np.concatenate(parts))

    def events(self, begin_us: int) -> Iterator[tuple[int, bytes | SenderReport]]:
        """(arrival in us, packet or sender report), in order of arrival."""
        clock_us = begin_us
        for number, frame in enumerate(self._frames):
            sent_us = begin_us + number * FRAME_MS * 1000
            clock_us = max(sent_us + round(self._dice.uniform(0, self._jitter_ms) * 1000), clock_us)
            timestamp = number * 960
            if number % 50 == 0:
                yield clock_us, SenderReport(self.ssrc, _ntp(sent_us), timestamp, sent_us + 1)
            yield clock_us, rtp_packet(111, number & 0xFFFF, timestamp, self.ssrc, frame, marker=number == 0)


def _ntp(us: int) -> int:
    return (us // 1_000_000 << 32) + (us % 1_000_000 << 32) // 1_000_000
