"""Reception statistics of an incoming stream (RFC 3550 A) and the arithmetic of sender reports.

One clock for everybody: we translate every publisher's wall clock to the server's monotonic clock, written as
NTP from an arbitrary epoch. A viewer then sees one sender clock for all tracks, so tracks of one participant
keep their lip sync exactly (they share one offset) and tracks of different participants are aligned as well as
their clocks' offsets were measured; a wrong or stepped clock of a phone harms nobody.
"""

from __future__ import annotations

from media_server.packets import ReportBlock, SenderInfo

_EPOCH_S = 0xE0000000
"""Seconds of NTP at monotonic zero: any constant does; a plausible year keeps analysers quiet."""


def ntp_from_us(time_us: int) -> int:
    """Server monotonic microseconds -> 64-bit NTP of the one clock."""
    return (_EPOCH_S << 32) + (time_us << 32) // 1_000_000


def middle(ntp: int) -> int:
    """The middle 32 bits of an NTP timestamp, as reports carry it back."""
    return ntp >> 16 & 0xFFFFFFFF


def round_trip_us(now_us: int, last_report: int, delay: int) -> int | None:
    """Round trip from a report that echoes ours (RFC 3550 6.4.1); None when there was no report or it is absurd."""
    if not last_report:
        return None
    units = middle(ntp_from_us(now_us)) - last_report - delay & 0xFFFFFFFF
    if units > 0xFFFF0000:
        return 0
    return units * 1_000_000 >> 16 if units < 60 << 16 else None


class Reception:
    """Loss, jitter and the last sender report of one incoming SSRC."""

    def __init__(self, ssrc: int, clock_rate_hz: int) -> None:
        self._ssrc = ssrc
        self._clock_rate_hz = clock_rate_hz
        self._base: int | None = None
        self._highest = 0
        self._received = 0
        self._prior_expected = 0
        self._prior_received = 0
        self._transit: int | None = None
        self._jitter16 = 0
        self._report: tuple[int, int] | None = None

    def received(self, sequence: int, timestamp: int, arrival_us: int) -> None:
        """Count a packet that came by itself (repetitions that we asked for are not to be counted)."""
        if self._base is None:
            self._base = self._highest = sequence + 0x10000
        ahead = (sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        if not -3000 <= ahead <= 3000:
            self._restart(sequence)
            ahead = 0
        self._received += 1
        if ahead < 0:
            return
        self._highest += ahead
        transit = arrival_us * self._clock_rate_hz // 1_000_000 - timestamp
        before, self._transit = self._transit, transit
        if before is not None:
            difference = abs((transit - before + 0x80000000 & 0xFFFFFFFF) - 0x80000000)
            self._jitter16 += difference - (self._jitter16 + 8 >> 4)

    def reported(self, ntp: int, arrival_us: int) -> None:
        """Note the publisher's sender report."""
        self._report = (ntp, arrival_us)

    def block(self, now_us: int) -> ReportBlock | None:
        """The report block for now; starts the next interval. None before the first packet."""
        if self._base is None:
            return None
        expected = self._highest - self._base + 1
        interval = expected - self._prior_expected
        lost = interval - (self._received - self._prior_received)
        self._prior_expected, self._prior_received = expected, self._received
        last_report = delay = 0
        if self._report:
            last_report = middle(self._report[0])
            delay = min(0xFFFFFFFF, max(0, now_us - self._report[1]) * 65536 // 1_000_000)
        return ReportBlock(
            self._ssrc,
            min(1.0, lost / interval) if interval > 0 and lost > 0 else 0.0,
            expected - self._received,
            self._highest & 0xFFFFFFFF,
            self._jitter16 >> 4,
            last_report,
            delay,
        )

    def _restart(self, sequence: int) -> None:
        self._base = self._highest = sequence + 0x10000
        self._received = self._prior_expected = self._prior_received = 0
        self._transit = None


class ClockMap:
    """One publisher's wall clock against ours: the least delay of its sender reports within half a minute.

    Shared by all tracks of a peer, so that their relation stays as the publisher says. The window follows a drifting
    clock; a clock that was stepped back (several reports in a row too late to be delay) is mapped afresh.
    """

    BUCKET_US = 15_000_000
    STEP_US = 1_000_000
    STEP_REPORTS = 3

    def __init__(self) -> None:
        self._least_us: int | None = None
        self._former_us: int | None = None
        self._bucket_began_us = 0
        self._beyond = 0

    def observe(self, ntp: int, arrival_us: int) -> None:
        """Note a sender report and its arrival."""
        delay_us = arrival_us - (ntp * 1_000_000 >> 32)
        offset_us = self._offset_us
        if offset_us is not None:
            self._beyond = self._beyond + 1 if abs(delay_us - offset_us) > self.STEP_US else 0
            if self._beyond >= self.STEP_REPORTS or delay_us < offset_us - self.STEP_US:
                self._least_us = self._former_us = None
                self._beyond = 0
        if self._least_us is None or arrival_us - self._bucket_began_us > self.BUCKET_US:
            self._former_us, self._least_us = self._least_us, delay_us
            self._bucket_began_us = arrival_us
        self._least_us = min(self._least_us, delay_us)

    def to_server_us(self, ntp: int) -> int | None:
        """The moment `ntp` on our clock; None before the first report."""
        offset_us = self._offset_us
        return None if offset_us is None else (ntp * 1_000_000 >> 32) + offset_us

    @property
    def _offset_us(self) -> int | None:
        if self._former_us is None or self._least_us is None:
            return self._least_us
        return min(self._former_us, self._least_us)


class TimestampMap:
    """RTP timestamps of one stream on our clock, from its last sender report."""

    def __init__(self, clock_rate_hz: int, clock: ClockMap) -> None:
        self._rate = clock_rate_hz
        self._clock = clock
        self._last: SenderInfo | None = None

    def reported(self, info: SenderInfo) -> None:
        """Take the newest sender report (the clock map has seen it already)."""
        self._last = info

    def rtp_at(self, time_us: int) -> int | None:
        """The incoming RTP timestamp that belongs to `time_us`; None before the first sender report."""
        if self._last is None:
            return None
        reported_us = self._clock.to_server_us(self._last.ntp)
        if reported_us is None:
            return None
        return self._last.rtp + (time_us - reported_us) * self._rate // 1_000_000 & 0xFFFFFFFF
