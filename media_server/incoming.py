"""One incoming stream of a publication: its statistics, its repairs, and the keyframes that are asked of it."""

from __future__ import annotations

from media_server.bandwidth import RateMeter
from media_server.dataplane.ports import Received
from media_server.nack import NackGenerator
from media_server.packets import ReportBlock, SenderInfo
from media_server.ports import Kind
from media_server.reports import ClockMap, Reception, TimestampMap

STALL_US = 800_000
"""A layer silent for so long has stopped: a camera in the dark still gives five pictures a second."""


class KeyframeRequests:
    """Coalesces the wishes for a keyframe of one layer. Pure: time is passed in, microseconds.

    One question a second, because a keyframe costs the publisher ten ordinary frames; who joins in between gets his
    picture from the packet cache (`DataPlane.replay`).
    """

    APART_US = 1_000_000
    REPEAT_US = 600_000
    """A question without a keyframe for so long was lost, or its answer. libwebrtc gives none within 300 ms of the
    one before."""

    def __init__(self) -> None:
        self._wanted = False
        self._unanswered = False
        self._asked_us: int | None = None

    def want(self) -> None:
        """Somebody cannot decode. Idempotent."""
        self._wanted = True

    @property
    def wanted(self) -> bool:
        """Somebody waits."""
        return self._wanted

    def arrived(self) -> None:
        """A keyframe came and answers every wish."""
        self._wanted = self._unanswered = False

    def due(self, now_us: int) -> bool:
        """Whether to ask now; True counts as asked. Asks again while no keyframe comes."""
        if not self._wanted:
            return False
        if self._asked_us is not None:
            wait_us = self.REPEAT_US if self._unanswered else self.APART_US
            if now_us - self._asked_us < wait_us:
                return False
        self._asked_us, self._unanswered = now_us, True
        return True


class Layer:
    """One encoding of a publication: one incoming SSRC. `rid` is empty for a track without simulcast; a stream with
    layers inside (SVC) is one layer too."""

    def __init__(self, rid: str, ssrc: int, kind: Kind, clock_rate_hz: int, clock: ClockMap) -> None:
        self.rid = rid
        self.ssrc = ssrc
        self.rtx_ssrc: int | None = None
        self.nack = NackGenerator(patience_us=1_000_000 if kind is Kind.VIDEO else 500_000)
        self.reception = Reception(ssrc, clock_rate_hz)
        self.timestamps = TimestampMap(clock_rate_hz, clock)
        self.keyframes = KeyframeRequests()
        self.meter = RateMeter()
        self.size: tuple[int, int] | None = None
        """Width and height in pixels; None while nothing of the track was measured."""
        self.measured = False
        """Whether `size` was read from a keyframe of this layer, not guessed from another's."""
        self.last_block: ReportBlock | None = None
        self.last_report: SenderInfo | None = None
        self.last_us = 0
        """Arrival of the last packet."""
        self.began_us = 0
        """Arrival of the first packet since it last stood still."""
        self._repairs = kind is Kind.VIDEO
        self._ended = False

    def running(self, now_us: int) -> bool:
        """Whether packets came lately."""
        return bool(self.last_us) and not self._ended and now_us - self.last_us < STALL_US

    def received(self, packet: Received, *, wanted: bool) -> bool:
        """Count a packet of this SSRC; True for a repetition, which counts for the repair and not for the network.
        What is not wanted (muted) is reported as received and never asked for again."""
        arrival_us, sequence = packet.arrival_us, packet.sequence
        if not self.running(arrival_us):
            self._begin(packet)
        self.last_us = arrival_us
        self.meter.add(packet.size_bytes, arrival_us)
        repeated = wanted and self.nack.received(sequence, arrival_us)
        if not repeated:
            self.reception.received(sequence, packet.timestamp, arrival_us)
        if packet.keyframe:
            self.keyframes.arrived()
        return repeated

    def _begin(self, packet: Received) -> None:
        # Who was switched away waits for a keyframe: an encoder that starts anew gives one, but it may be lost.
        if self.last_us and self._repairs and not packet.keyframe:
            self.keyframes.want()
        self.began_us = packet.arrival_us
        self._ended = False

    def due_repairs(self, now_us: int, round_trip_us: int | None) -> list[int]:
        """Sequence numbers to NACK now; what was given up turns into the wish for a keyframe (video)."""
        sequences = self.nack.due(now_us, round_trip_us)
        if self.nack.gave_up() and self._repairs:
            self.keyframes.want()
        return sequences

    def ended(self) -> None:
        """The sender says goodbye to this SSRC (RFC 3550 6.6); the next packet takes it back."""
        self._ended = True
        self.nack.forget()
