"""A flash and a beep in each second of one clock: aiortc tracks with a ground truth, and where they are in a file.

Every party of a test shares a `Beat`, so that all flash and beep at the same true instant, on the machine's monotonic
clock. Timestamps and sender reports tell the capture, as browsers' do; aiortc by itself reports when a frame had been
encoded and sent, a tenth of a second late on a busy machine.
"""

from __future__ import annotations

import asyncio
import functools
import math
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack, RTCRtpSender

RATE_HZ = 48_000
FRAME_SAMPLES = 960
FPS, WIDTH, HEIGHT = 20, 160, 90
EVENT_AT_S, EVENT_S = 0.4, 0.1
"""Flash and beep begin here in each second, away from the seam of the loop."""

_PTS_HZ = 90_000
_NTP_EPOCH_S = 2_208_988_800
_WHITE_LUMA = 140
_LOUD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Beat:
    """The common clock: second 0 is `begin_s` of time.monotonic, which is the loop's clock as well."""

    begin_s: float = field(default_factory=time.monotonic)
    ahead_s: float = field(default_factory=lambda: max(time.time() - time.monotonic() for _ in range(100)))
    """Wall clock minus monotonic clock, taken once: a step of the one or a pause between the two readings would be
    taken for an error of the recording."""

    def utc_ms(self, second: int) -> float:
        """When the flash and the beep of a second began, by the wall clock as it stood when the beat was made."""
        return (self.ahead_s + self.begin_s + second + EVENT_AT_S) * 1000


class _Live(MediaStreamTrack):
    """Sends a second of encoded media again and again, each frame when it is due; late ones follow at once.

    Nothing is encoded while a test runs: the source keeps time even on a busy machine.
    """

    def __init__(self, beat: Beat, frames: tuple[bytes, ...]) -> None:
        super().__init__()
        self.sender: RTCRtpSender | None = None
        """When set, its sender reports tell the moments of capture."""
        self.running = asyncio.Event()
        """Set once a frame has been sent."""
        self._beat, self._frames = beat, frames
        self._next = 0
        self._captured_s: float | None = None

    async def recv(self) -> av.Packet:
        """The next frame, when it is due. The first is the first of a second."""
        if self._captured_s is None:
            self._next = math.ceil(time.monotonic() - self._beat.begin_s) * len(self._frames)
        elif self.sender is not None:
            self.running.set()
            utc_s = self._beat.ahead_s + self._beat.begin_s + self._captured_s
            ntp = round((utc_s + _NTP_EPOCH_S) * (1 << 32))
            self.sender._RTCRtpSender__ntp_timestamp = ntp  # type: ignore[attr-defined]
        at_s = self._next / len(self._frames)
        await asyncio.sleep(max(0.0, self._beat.begin_s + at_s - time.monotonic()))
        packet = av.Packet(self._frames[self._next % len(self._frames)])
        packet.time_base = Fraction(1, _PTS_HZ)
        packet.pts = self._next * _PTS_HZ // len(self._frames)
        self._captured_s, self._next = at_s, self._next + 1
        return packet


class Flasher(_Live):
    """A moving picture that is white for a while in each second. Every second begins with a keyframe."""

    kind = "video"

    def __init__(self, beat: Beat, codec: str = "h264") -> None:
        super().__init__(beat, encoded_flash(codec))


class Beeper(_Live):
    """Silence with a tone for a while in each second."""

    kind = "audio"

    def __init__(self, beat: Beat, hz: float) -> None:
        super().__init__(beat, _encoded_beep(hz))


@functools.cache
def encoded_flash(name: str) -> tuple[bytes, ...]:
    """One second of pictures, one keyframe first: `h264` as Annex B access units, or `vp8`."""
    codec = av.CodecContext.create({"h264": "libx264", "vp8": "libvpx"}[name], "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = WIDTH, HEIGHT, "yuv420p", 200_000
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, FPS), Fraction(FPS), FPS
    codec.options = {
        "h264": {
            "tune": "zerolatency",
            "preset": "ultrafast",
            "profile": "baseline",
            "x264-params": "repeat-headers=1",
        },
        "vp8": {"deadline": "realtime", "lag-in-frames": "0", "cpu-used": "8"},
    }[name]
    ramp = np.repeat(np.linspace(30, 70, WIDTH, dtype=np.uint8)[None, :], HEIGHT, axis=0)
    frames = []
    for index in range(FPS):
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        white = EVENT_AT_S <= index / FPS < EVENT_AT_S + EVENT_S
        planes[:HEIGHT] = 230 if white else np.roll(ramp, index * 8, axis=1)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        frames += [bytes(packet) for packet in codec.encode(frame)]
    frames += [bytes(packet) for packet in codec.encode(None)]
    assert len(frames) == FPS
    return tuple(frames)


@functools.cache
def _encoded_beep(hz: float) -> tuple[bytes, ...]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = RATE_HZ, av.AudioLayout("stereo"), av.AudioFormat("s16")
    codec.bit_rate, codec.options = 48_000, {"application": "audio", "frame_duration": "20"}
    when = np.arange(RATE_HZ) / RATE_HZ
    sounds = (when >= EVENT_AT_S) & (when < EVENT_AT_S + EVENT_S)
    wave = (np.sin(2 * np.pi * hz * when) * sounds * 12_000).astype(np.int16)
    frames = []
    for start in range(0, RATE_HZ, FRAME_SAMPLES):
        block = np.repeat(wave[start : start + FRAME_SAMPLES], 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = RATE_HZ, start
        frames += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(frames[: RATE_HZ // FRAME_SAMPLES])


def flashes_ms(path: Path, region: tuple[slice, slice] = (slice(None), slice(None))) -> list[float]:
    """When the region (rows, columns) of the file's picture turns white, ms of the file's time line."""
    found, was_white = [], True
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            white = float(frame.to_ndarray(format="gray")[region].mean()) > _WHITE_LUMA
            if white and not was_white:
                assert frame.time is not None
                found.append(frame.time * 1000)
            was_white = white
    return found


def beeps_ms(path: Path, hz: float) -> list[float]:
    """When the tone begins, ms of the file's time line: half-rise of its energy in windows of 10 ms."""
    parts: list[tuple[float, npt.NDArray[np.float32]]] = []
    to_mono = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as container:
        for decoded in container.decode(audio=0):
            for frame in to_mono.resample(decoded):
                assert frame.time is not None
                parts.append((frame.time, frame.to_ndarray().reshape(-1)))
    begin_s = parts[0][0]
    length = round((parts[-1][0] - begin_s) * RATE_HZ) + len(parts[-1][1])
    samples = np.zeros(length, dtype=np.float32)
    for at_s, part in parts:
        start = round((at_s - begin_s) * RATE_HZ)
        samples[start : start + len(part)] = part[: length - start]
    mixed = samples * np.exp(-2j * np.pi * hz / RATE_HZ * np.arange(length))
    summed = np.concatenate([[0], np.cumsum(mixed)])
    width = RATE_HZ // 100
    energy = np.abs(summed[width:] - summed[:-width])
    loud = energy > energy.max() * _LOUD_SHARE
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1 + width // 2
    apart = [s for i, s in enumerate(starts) if i == 0 or s - starts[i - 1] > RATE_HZ // 2]
    return [begin_s * 1000 + 1000 * float(s) / RATE_HZ for s in apart]
