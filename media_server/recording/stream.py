"""One publication on its way into a file: order, whole frames, a keyframe to start with, times; losses named."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hearing.events import GapCause
from media_server.payloads import Frame, depacketizer
from media_server.ports import Kind, PublicationInfo, SenderReport
from media_server.recording.clocks import PeerClock, TrackClock
from media_server.recording.reorder import Lost, Packet, Reorder, parse_rtp
from media_server.recording.timeline import Timeline

MAX_PENDING = 4096
"""Frames between two ticks; more means that nobody ticks, and the oldest are turned into a declared hole."""

LEAD_US = 4_000_000
LEAD_BYTES = 4 << 20
"""Pictures kept before the opening, from the newest keyframe on; beyond this they are dropped."""
LEAD_FRESH_US = 2_000_000
"""When the newest keyframe is older than this another one is wanted."""
LEAD_SOUND_US = 1_000_000
KEYFRAME_EVERY_US = 30_000_000
"""A camera that is left alone sends one keyframe in an hour, and whoever begins in its middle (an export's second
process, a player that seeks) has to decode from there."""
KEYFRAME_SPREAD_US = 10_000_000

OPUS_LOOKAHEAD_MS = 6.5
"""libopus at 48 kHz: 312 samples (RFC 7845 4.2 calls it pre-skip)."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Media that is missing before a frame. `packets` counts RTP packets that never came."""

    cause: GapCause
    packets: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A whole frame that can be decoded after the one before, or after `hole` from here on."""

    frame: Frame
    rtp: int
    arrival_us: int
    hole: Hole | None


class Stream:
    """Pipeline of one publication; pure. `pending` holds frames until the recorder gives them times and a file.

    A video frame is only taken when all before it back to a keyframe were taken: after a loss, everything up to
    the next keyframe is left out and belongs to the hole.
    """

    def __init__(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int, peer: PeerClock) -> None:
        self.publication = publication
        self.clock = TrackClock(clock_rate_hz, peer)
        self.clock_rate_hz = clock_rate_hz
        self.pending: deque[Taken] = deque()
        self.timeline: Timeline | None = None
        self.last_ms: float | None = None
        """Session time of the newest frame given to a file."""
        self.packet_us: int | None = None
        """Arrival of the newest packet."""
        self.first_us: int | None = None
        """Arrival of the first packet since the recording began."""
        self.key_us: int | None = None
        """Arrival of the newest keyframe that was taken."""
        self.lookahead_ms = OPUS_LOOKAHEAD_MS if publication.codec == "opus" else 0.0
        """How much later than its timestamp a decoder gives the sound."""
        self.gaps = 0
        self.bytes_written = 0
        self.ended = False
        self._ssrc = ssrc
        self._video = publication.kind is Kind.VIDEO
        # Those who began together do not send their keyframes together for ever.
        self._every_us = KEYFRAME_EVERY_US + zlib.crc32(publication.id.encode()) % KEYFRAME_SPREAD_US
        self.reset()

    @property
    def needs_keyframe(self) -> bool:
        """Whether frames are left out until a keyframe comes."""
        return self._needs_keyframe

    def keyframe_due(self, now_us: int) -> bool:
        """Whether it is time for another keyframe, so that whoever opens the file later may begin near any place."""
        return self._video and self.key_us is not None and now_us - self.key_us >= self._every_us

    @property
    def hole(self) -> Hole | None:
        """What is missing now, while no frame has come after it yet."""
        return self._hole

    def reset(self) -> None:
        """Forget all media held, keep the clocks: the recording begins here. Idempotent."""
        self._reorder = Reorder()
        self._depacketizer = depacketizer(self.publication.codec)
        self._needs_keyframe = self._video
        self._hole: Hole | None = Hole("keyframe") if self._video else None
        self._unfinished: int | None = None
        self.pending.clear()
        self.last_ms = self.first_us = None
        self.timeline = None

    def listen(self, arrival_us: int, rtp: bytes) -> None:
        """Learn the clock from a packet that is not recorded."""
        packet = parse_rtp(rtp, arrival_us)
        if packet is not None:
            self.clock.packet(packet.timestamp, arrival_us)
            self.packet_us = arrival_us

    def keep_lead(self, now_us: int) -> bool:
        """Before the opening: keep of what was pushed only what the first recorded picture needs to be decoded, and
        a moment of sound; whether a keyframe is wanted."""
        if not self._video:
            while self.pending and now_us - self.pending[0].arrival_us > LEAD_SOUND_US:
                self.pending.popleft()
            return False
        newest = next((n for n in range(len(self.pending) - 1, 0, -1) if self.pending[n].frame.keyframe), 0)
        for _ in range(newest):
            self.pending.popleft()
        if not self.pending:
            return True
        age_us = now_us - self.pending[0].arrival_us
        if age_us > LEAD_US or sum(len(taken.frame.data) for taken in self.pending) > LEAD_BYTES:
            self.pending.clear()
            self.damage("keyframe")
        return age_us > LEAD_FRESH_US

    def begin(self) -> None:
        """The recording begins here, with the lead: what was lost of it is no gap."""
        self.last_ms = self.first_us = None
        self.timeline = None
        self._hole = Hole("keyframe") if self._needs_keyframe else None
        if self.pending:
            self.pending[0] = replace(self.pending[0], hole=None)

    def push(self, arrival_us: int, rtp: bytes) -> None:
        """Take a packet to be recorded; what is no RTP is ignored."""
        packet = parse_rtp(rtp, arrival_us)
        if packet is not None:
            self.packet_us = arrival_us
            if self.first_us is None:
                self.first_us = arrival_us
            self._take_all(self._reorder.push(packet))

    def report(self, report: SenderReport) -> None:
        """Learn from a sender report; of another SSRC it is ignored."""
        if report.ssrc == self._ssrc:
            self.clock.report(report.rtp, report.ntp, report.arrival_us)

    def release(self, now_us: int) -> None:
        """Stop waiting for packets whose time is over."""
        self._take_all(self._reorder.release(now_us))

    def end(self) -> None:
        """No more packets will come: stop waiting for any. Idempotent."""
        self.ended = True
        self.drain()

    def drain(self) -> None:
        """Stop waiting for any packet: the recording ends or pauses here."""
        self._take_all(self._reorder.flush())

    def damage(self, cause: GapCause, packets: int = 0) -> None:
        """Something is missing from here on; video waits for a keyframe."""
        self._depacketizer.reset()
        self._unfinished = None
        self._needs_keyframe = self._video
        before = self._hole
        if before is not None and before.cause != "keyframe":
            cause = "disk" if cause == "disk" else before.cause
            packets += before.packets
        self._hole = Hole(cause, packets)

    def _take_all(self, items: Iterable[Packet | Lost]) -> None:
        for item in items:
            if isinstance(item, Lost):
                self.damage("loss", item.packets)
            elif len(item.payload):
                self._take(item)

    def _take(self, packet: Packet) -> None:
        rtp = self.clock.packet(packet.timestamp, packet.arrival_us)
        if self._unfinished is not None and self._unfinished != packet.timestamp:
            self.damage("damaged")
        frame = self._depacketizer.push(packet.payload, packet.marker, packet.timestamp)
        if frame is None:
            if packet.marker and self._video:
                self.damage("damaged")
            elif self._video:
                self._unfinished = packet.timestamp
            return
        self._unfinished = None
        if self._needs_keyframe:
            if not frame.keyframe or not frame.width:
                return
            self._needs_keyframe = False
        if frame.keyframe:
            self.key_us = packet.arrival_us
        if len(self.pending) >= MAX_PENDING:
            self.pending.clear()
            self.damage("overflow")
            return
        self.pending.append(Taken(frame, rtp, packet.arrival_us, self._hole))
        self._hole = None
