"""How much does the path to a peer carry? A send-side estimator fed by transport-cc feedback.

Here is what was sent and what the feedback says of it; `delay_trend.py` finds growing queues, `rate_control.py` draws
the conclusions (the papers are named there), `meters.py` counts, `feedback_parser.py` reads.

Pure: time is passed in, microseconds. Everything is of fixed size.
"""

from __future__ import annotations

from array import array

from media_server.dataplane.delay_trend import OVERUSE, DelayTrend
from media_server.dataplane.feedback_parser import ABSENT, Feedback, read_feedback
from media_server.dataplane.meters import ArrivalRate, Least, LossShare, ProbeMeter
from media_server.dataplane.ports import Bandwidth, BandwidthLimits
from media_server.dataplane.rate_control import LOSS_PACKETS, RateControl

HISTORY_PACKETS = 4096
"""Feedback about older packets is ignored."""

_TICK_US = 250
_REFERENCE_TICKS = 256
_LEAST_TICKS, _MOST_TICKS = 1 << 31, 1 << 50
_FLYING, _LOST, _ARRIVED = 0, 1, 2
_SILENCE_US = 1_000_000
_PAUSE_US = 500_000
_STALE_US = 2_000_000
_UNKNOWN_TRIP_US = 200_000
_LOSS_WINDOW_US = 200_000
_QUEUE_US = 20_000
"""Less is jitter: of the path, or of a busy machine at its end."""
_JAM_US, _MOST_JAM_US = 80_000, 1_000_000
_MEASURED_US = 200_000
"""So long after a jam has begun what arrives is what the path carries; then it may be all that is sent."""
_USUAL_WEIGHT = 32
_RECENT_SLOTS = 4
_GAP_WEIGHT = 8
_MOST_GAP_US = 250_000
_WINDOW_SLACK_US = 50_000
_LEAST_WINDOW_BYTES = 4_800
_WINDOW_US = 1_000_000


class Estimator:
    """The path to one peer: `take` a number for every packet as it leaves, hand over every `feedback`."""

    __slots__ = (
        "_arriving", "_base_delay", "_control", "_feedback_us", "_gap_us", "_in_cluster", "_jammed", "_jammed_us",
        "_last_sent_us", "_loss", "_loss_from", "_newest_queue_us", "_next", "_probe", "_probed_bps", "_processed",
        "_queue_us", "_reference", "_reference_ticks", "_sending", "_sent_bytes", "_sent_us", "_sizes", "_states",
        "_told_bytes", "_totals", "_trend", "_trip", "_usual_queue_us", "_waiting_us", "_window_lost", "_window_told",
        "_window_us",
    )  # fmt: skip

    def __init__(self, limits: BandwidthLimits) -> None:
        self._next = 0x10000
        """Extended transport-wide number of the next packet."""
        self._sent_us = array("q", bytes(8 * HISTORY_PACKETS))
        self._sizes = array("i", bytes(4 * HISTORY_PACKETS))
        self._totals = array("q", bytes(8 * HISTORY_PACKETS))
        """What had been sent with this packet and before it."""
        self._sent_bytes = self._told_bytes = 0
        """In all; and up to the newest packet that feedback told of."""
        # A place never used counts as arrived: nothing is to be learnt of it.
        self._states = bytearray(bytes((_ARRIVED,)) * HISTORY_PACKETS)
        self._in_cluster = bytearray(HISTORY_PACKETS)
        self._control = RateControl(limits)
        self._trend = DelayTrend()
        self._arriving = ArrivalRate()
        self._sending = ArrivalRate()
        self._loss = LossShare()
        self._trip = Least()
        self._base_delay = Least()
        self._queue_us = 0
        """One-way delay of the newest feedback's fastest packet above the least of the last seconds."""
        self._newest_queue_us = 0
        """The same of its newest packet."""
        self._usual_queue_us = 0
        self._jammed, self._jammed_us = False, 0
        self._feedback_us = 0
        self._gap_us = 0
        """Smoothed time between two feedback packets."""
        self._last_sent_us = self._waiting_us = -1
        self._reference = -1
        self._reference_ticks = 0
        self._processed = 0
        """Highest extended number that arrived."""
        self._loss_from = 0
        """Loss of packets before this one was made by a rate that is no more."""
        self._window_us = self._window_told = self._window_lost = 0
        self._probe: ProbeMeter | None = None
        self._probed_bps = 0

    def limit(self, limits: BandwidthLimits) -> None:
        """New bounds, at once; `start_bps` counts as long as no feedback has come."""
        if self._feedback_us:
            self._control.limit(limits)
        else:
            self._control = RateControl(limits)

    @property
    def upcoming(self) -> int:
        """The 16-bit number that `take` will give."""
        return self._next & 0xFFFF

    def take(self, size_bytes: int, now_us: int, *, probing: bool = False) -> int:
        """The 16-bit transport-wide number of a packet that leaves now. `size_bytes`: the whole datagram."""
        number = self._next
        self._next += 1
        place = number % HISTORY_PACKETS
        self._sent_us[place] = now_us
        self._sizes[place] = size_bytes
        self._sent_bytes += size_bytes
        self._totals[place] = self._sent_bytes
        self._sending.add(size_bytes, now_us)
        self._states[place] = _FLYING
        self._in_cluster[place] = 0
        if probing and self._probe is not None and not self._probe.closed:
            self._in_cluster[place] = 1
            self._probe.sent(number, size_bytes, now_us)
        if self._waiting_us < 0 or now_us - self._last_sent_us > _PAUSE_US:
            self._waiting_us = now_us
        elif now_us - self._waiting_us >= _SILENCE_US:
            self._waiting_us = now_us
            self._control.silent()
        self._last_sent_us = now_us
        return number & 0xFFFF

    @property
    def round_trip_us(self) -> int:
        """See `Bandwidth`."""
        return self._trip.value(0)

    def has_room(self, now_us: int) -> bool:
        """Whether less is under way than the path takes in a round trip with its feedback, and a little queue: more
        would only wait there, in front of the audio. True while no feedback comes."""
        if not self._feedback_us or now_us - self._feedback_us > _WINDOW_US:
            return True
        rate = max(int(self._control.rate_bps), self._arriving.bits_per_second())
        window_us = self._trip.value(_UNKNOWN_TRIP_US) + 2 * self._gap_us + _WINDOW_SLACK_US
        return self._sent_bytes - self._told_bytes < max(rate * window_us // 8_000_000, _LEAST_WINDOW_BYTES)

    def begin_probe(self) -> None:
        """Packets taken with `probing` belong to a new cluster from now on; an unfinished one is forgotten."""
        self._probe = ProbeMeter()
        for place in range(HISTORY_PACKETS):
            self._in_cluster[place] = 0

    def end_probe(self) -> None:
        """The cluster is complete: its result comes with the feedback on its last packet."""
        if self._probe is not None:
            self._probe.closed = True

    def bandwidth(self, now_us: int) -> Bandwidth:
        """What is known now."""
        return Bandwidth(
            estimate_bps=int(self._control.rate_bps),
            acknowledged_bps=self._arriving.bits_per_second(),
            loss=self._loss.share(now_us),
            inherent_loss=self._control.inherent,
            overusing=self._overusing,
            jammed=self._jammed,
            probed_bps=self._probed_bps,
            feedback_us=self._feedback_us,
            round_trip_us=self.round_trip_us,
        )

    def feedback(self, packet: bytes, now_us: int) -> None:
        """One RTCP feedback packet. Garbage, and what it says of packets never sent or long gone, is ignored."""
        read = read_feedback(packet)
        if read is None:
            return
        if self._feedback_us and now_us - self._feedback_us > _STALE_US:
            self._trend = DelayTrend()
        if not self._learn(read, now_us):
            return
        if self._feedback_us:
            gap_us = min(now_us - self._feedback_us, _MOST_GAP_US)
            self._gap_us = ((_GAP_WEIGHT - 1) * self._gap_us + gap_us) // _GAP_WEIGHT
        self._feedback_us = now_us
        self._waiting_us = -1
        self._judge(now_us)

    def _learn(self, read: Feedback, now_us: int) -> bool:
        """Take over what is new; False when nothing is."""
        newest = self._next - 1
        number = newest - ((newest - read.base) & 0xFFFF) - 1
        ticks = self._unwrapped(read.reference)
        told, last_arrived, least_delay_us, newest_delay_us = False, 0, 0, 0
        for delta in read.deltas:
            number += 1
            if delta != ABSENT:
                ticks += delta
            if number > newest or number <= newest - HISTORY_PACKETS:
                continue
            place = number % HISTORY_PACKETS
            state = self._states[place]
            if state == _ARRIVED or (state == _LOST and delta == ABSENT):
                continue
            told = True
            self._told_bytes = max(self._told_bytes, self._totals[place])
            if delta == ABSENT:
                self._states[place] = _LOST
                self._count(number, 1, 1, now_us)
                continue
            self._states[place] = _ARRIVED
            if state == _FLYING:
                self._count(number, 1, 0, now_us)
            else:
                self._count(number, 0, -1, now_us)
            arrival_us, sent_us = ticks * _TICK_US, self._sent_us[place]
            self._arriving.add(self._sizes[place], arrival_us)
            self._base_delay.add(arrival_us - sent_us, now_us)
            newest_delay_us = arrival_us - sent_us
            if last_arrived == 0 or newest_delay_us < least_delay_us:
                least_delay_us = newest_delay_us
            last_arrived = number
            if self._in_cluster[place] and self._probe is not None:
                self._probe.arrived(self._sizes[place], arrival_us)
            if number > self._processed:
                self._processed = number
                self._trend.packet(sent_us, arrival_us)
        if last_arrived:
            self._trip.add(now_us - self._sent_us[last_arrived % HISTORY_PACKETS], now_us)
            base_us = self._base_delay.value(least_delay_us)
            self._queue_us = least_delay_us - base_us
            self._newest_queue_us = newest_delay_us - base_us
            self._note_jam(now_us)
        return told

    def _note_jam(self, now_us: int) -> None:
        """Does a queue stand on the way, unusually long? Seen in one feedback, long before the trend turns.

        After a moment in which nothing came the newest packet has waited least; behind a queue it has waited longest,
        and less comes than was sent. A delay that stays although video has stopped is not of our making.
        """
        bound_us = _JAM_US + 2 * self._usual_queue_us
        if not self._jammed:
            less = 10 * self._arriving.bits_per_second(_RECENT_SLOTS) < 9 * self._sending.bits_per_second()
            self._jammed = less and self._newest_queue_us > bound_us and self._queue_us > bound_us // 2
            self._jammed_us = now_us
        elif now_us - self._jammed_us > _MOST_JAM_US:
            self._jammed = False
            self._usual_queue_us = self._queue_us = self._newest_queue_us = 0
            self._base_delay = Least()
        else:
            self._jammed = self._queue_us > bound_us // 2
        if not self._jammed:
            usual_us = (_USUAL_WEIGHT - 1) * self._usual_queue_us + self._newest_queue_us
            self._usual_queue_us = usual_us // _USUAL_WEIGHT

    @property
    def _overusing(self) -> bool:
        return self._trend.usage == OVERUSE and self._queue_us > _QUEUE_US

    def _judge(self, now_us: int) -> None:
        sending_bps, arriving_bps = self._sending.bits_per_second(), self._arriving.bits_per_second()
        trip_us = self._trip.value(_UNKNOWN_TRIP_US)
        if self._jammed:
            if now_us - self._jammed_us <= _MEASURED_US:
                self._control.jammed(self._arriving.bits_per_second(_RECENT_SLOTS), now_us)
            self._begin_loss_window(now_us)
        elif (self._overusing or self._trend.usage != OVERUSE) and self._control.delay(
            self._trend.usage, sending_bps, arriving_bps, trip_us, now_us
        ):
            self._begin_loss_window(now_us)
        elif self._window_told >= LOSS_PACKETS and now_us - self._window_us >= _LOSS_WINDOW_US:
            delayed = self._queue_us > _QUEUE_US
            if self._control.loss(self._window_told, max(self._window_lost, 0), delayed, sending_bps, arriving_bps):
                self._begin_loss_window(now_us)
        probe = self._probe
        if probe is not None and probe.closed and self._processed >= probe.last_number:
            self._probe = None
            sent_bps, arrived_bps = probe.rates()
            if sent_bps:
                self._probed_bps = self._control.probed(sent_bps, arrived_bps)

    def _count(self, number: int, told: int, lost: int, now_us: int) -> None:
        self._loss.add(told, lost, now_us)
        if number >= self._loss_from:
            self._window_told += told
            self._window_lost += lost

    def _begin_loss_window(self, now_us: int) -> None:
        self._loss_from = self._next
        self._window_us = now_us
        self._window_told = self._window_lost = 0

    def _unwrapped(self, reference: int) -> int:
        """The reference time without its wrap after 12 days, in ticks."""
        if self._reference >= 0:
            step = ((reference - self._reference + 0x800000) & 0xFFFFFF) - 0x800000
            self._reference_ticks += step * _REFERENCE_TICKS
        if not _LEAST_TICKS <= self._reference_ticks <= _MOST_TICKS:
            # The first, or a clock that runs wild: high enough that no time becomes negative.
            self._reference_ticks = (reference + 0x1000000) * _REFERENCE_TICKS
        self._reference = reference
        return self._reference_ticks
