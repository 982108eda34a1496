"""The rate of a path, raised and lowered by what delay, loss and probes say.

Delay: additive increase near the capacity met before, multiplicative elsewhere, 0.85 of what arrives on overuse
(draft-ietf-rmcat-gcc-02, section 5.5; Carlucci et al., MMSys 2016); 0.85 of the rate where little was sent and came.

Loss is congestion when it exceeds the path's *inherent* loss by 10 %, and by what chance does to a radio of 5 %,
while delay stands above its least: a full queue. Then too 0.85 of what arrives; but of the rate (as the draft's
section 6) where little was sent and no flood: that may be another path, longer and worse. The draft's fixed bounds
would starve a phone whose radio loses 15 % at any rate. Loss without delay is tried out: send 15 % less for a moment;
if the loss falls, it was congestion (a policer), if not, it is inherent, is remembered, and the rate comes back.
(Telling inherent loss from the loss we make is the idea of libwebrtc's LossBasedBweV2; this test is simpler.)

Pure. Doubles; the compiled twin gets the same bits.
"""

from __future__ import annotations

import math

from media_server.dataplane.delay_trend import OVERUSE, UNDERUSE
from media_server.dataplane.ports import BandwidthLimits

_BACKOFF = 0.85
_GROWTH_PER_S = 0.08
_LEAST_GROWTH_BPS = 4000.0
_PACKET_BITS = 9600.0
_RESPONSE_US = 100_000
_LIMIT_FACTOR, _LIMIT_SLACK_BPS = 1.5, 10_000.0
_LEAST_REDUCTION_US, _MOST_REDUCTION_US = 10_000, 200_000
_MOST_STEP_US = 1_000_000
_UNKNOWN = -1.0

_DEVIATION, _LEAST_DEVIATION, _MOST_DEVIATION = 0.4, 0.4, 2.5
_CAPACITY_WEIGHT = 0.05

_EXCESS_LOSS, _FLOOD_LOSS = 0.10, 0.25
_SIGMAS, _RADIO_LOSS = 2.0, 0.05
LOSS_PACKETS = 20
"""A share of fewer packets says nothing."""
_TRIAL_PACKETS = 60
_FELL = 0.5
_MOST_INHERENT = 0.5
_FORGET = 0.25
_LITTLE, _ALL = 0.7, 0.75
"""Of twenty packets in half a second a radio of 5 % now and then loses three, and a path that becomes longer holds
some back: less than 0.75 of what was sent is more than that."""

_SATURATED = 0.9
_SATURATED_MARGIN = 0.95


class RateControl:
    """`rate_bps` and what it is derived from."""

    __slots__ = (
        "_capacity_kbps", "_deviation", "_least", "_most", "_reduced_us", "_trial_loss", "_trial_rate", "_updated_us",
        "inherent", "rate_bps",
    )  # fmt: skip

    def __init__(self, limits: BandwidthLimits) -> None:
        self.rate_bps = 0.0
        self.limit(limits)
        self.rate_bps = min(max(float(limits.start_bps), self._least), self._most)
        self.inherent = 0.0
        """Share of packets the path loses at any rate."""
        self._updated_us = self._reduced_us = -1
        self._capacity_kbps = _UNKNOWN
        """What arrived when a queue grew; the rate is careful there."""
        self._deviation = _DEVIATION
        self._trial_rate = _UNKNOWN
        """The rate before a trial; unknown: no trial is on."""
        self._trial_loss = 0.0

    def limit(self, limits: BandwidthLimits) -> None:
        """New bounds; the rate moves inside them."""
        self._least, self._most = float(limits.least_bps), float(max(limits.most_bps, limits.least_bps))
        self._set(self.rate_bps)

    def silent(self) -> None:
        """A second without feedback: half of it."""
        self._set(self.rate_bps / 2.0)

    def jammed(self, recent_bps: int, now_us: int) -> None:
        """A long queue stands: what arrives is all that the path carries. `recent_bps` 0: not known yet."""
        if recent_bps <= 0:
            return
        self._updated_us = self._reduced_us = now_us
        self._trial_rate = _UNKNOWN
        carried = self._carried(recent_bps)
        self._set(min(self.rate_bps, _BACKOFF * carried))
        self._meet_capacity(carried / 1000.0)

    def delay(self, usage: int, sending_bps: int, arriving_bps: int, trip_us: int, now_us: int) -> bool:
        """Act on what the delay says; True when the rate was cut. `arriving_bps` 0: not known yet."""
        elapsed_us = 0 if self._updated_us < 0 else min(now_us - self._updated_us, _MOST_STEP_US)
        self._updated_us = now_us
        if arriving_bps <= 0:
            return False
        carried = self._carried(arriving_bps)
        if usage == OVERUSE:
            if sending_bps < _LITTLE * self.rate_bps and carried >= _ALL * sending_bps:
                return self._overused_by_little(now_us)
            return self._overused(carried, trip_us, now_us)
        if usage != UNDERUSE:
            self._grow(carried, trip_us, elapsed_us / 1_000_000.0)
        return False

    def loss(self, told: int, lost: int, delayed: bool, sending_bps: int, arriving_bps: int) -> bool:
        """Act on the loss since the last True; True when it was used up and counting begins anew."""
        share = lost / told
        radio = max(self.inherent, _RADIO_LOSS)
        sway = _SIGMAS * math.sqrt(told * radio * (1.0 - radio))
        bound = (self.inherent + _EXCESS_LOSS) * told + sway
        if lost > bound and delayed and arriving_bps > 0:
            self._trial_rate = _UNKNOWN
            flooded = lost > (self.inherent + _FLOOD_LOSS) * told + sway
            if sending_bps < _LITTLE * self.rate_bps and not flooded:
                self._set(_BACKOFF * self.rate_bps)
            else:
                self._set(min(self.rate_bps, _BACKOFF * self._carried(arriving_bps)))
            return True
        if told < _TRIAL_PACKETS:
            return False
        if self._trial_rate >= 0.0:
            if share >= self.inherent + _FELL * (self._trial_loss - self.inherent):
                self.inherent = min(share, _MOST_INHERENT)
                self._set(max(self.rate_bps, self._trial_rate))
            self._trial_rate = _UNKNOWN
        elif lost > bound:
            self._trial_rate, self._trial_loss = self.rate_bps, share
            self._set(_BACKOFF * self.rate_bps)
        elif share < self.inherent:
            self.inherent += _FORGET * (share - self.inherent)
        return True

    def probed(self, sent_bps: int, arrived_bps: int) -> int:
        """A probe's rates; returns what it proved and raises the rate to that."""
        carried = self._carried(arrived_bps)
        saturated = carried < _SATURATED * sent_bps
        proved = _SATURATED_MARGIN * carried if saturated else min(float(sent_bps), carried)
        if proved > self.rate_bps:
            self._capacity_kbps = proved / 1000.0 if saturated else _UNKNOWN
            self._set(proved)
        return int(proved)

    def _carried(self, arriving_bps: int) -> float:
        """What was sent for that to arrive, were there no queue."""
        return arriving_bps / (1.0 - self.inherent)

    def _set(self, rate_bps: float) -> None:
        self.rate_bps = min(max(rate_bps, self._least), self._most)

    def _overused_by_little(self, now_us: int) -> bool:
        """All that was sent arrived, and it was little: that says nothing of what the path carries."""
        if self._reduced_us >= 0 and now_us - self._reduced_us < _MOST_REDUCTION_US:
            return False
        self._reduced_us = now_us
        self._trial_rate = _UNKNOWN
        self._set(_BACKOFF * self.rate_bps)
        return True

    def _overused(self, carried: float, trip_us: int, now_us: int) -> bool:
        pause_us = min(max(trip_us, _LEAST_REDUCTION_US), _MOST_REDUCTION_US)
        if self._reduced_us >= 0 and now_us - self._reduced_us < pause_us and carried >= 0.5 * self.rate_bps:
            return False
        self._reduced_us = now_us
        self._trial_rate = _UNKNOWN
        target = _BACKOFF * carried
        if target > self.rate_bps and self._capacity_kbps >= 0.0:
            target = _BACKOFF * self._capacity_kbps * 1000.0
        self._set(min(target, self.rate_bps))
        self._meet_capacity(carried / 1000.0)
        return True

    def _grow(self, carried: float, trip_us: int, elapsed_s: float) -> None:
        if self._capacity_kbps >= 0.0 and carried / 1000.0 > self._capacity_kbps + self._spread_kbps():
            self._capacity_kbps = _UNKNOWN
        if self._capacity_kbps >= 0.0:
            # About a packet more in each response time (draft-ietf-rmcat-gcc-02, section 5.5).
            grown = max(_PACKET_BITS / ((trip_us + _RESPONSE_US) / 1_000_000.0), _LEAST_GROWTH_BPS) * elapsed_s
        else:
            grown = _GROWTH_PER_S * self.rate_bps * elapsed_s
        limit = _LIMIT_FACTOR * carried + _LIMIT_SLACK_BPS
        self._set(max(self.rate_bps, min(self.rate_bps + grown, limit)))

    def _spread_kbps(self) -> float:
        return 3.0 * math.sqrt(self._deviation * self._capacity_kbps)

    def _meet_capacity(self, carried_kbps: float) -> None:
        """Mean and normalised variance of what arrived at each overuse."""
        if self._capacity_kbps >= 0.0 and carried_kbps < self._capacity_kbps - self._spread_kbps():
            self._capacity_kbps = _UNKNOWN
        if self._capacity_kbps < 0.0:
            self._capacity_kbps = carried_kbps
            return
        self._capacity_kbps += _CAPACITY_WEIGHT * (carried_kbps - self._capacity_kbps)
        off = self._capacity_kbps - carried_kbps
        deviation = (1.0 - _CAPACITY_WEIGHT) * self._deviation
        deviation += _CAPACITY_WEIGHT * off * off / max(self._capacity_kbps, 1.0)
        self._deviation = min(max(deviation, _LEAST_DEVIATION), _MOST_DEVIATION)
