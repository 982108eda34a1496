"""A sender's track as the room knows it: its layers, their upkeep, and the inner subscribers that listen to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from media_server.bandwidth import RateMeter
from media_server.dataplane.ports import DataPlane, PeerId, Received, TapPacket
from media_server.nack import NackGenerator
from media_server.packets import ReportBlock, SenderInfo, rtp_payload
from media_server.payloads import is_keyframe
from media_server.ports import Kind, PublicationInfo, SenderReport, Subscriber
from media_server.reports import ClockMap, Reception, TimestampMap


class KeyframeRequests:
    """Coalesces the wishes for a keyframe of one layer. Pure: time is passed in, microseconds.

    One question a second in the long run, because a keyframe costs the publisher ten ordinary frames; a few may
    follow each other faster, so that somebody who joins just after another does not wait for his picture.
    """

    APART_US = 400_000
    """libwebrtc ignores a request within 300 ms of the last keyframe."""
    REFILL_US = 1_000_000
    BURST = 3
    REPEAT_US = 600_000
    """A question without a keyframe for so long was lost, or its answer."""

    def __init__(self) -> None:
        self._wanted = False
        self._unanswered = False
        self._asked_us: int | None = None
        self._credit_us = self.BURST * self.REFILL_US
        self._credited_us: int | None = None

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
        if self._credited_us is not None:
            self._credit_us = min(self.BURST * self.REFILL_US, self._credit_us + now_us - self._credited_us)
        self._credited_us = now_us
        if self._credit_us < self.REFILL_US:
            return False
        self._credit_us -= self.REFILL_US
        self._asked_us, self._unanswered = now_us, True
        return True


class Layer:
    """One encoding of a publication: one incoming SSRC with its statistics and repairs."""

    def __init__(self, ssrc: int, kind: Kind, clock_rate_hz: int, clock: ClockMap) -> None:
        self.ssrc = ssrc
        self.rtx_ssrc: int | None = None
        self.nack = NackGenerator(patience_us=1_000_000 if kind is Kind.VIDEO else 500_000)
        self.reception = Reception(ssrc, clock_rate_hz)
        self.timestamps = TimestampMap(clock_rate_hz, clock)
        self.keyframes = KeyframeRequests()
        self.meter = RateMeter()
        self.last_block: ReportBlock | None = None
        self.last_report: SenderInfo | None = None
        self.last_us = 0
        """Arrival of the last packet."""
        self._repairs = kind is Kind.VIDEO

    def received(self, packet: Received, *, wanted: bool) -> bool:
        """Count a packet of this SSRC; True for a repetition, which counts for the repair and not for the network.
        What is not wanted (muted) is reported as received and never asked for again."""
        self.last_us = packet.arrival_us
        self.meter.add(packet.size_bytes, packet.arrival_us)
        repeated = wanted and self.nack.received(packet.sequence, packet.arrival_us)
        if not repeated:
            self.reception.received(packet.sequence, packet.timestamp, packet.arrival_us)
        if packet.keyframe:
            self.keyframes.arrived()
        return repeated

    def due_repairs(self, now_us: int, round_trip_us: int | None) -> list[int]:
        """Sequence numbers to NACK now; what was given up turns into the wish for a keyframe (video)."""
        sequences = self.nack.due(now_us, round_trip_us)
        if self.nack.gave_up() and self._repairs:
            self.keyframes.want()
        return sequences


class Publication:
    """See the module text. `layers` has one entry per encoding, best last; a track without packets yet has none."""

    def __init__(
        self,
        info: PublicationInfo,
        plane: DataPlane,
        peer: PeerId,
        *,
        payload_type: int,
        clock_rate_hz: int,
        extensions: Mapping[int, str],
        clock: ClockMap,
    ) -> None:
        self.info = info
        self.peer = peer
        self.payload_type = payload_type
        self.clock_rate_hz = clock_rate_hz
        self.extensions = extensions
        self.layers: list[Layer] = []
        self.running = False
        self.allowed = True
        self._plane = plane
        self._clock = clock
        self._taps: dict[Subscriber, None] = {}
        self._end_tap: Callable[[], None] | None = None
        self._recent: deque[int] = deque(maxlen=512)
        self._recent_set: set[int] = set()

    @property
    def layer(self) -> Layer | None:
        """The layer everybody gets while there is one only."""
        return self.layers[-1] if self.layers else None

    def bind(self, ssrc: int) -> Layer:
        """Take this SSRC as the track's layer, in place of another if there was one."""
        layer = Layer(ssrc, self.info.kind, self.clock_rate_hz, self._clock)
        if self.layer:
            self._plane.mute(self.peer, self.layer.ssrc, False)
        self._stop_tap()
        self.layers = [layer]
        if not self.allowed:
            self._plane.mute(self.peer, ssrc, True)
        if self.running and self._taps:
            self._start_tap()
            self.want_keyframe()
        return layer

    def allow(self, allowed: bool) -> bool:
        """Let the track's packets pass, or drop them at the door. Returns whether this is a change. Idempotent."""
        if allowed == self.allowed:
            return False
        self.allowed = allowed
        for layer in self.layers:
            self._plane.mute(self.peer, layer.ssrc, not allowed)
            layer.nack.forget()
            if allowed and self.info.kind is Kind.VIDEO:
                layer.keyframes.want()
        return True

    def start(self, subscribers: list[Subscriber]) -> None:
        """The first packet has come: tell the inner subscribers."""
        self.running = True
        for subscriber in subscribers:
            self.attach(subscriber)

    def want_keyframe(self) -> None:
        """Ask for a keyframe when it is due. Audio and tracks without packets: nothing. Idempotent."""
        if self.info.kind is Kind.VIDEO and self.layer and self.allowed:
            self.layer.keyframes.want()

    def attach(self, subscriber: Subscriber) -> None:
        """Give this subscriber every packet from now on, beginning with a keyframe soon. Idempotent."""
        layer = self.layer
        if not self.running or layer is None or subscriber in self._taps:
            return
        self._taps[subscriber] = None
        subscriber.track_started(self.info, layer.ssrc, self.clock_rate_hz)
        if layer.last_report:
            # Its arrival is not kept: on the one clock it is where the map puts it.
            arrival_us = self._clock.to_server_us(layer.last_report.ntp)
            if arrival_us is not None:
                subscriber.track_report(self.info.id, _told(layer.last_report, arrival_us))
        if self._end_tap is None:
            self._start_tap()
        self.want_keyframe()

    def detach(self, subscriber: Subscriber) -> None:
        """Idempotent."""
        if self._taps.pop(subscriber, self) is self:
            return
        subscriber.track_ended(self.info.id)
        if not self._taps:
            self._stop_tap()

    def reported(self, info: SenderInfo, arrival_us: int) -> None:
        """A sender report of the publisher (the clock map has seen it)."""
        for layer in self.layers:
            if layer.ssrc == info.ssrc:
                layer.last_report = info
                layer.timestamps.reported(info)
                layer.reception.reported(info.ntp, arrival_us)
                for subscriber in list(self._taps):
                    subscriber.track_report(self.info.id, _told(info, arrival_us))

    def end(self) -> None:
        """Take the track out of the data plane and tell the inner subscribers. Idempotent."""
        for subscriber in list(self._taps):
            self.detach(subscriber)
        self._stop_tap()
        for layer in self.layers:
            self._plane.mute(self.peer, layer.ssrc, False)
        self.layers = []
        self.running = False

    def _start_tap(self) -> None:
        layer = self.layer
        if layer is not None:
            self._end_tap = self._plane.add_tap(self.peer, layer.ssrc, self._tapped)

    def _stop_tap(self) -> None:
        if self._end_tap:
            self._end_tap()
        self._end_tap = None
        self._recent.clear()
        self._recent_set.clear()

    def _tapped(self, packet: TapPacket) -> None:
        sequence = int.from_bytes(packet.rtp[2:4], "big")
        if sequence in self._recent_set:
            return
        if len(self._recent) == self._recent.maxlen:
            self._recent_set.discard(self._recent[0])
        self._recent.append(sequence)
        self._recent_set.add(sequence)
        layer = self.layer
        # The data plane looks for keyframes only where a viewer listens.
        if layer and layer.keyframes.wanted and is_keyframe(self.info.codec, rtp_payload(packet.rtp)):
            layer.keyframes.arrived()
        for subscriber in list(self._taps):
            subscriber.track_packet(self.info.id, packet.arrival_us, packet.rtp)


def _told(info: SenderInfo, arrival_us: int) -> SenderReport:
    return SenderReport(info.ssrc, info.ntp, info.rtp, arrival_us)
