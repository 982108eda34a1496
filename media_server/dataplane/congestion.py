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


class Estimator:
    """The path to one peer: `take` a number for every packet as it leaves, hand over every `feedback`."""

    __slots__ = (
        "_arriving", "_base_delay", "_control", "_feedback_us", "_in_cluster", "_last_sent_us", "_loss", "_loss_from",
        "_next", "_probe", "_probed_bps", "_processed", "_queue_us", "_reference", "_reference_ticks", "_sent_us",
        "_sizes", "_states", "_trend", "_trip", "_waiting_us", "_window_lost", "_window_told", "_window_us",
    )  # fmt: skip

    def __init__(self, limits: BandwidthLimits) -> None:
        self._next = 0x10000
        """Extended transport-wide number of the next packet."""
        self._sent_us = array("q", bytes(8 * HISTORY_PACKETS))
        self._sizes = array("i", bytes(4 * HISTORY_PACKETS))
        # A place never used counts as arrived: nothing is to be learnt of it.
        self._states = bytearray(bytes((_ARRIVED,)) * HISTORY_PACKETS)
        self._in_cluster = bytearray(HISTORY_PACKETS)
        self._control = RateControl(limits)
        self._trend = DelayTrend()
        self._arriving = ArrivalRate()
        self._loss = LossShare()
        self._trip = Least()
        self._base_delay = Least()
        self._queue_us = 0
        """One-way delay of the newest feedback's fastest packet above the least of the last seconds."""
        self._feedback_us = 0
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
            overusing=self._trend.usage == OVERUSE,
            probed_bps=self._probed_bps,
            feedback_us=self._feedback_us,
            round_trip_us=self._trip.value(0),
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
        self._feedback_us = now_us
        self._waiting_us = -1
        self._judge(now_us)

    def _learn(self, read: Feedback, now_us: int) -> bool:
        """Take over what is new; False when nothing is."""
        newest = self._next - 1
        number = newest - ((newest - read.base) & 0xFFFF) - 1
        ticks = self._unwrapped(read.reference)
        told, last_arrived, least_delay_us = False, 0, -1
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
            if last_arrived == 0 or arrival_us - sent_us < least_delay_us:
                least_delay_us = arrival_us - sent_us
            last_arrived = number
            if self._in_cluster[place] and self._probe is not None:
                self._probe.arrived(self._sizes[place], arrival_us)
            if number > self._processed:
                self._processed = number
                self._trend.packet(sent_us, arrival_us)
        if last_arrived:
            self._trip.add(now_us - self._sent_us[last_arrived % HISTORY_PACKETS], now_us)
            self._queue_us = least_delay_us - self._base_delay.value(least_delay_us)
        return told

    def _judge(self, now_us: int) -> None:
        arriving_bps = self._arriving.bits_per_second()
        if self._control.delay(self._trend.usage, arriving_bps, self._trip.value(_UNKNOWN_TRIP_US), now_us):
            self._begin_loss_window(now_us)
        elif self._window_told >= LOSS_PACKETS and now_us - self._window_us >= _LOSS_WINDOW_US:
            delayed = self._trend.usage == OVERUSE or self._queue_us > _QUEUE_US
            if self._control.loss(self._window_told, max(self._window_lost, 0), delayed, arriving_bps):
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
