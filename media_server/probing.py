"""When to try whether a viewer's network carries more, and how much. Pure: time is passed in, microseconds.

What is sent bounds what can be learnt: a viewer who gets the lowest layer proves no more than its rate. So while
something is held back the path is probed: at first three and six times the start (as libwebrtc does), soon after a
drop towards 85 % of what it carried before, then twice the estimate every few seconds, further at once while it
succeeds. No probe but the first two is over three times the estimate: audio waits behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

DURATION_MS = 80
FIRST_FACTORS = (3.0, 6.0)
FACTOR = 2.0
RECOVERY_FACTOR = 3.0
RECOVERY_SHARE = 0.85
RECOVERY_US = 2_000_000
"""A drop is over when the path did not overuse for so long."""
REACHED = 0.85
"""A probe succeeded when so much of its rate was measured or estimated."""
SETTLE_US = 500_000
"""From the end of a probe to its verdict: feedback needs a round trip, the estimator a window."""
RETRY_US = 500_000
PAUSE_US = 4_000_000
PAUSE_MOST_US = 5_000_000
"""A probe takes 80 ms at twice the estimate: every five seconds that is 3 % more traffic."""
DROP = 0.8
"""An estimate that fell below this share of its highest lately is a drop."""


@dataclass(frozen=True, slots=True)
class Path:
    """What is known of the path now."""

    estimate_bps: int
    probed_bps: int
    overusing: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """Send at `rate_bps` for `duration_ms`."""

    rate_bps: int
    duration_ms: int = DURATION_MS


class Probing:
    """One viewer's. Ask `due`, then say `begun` or `refused`."""

    def __init__(self) -> None:
        self._first = list(FIRST_FACTORS)
        self._start_bps = 0
        self._pause_us = PAUSE_US
        self._next_us = 0
        self._running: Probe | None = None
        self._starting = False
        self._verdict_us = 0
        self._peak_bps = 0
        self._recover_bps = 0
        self._overused_us = -RECOVERY_US

    @property
    def climbing(self) -> bool:
        """Whether it will soon be known if the path carries yet more: growing now would be a step to be taken again,
        and each costs everybody who watches the same camera a keyframe. Not while the first probes run."""
        return self._running is not None and not self._starting

    def due(self, path: Path, goal_bps: int, now_us: int) -> Probe | None:
        """The probe to begin now, if any. `goal_bps`: what everything wanted would need; at or below the estimate
        there is nothing to learn."""
        self._watch(path, now_us)
        if self._running is not None:
            if now_us < self._verdict_us:
                return None
            self._judge(self._running, path, now_us)
        if goal_bps <= path.estimate_bps or now_us - self._overused_us < RECOVERY_US:
            return None
        if self._recover_bps:
            recover_bps, self._recover_bps = self._recover_bps, 0
            if recover_bps > path.estimate_bps:
                return Probe(min(recover_bps, goal_bps, int(path.estimate_bps * RECOVERY_FACTOR)))
        if now_us < self._next_us:
            return None
        rate = self._start_bps * self._first[0] if self._first else path.estimate_bps * FACTOR
        return Probe(min(int(rate), goal_bps))

    def begun(self, probe: Probe, now_us: int) -> None:
        """The data plane sends it."""
        self._running = probe
        self._verdict_us = now_us + probe.duration_ms * 1000 + SETTLE_US
        self._starting = bool(self._first)
        self._first = self._first[1:]

    def refused(self, now_us: int) -> None:
        """The data plane could not: nothing flows yet that can be repeated."""
        self._next_us = now_us + RETRY_US

    def _judge(self, probe: Probe, path: Path, now_us: int) -> None:
        self._running = None
        if max(path.probed_bps, path.estimate_bps) >= probe.rate_bps * REACHED and not path.overusing:
            self._next_us, self._pause_us = now_us, PAUSE_US
            return
        # The path has shown its limit: larger ones of the first probes are pointless.
        self._first.clear()
        self._next_us = now_us + self._pause_us
        self._pause_us = min(PAUSE_MOST_US, 2 * self._pause_us)

    def _watch(self, path: Path, now_us: int) -> None:
        self._start_bps = self._start_bps or path.estimate_bps
        if path.overusing:
            self._overused_us = now_us
        if path.estimate_bps < self._peak_bps * DROP:
            self._recover_bps = int(self._peak_bps * RECOVERY_SHARE)
            self._overused_us = now_us
            self._peak_bps = path.estimate_bps
        self._peak_bps = max(self._peak_bps, path.estimate_bps)
