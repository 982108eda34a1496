"""A person whose camera flashes and whose microphone beeps and hums at scripted moments, sent as a phone would.

The phone's crystal and its clock are not ours, and the network delays every packet unevenly. Truth is the script.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import av
import numpy as np

from media_server.ports import Kind, PublicationInfo, SenderReport, Source
from tests.fakes.far_phone import FarPhone
from tests.fakes.spoken import encoded
from yunting.bench.record_source import h264_payloads, rtp_packet

FPS, WIDTH, HEIGHT = 25, 320, 180
EVENT_S = 0.1
_OPUS_HZ = 48_000
_H264 = 102
_NTP_UNIT = 1 << 32


@dataclass(frozen=True, slots=True)
class Script:
    """Seconds from the beginning at which each thing begins; `hums` are (second, sound at 48 kHz)."""

    seconds: float
    flashes: Sequence[float]
    beeps: Sequence[float]
    hz: float
    hums: Sequence[tuple[float, np.ndarray]] = ()


def scripted_party(
    participant: str, ssrc: int, script: Script, *, ppm: float = 0.0, ahead_s: float = 0.0, seed: int = 1
) -> tuple[Delayed, Delayed]:
    """Camera and microphone, to be played together."""
    camera = FarCamera(participant, ssrc + 1, pictures(script), ppm, ahead_s)
    microphone = FarPhone(participant, ssrc, [(0.0, encoded(sound(script)))], script.seconds, ppm, ahead_s)
    return Delayed(camera, seed), Delayed(microphone, seed + 1)


def sound(script: Script) -> np.ndarray:
    """48 kHz mono: beeps and hums in silence."""
    samples = np.zeros(round(script.seconds * _OPUS_HZ))
    length = round(EVENT_S * _OPUS_HZ)
    tone = 12_000 * np.sin(2 * np.pi * script.hz * np.arange(length) / _OPUS_HZ)
    for at_s, part in [*((at_s, tone) for at_s in script.beeps), *script.hums]:
        first = round(at_s * _OPUS_HZ)
        samples[first : first + len(part)] += part
    return samples.astype(np.int16)


def pictures(script: Script) -> tuple[bytes, ...]:
    """H264 in Annex B, one access unit a picture, a keyframe each two seconds; white while it flashes."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = WIDTH, HEIGHT, "yuv420p", 300_000
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, FPS), Fraction(FPS), 2 * FPS
    codec.options = {
        "tune": "zerolatency",
        "preset": "ultrafast",
        "profile": "baseline",
        "x264-params": "repeat-headers=1:scenecut=0",
    }
    ramp = np.repeat(np.linspace(30, 70, WIDTH, dtype=np.uint8)[None, :], HEIGHT, axis=0)
    units: list[bytes] = []
    for index in range(round(script.seconds * FPS)):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        white = any(at_s <= index / FPS < at_s + EVENT_S for at_s in script.flashes)
        planes[:HEIGHT] = 230 if white else np.roll(ramp, index * 8, axis=1)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        units += [bytes(packet) for packet in codec.encode(frame)]
    return (*units, *(bytes(packet) for packet in codec.encode(None)))


@dataclass(frozen=True)
class FarCamera:
    """`units` are pictures at `FPS` of our time; the crystal is `ppm` faster, the clock `ahead_s` from ours."""

    participant: str
    ssrc: int
    units: Sequence[bytes]
    ppm: float = 0.0
    ahead_s: float = 0.0
    publication: PublicationInfo = field(init=False)

    def __post_init__(self) -> None:
        publication = PublicationInfo(
            id=f"{self.participant}-video",
            participant=self.participant,
            kind=Kind.VIDEO,
            source=Source.CAMERA,
            codec="h264",
        )
        object.__setattr__(self, "publication", publication)

    def events(self, begin_us: int) -> Iterator[tuple[int, bytes | SenderReport]]:
        """See `heard_court.Microphone`."""
        sequence = 65_500
        for index, unit in enumerate(self.units):
            at_us = begin_us + round(index * 1e6 / FPS)
            ticks = round(index * 90_000 / FPS * (1 + self.ppm * 1e-6)) & 0xFFFFFFFF
            if index % FPS == 0:
                ntp = round((at_us / 1e6 + self.ahead_s) * _NTP_UNIT)
                yield at_us, SenderReport(self.ssrc, ntp, ticks, at_us)
            payloads = list(h264_payloads(unit))
            for number, payload in enumerate(payloads):
                last = number == len(payloads) - 1
                yield at_us, rtp_packet(_H264, sequence & 0xFFFF, ticks, self.ssrc, payload, marker=last)
                sequence += 1


@dataclass(frozen=True)
class Delayed:
    """The same packets in their order, each 5 to 20 ms later than it was sent."""

    source: FarCamera | FarPhone
    seed: int

    @property
    def publication(self) -> PublicationInfo:
        return self.source.publication

    @property
    def ssrc(self) -> int:
        return self.source.ssrc

    def events(self, begin_us: int) -> Iterator[tuple[int, bytes | SenderReport]]:
        """See `heard_court.Microphone`."""
        dice, before_us = random.Random(self.seed), 0
        for at_us, item in self.source.events(begin_us):
            before_us = max(before_us, at_us + dice.randint(5_000, 20_000))
            yield before_us, replace(item, arrival_us=before_us) if isinstance(item, SenderReport) else item
