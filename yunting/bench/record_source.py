"""A source whose recording can be measured: a flash and a beep each second, really encoded, sent as RTP.

Time is simulated: `Publisher.events` gives packets and sender reports with the times at which they would arrive,
so a minute of a hearing takes as long as the recorder needs for it. `truth` keeps when each flash and beep
happened on the server's clock; `measure` finds them again in a track file.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from media_server.ports import Kind, PublicationInfo, SenderReport, Source
from records.vault.unlocked import for_av

AUDIO_MS = 20
EVENT_AT_S = 0.5
"""Flash and beep begin in the middle of each second of the loop, away from its seam."""
EVENT_S = 0.1
MTU_PAYLOAD = 1100
REPORT_EVERY_S = {Kind.VIDEO: 1.0, Kind.AUDIO: 5.0}
"""As Chromium sends them."""


@dataclass(frozen=True, slots=True)
class Loop:
    """`seconds` of media that can be repeated: the first picture is a keyframe."""

    codec: str
    fps: int
    video: tuple[bytes, ...]
    audio: tuple[bytes, ...]
    seconds: int


def encode_loop(
    seconds: int = 2, fps: int = 30, width: int = 640, height: int = 360, bitrate_bps: int = 1_500_000
) -> Loop:
    """Encode the loop: H264 baseline with moving noise, Opus."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, fps), Fraction(fps)
    codec.bit_rate = bitrate_bps
    codec.thread_count = 1  # the same bytes every time
    keep = f"keyint={fps * seconds}:scenecut=0:repeat-headers=1:annexb=1:vbv-maxrate=2000:vbv-bufsize=400"
    codec.options = {"tune": "zerolatency", "preset": "ultrafast", "profile": "baseline", "x264-params": keep}
    noise = np.random.default_rng(1)
    video = []
    for index in range(seconds * fps):
        bright = EVENT_AT_S <= index % fps / fps < EVENT_AT_S + EVENT_S
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = 230 if bright else 40
        planes[:height] += noise.integers(0, 12, (height, width), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = index
        video += [bytes(packet) for packet in codec.encode(frame)]
    video += [bytes(packet) for packet in codec.encode(None)]
    return Loop("h264", fps, tuple(video), _encode_beeps(seconds), seconds)


def _encode_beeps(seconds: int) -> tuple[bytes, ...]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = 48_000, av.AudioLayout("stereo"), av.AudioFormat("s16")
    codec.bit_rate = 48_000
    codec.options = {"application": "audio", "frame_duration": str(AUDIO_MS)}
    when = np.arange(seconds * 48_000) / 48_000
    sounds = (when % 1 >= EVENT_AT_S) & (when % 1 < EVENT_AT_S + EVENT_S)
    wave = (np.sin(2 * np.pi * 1000 * when) * sounds * 16_000).astype(np.int16)
    size = 48 * AUDIO_MS
    packets = []
    for start in range(0, len(wave), size):
        block = np.repeat(wave[start : start + size], 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, start
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(packets[: len(wave) // size])


@dataclass(slots=True)
class Publisher:
    """One person's camera and microphone with clocks of their own. Rates in ppm against the server's clock."""

    loop: Loop
    participant: str
    seed: int = 0
    begin_us: int = 0
    """Server time at which capture begins."""
    ntp_ahead_s: float = 0.0
    ntp_ppm: float = 0.0
    audio_ppm: float = 0.0
    video_ppm: float = 0.0
    delay_ms: float = 10.0
    jitter_ms: float = 5.0
    video_delay_ms: float = 30.0
    """Extra time that encoding takes before a picture is sent."""
    loss: float = 0.0
    reports: bool = True
    step_at_s: float | None = None
    """When the publisher's wall clock is stepped by an hour."""
    truth: dict[Kind, list[float]] = field(default_factory=lambda: {Kind.AUDIO: [], Kind.VIDEO: []})
    """Server seconds at which flashes and beeps began."""
    lost: dict[Kind, list[int]] = field(default_factory=lambda: {Kind.AUDIO: [], Kind.VIDEO: []})
    """Sequence numbers that the network dropped."""

    def publications(self) -> tuple[tuple[PublicationInfo, int, int], ...]:
        """Publication, SSRC and clock rate of both tracks, as `Subscriber.track_started` takes them."""
        return (
            (self._info(Kind.VIDEO), self._ssrc(Kind.VIDEO), 90_000),
            (self._info(Kind.AUDIO), self._ssrc(Kind.AUDIO), 48_000),
        )

    def events(self, seconds: float) -> Iterator[tuple[int, str, bytes | SenderReport]]:
        """(arrival us, publication id, packet or report) in order of arrival."""
        chance = random.Random(self.seed)
        events = [*self._video(seconds, chance), *self._audio(seconds, chance)]
        if self.reports:
            for kind, every_s in REPORT_EVERY_S.items():
                events += self._reports(kind, every_s, seconds, chance)
        events.sort(key=lambda event: event[0])
        return iter(events)

    def _info(self, kind: Kind) -> PublicationInfo:
        video = kind is Kind.VIDEO
        return PublicationInfo(
            f"{self.participant}-{kind}",
            self.participant,
            kind,
            Source.CAMERA if video else Source.MICROPHONE,
            self.loop.codec if video else "opus",
        )

    def _ssrc(self, kind: Kind) -> int:
        return 1000 + 10 * self.seed + (kind is Kind.AUDIO)

    def _arrival_us(self, sent_s: float, chance: random.Random) -> int:
        return self.begin_us + int(1e6 * sent_s + 1e3 * (self.delay_ms + chance.uniform(0, self.jitter_ms)))

    def _timestamp(self, kind: Kind, captured_s: float) -> int:
        rate, ppm = (90_000, self.video_ppm) if kind is Kind.VIDEO else (48_000, self.audio_ppm)
        return (self.seed * 977_777 + 0xFFFF0000 + round(rate * captured_s * (1 + ppm * 1e-6))) & 0xFFFFFFFF

    def _video(self, seconds: float, chance: random.Random) -> Iterator[tuple[int, str, bytes | SenderReport]]:
        sequence = 65_000
        name, ssrc = self._info(Kind.VIDEO).id, self._ssrc(Kind.VIDEO)
        onset = round(EVENT_AT_S * self.loop.fps)
        for index in range(int(seconds * self.loop.fps)):
            captured_s = index / self.loop.fps
            if index % self.loop.fps == onset:
                self.truth[Kind.VIDEO].append(self.begin_us / 1e6 + captured_s)
            payloads = list(h264_payloads(self.loop.video[index % len(self.loop.video)]))
            arrival_us = 0
            for number, payload in enumerate(payloads):
                marker = number == len(payloads) - 1
                stamp = self._timestamp(Kind.VIDEO, captured_s)
                rtp = rtp_packet(102, sequence & 0xFFFF, stamp, ssrc, payload, marker=marker)
                sent_s = captured_s + self.video_delay_ms / 1000
                arrival_us = max(arrival_us, self._arrival_us(sent_s, chance))
                if chance.random() < self.loss:
                    self.lost[Kind.VIDEO].append(sequence)
                else:
                    yield arrival_us, name, rtp
                sequence += 1

    def _audio(self, seconds: float, chance: random.Random) -> Iterator[tuple[int, str, bytes | SenderReport]]:
        # The device's own clock decides when a block of samples is full; what it hears is the world's time.
        period_s = AUDIO_MS / 1000 / (1 + self.audio_ppm * 1e-6)
        onset = round(EVENT_AT_S * 1000 / AUDIO_MS)
        name, ssrc = self._info(Kind.AUDIO).id, self._ssrc(Kind.AUDIO)
        heard = -1
        for index in range(int(seconds / period_s)):
            captured_s = index * period_s
            block = round(captured_s * 1000 / AUDIO_MS)
            if block != heard and block % (1000 // AUDIO_MS) == onset:
                self.truth[Kind.AUDIO].append(self.begin_us / 1e6 + captured_s)
            heard = block
            stamp = self._timestamp(Kind.AUDIO, captured_s)
            payload = self.loop.audio[block % len(self.loop.audio)]
            if chance.random() < self.loss:
                self.lost[Kind.AUDIO].append(index)
                continue
            packet = rtp_packet(111, index & 0xFFFF, stamp, ssrc, payload, marker=False)
            yield self._arrival_us(captured_s + AUDIO_MS / 1000, chance), name, packet

    def _reports(
        self, kind: Kind, every_s: float, seconds: float, chance: random.Random
    ) -> Iterator[tuple[int, str, bytes | SenderReport]]:
        sent_s = every_s / 2 * chance.uniform(0.5, 1.5)
        while sent_s < seconds:
            arrival_us = self._arrival_us(sent_s, chance)
            stepped_s = 3600.0 if self.step_at_s is not None and sent_s >= self.step_at_s else 0.0
            ntp_s = 3_900_000_000 + sent_s * (1 + self.ntp_ppm * 1e-6) + self.ntp_ahead_s + stepped_s
            report = SenderReport(self._ssrc(kind), int(ntp_s * 2**32), self._timestamp(kind, sent_s), arrival_us)
            yield arrival_us, self._info(kind).id, report
            sent_s += every_s * chance.uniform(0.5, 1.5)


def rtp_packet(kind: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, *, marker: bool) -> bytes:
    """RFC 3550 5.1, without extensions."""
    return struct.pack(">BBHII", 0x80, kind | marker << 7, sequence, timestamp, ssrc) + payload


def h264_payloads(access_unit: bytes) -> Iterator[bytes]:
    """RFC 6184, packetization mode 1: single NAL units and FU-A."""
    for part in access_unit.split(b"\x00\x00\x01")[1:]:
        unit = part.removesuffix(b"\x00") if part.endswith(b"\x00") else part
        if len(unit) <= MTU_PAYLOAD:
            yield unit
            continue
        body = unit[1:]
        pieces = [body[at : at + MTU_PAYLOAD] for at in range(0, len(body), MTU_PAYLOAD)]
        for number, piece in enumerate(pieces):
            flags = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
            yield bytes([unit[0] & 0xE0 | 28, flags | unit[0] & 0x1F]) + piece


@dataclass(frozen=True, slots=True)
class Found:
    """What a decoder found in a track file; times in seconds of the session."""

    flashes: tuple[float, ...]
    beeps: tuple[float, ...]
    frames: int
    samples: int
    span_s: tuple[float, float]
    """Time of the first and end of the last frame of either kind."""


def measure(path: Path) -> Found:
    """Decode a track file and find where each flash and beep begins. Raises av.FFmpegError on a decode error."""
    flashes: list[float] = []
    times: list[float] = []
    frames = 0
    dark = True
    samples = 0
    blocks: list[tuple[float, float, int]] = []
    with av.open(for_av(path), "r") as container:
        for packet in container.demux():
            for frame in packet.decode():
                assert isinstance(frame, (av.VideoFrame, av.AudioFrame))
                assert frame.pts is not None
                assert frame.time_base is not None
                at_s = float(frame.pts * frame.time_base)
                times.append(at_s)
                if isinstance(frame, av.VideoFrame):
                    frames += 1
                    bright = float(np.asarray(frame.reformat(format="gray").to_ndarray()[::8, ::8]).mean()) > 130
                    if bright and dark:
                        flashes.append(at_s)
                    dark = not bright
                else:
                    sound = np.abs(frame.to_ndarray().astype(np.float32)).max(axis=0)
                    samples += len(sound)
                    blocks += [_block(at_s, sound)] if len(sound) else []
    beeps = _onsets(blocks)
    span = (min(times), max(times) + AUDIO_MS / 1000) if times else (0.0, 0.0)
    return Found(tuple(flashes), beeps, frames, samples, span)


def _block(at_s: float, sound: npt.NDArray[np.float32]) -> tuple[float, float, int]:
    """Time, peak, and the first sample over a quarter of it: hours of sound need no memory."""
    peak = float(sound.max())
    return at_s, peak, int(np.argmax(sound >= peak / 4))


def _onsets(blocks: list[tuple[float, float, int]]) -> tuple[float, ...]:
    peak = max((peak for _, peak, _ in blocks), default=0.0)
    found: list[float] = []
    for at_s, loudest, first in blocks:
        if loudest > peak / 4:
            onset_s = at_s + first / 48_000
            if not found or onset_s - found[-1] > 0.5:
                found.append(onset_s)
    return tuple(found)
