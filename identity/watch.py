"""Re-verification of one seat during a hearing: what samples of its camera say together. Pure; times are handed in.

| State | When |
|---|---|
| `present` | a face is there, and it matches where there is something to compare with |
| `absent` | no face in 3 samples over at least 15 s |
| `multiple` | a second face, at least half as wide as the nearest, in 3 whole pictures over at least 20 s |
| `mismatch` | the score's moving average was below the reject limit in 3 of the last 5 usable samples, or 5 running |
| | and the newest sample's own score is, too: nobody is accused by a look that shows them |
| `unknown` | nothing usable: pose, darkness, blur, no picture; never counts as mismatch |
| `unwatched` | the template cannot be opened, so nobody looks; said by who would begin the watch, not here |

A change is a hint for the judge's and the clerk's console and for the record (身份复核提示), never an order: whether
somebody left is the judge's decision. At one sample each 10 s (`identity.watch_schedule`) another person is reported
within 50 s, an empty chair within 40 s, a second person within 60 s. Who passes behind is no second person: half as
wide is twice as far from the camera, and who passes is gone in 20 s. Whoever stays that near is reported, since a
person behind a witness may be prompting.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

import msgspec


class WatchState(StrEnum):
    """What is seen on a seat; the values are those of the event `identity.watch`."""

    PRESENT = "present"
    ABSENT = "absent"
    MULTIPLE = "multiple"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"
    UNWATCHED = "unwatched"


class WatchRules(msgspec.Struct, frozen=True):
    """Limits. Scores are the matcher's (AS-norm: higher is more alike); `reject` is where the gate fails a match."""

    absent_samples: int = 3
    absent_ms: int = 15_000
    multiple_samples: int = 3
    multiple_ms: int = 20_000
    alone_samples: int = 2
    """Whole pictures running without a second face that clear the doubt: one may show the face turned away."""
    reject: float = 2.5
    content: float = 5.0
    """Higher scores count as this, or a long good match would delay the report of a swap."""
    weight: float = 0.5
    """Of the newest sample in the moving average."""
    mismatches: int = 3
    window: int = 5
    unknown_samples: int = 3
    silent_ms: int = 45_000


class Sample(msgspec.Struct, frozen=True):
    """One look at a seat."""

    time_ms: int
    faces: int
    """Near faces: those at least half as wide as the largest."""
    whole: bool = True
    """The whole picture was looked at; otherwise more people may be in it than `faces` says."""
    usable: bool = True
    """Pose, light and sharpness allow a comparison."""
    score: float | None = None
    """Against the person's own template; None where there is none, or nothing usable to compare."""


class WatchChange(msgspec.Struct, frozen=True):
    """The seat's state is another one than before."""

    state: WatchState
    time_ms: int
    since_ms: int
    """Time of the first sample that spoke for it."""
    score: float | None
    """Moving average, where anything was compared."""


class SeatWatch:
    """One seat with one person. Feed `observe` with each sample, in order of time, and call `tick` now and then."""

    def __init__(self, now_ms: int, rules: WatchRules | None = None) -> None:
        self.rules = rules or WatchRules()
        self.state = WatchState.UNKNOWN
        self.average: float | None = None
        self._sample_ms = now_ms
        self._plain = True
        self._without: list[int] = []
        self._crowded: list[int] = []
        """Whole pictures with a second face, since nobody was last seen to be alone."""
        self._alone: list[int] = []
        self._unusable: list[int] = []
        self._compared: deque[tuple[int, bool]] = deque(maxlen=self.rules.window)
        """Time and whether the average was below the limit then."""
        self._low: list[int] = []
        """Samples running whose own score was below it: just below, they pull the average down too slowly."""

    @property
    def suspects(self) -> bool:
        """The last sample did not plainly show the person alone: the next one should be of the whole picture. While
        they look aside, or are hidden, a second face is easily missed."""
        return not self._plain or bool(self._crowded) or self.state is WatchState.MULTIPLE

    @property
    def pressing(self) -> bool:
        """Whether a second person stays is not known yet: to be told within a minute."""
        return bool(self._crowded) and self.state is not WatchState.MULTIPLE

    def observe(self, sample: Sample) -> WatchChange | None:
        """What one sample changes; None for most. A sample that is not later than the last is ignored."""
        if sample.time_ms <= self._sample_ms:
            return None
        self._sample_ms = sample.time_ms
        like = sample.score is None or sample.score >= self.rules.reject
        self._plain = sample.faces == 1 and sample.usable and like
        self._count(self._without, sample.faces == 0, sample.time_ms)
        if sample.whole:
            self._crowd(sample)
        if sample.faces == 1:
            self._count(self._unusable, not sample.usable, sample.time_ms)
            if sample.usable and sample.score is not None:
                self._compare(sample.time_ms, sample.score)
        return self._judge(sample)

    def tick(self, now_ms: int) -> WatchChange | None:
        """No picture for long makes a seat unknown. Idempotent."""
        if now_ms - self._sample_ms < self.rules.silent_ms:
            return None
        for evidence in (self._without, self._crowded, self._alone, self._unusable):
            evidence.clear()
        return self._become(WatchState.UNKNOWN, now_ms, self._sample_ms)

    def _judge(self, sample: Sample) -> WatchChange | None:
        rules, now_ms = self.rules, sample.time_ms
        if len(self._crowded) >= rules.multiple_samples and self._crowded[-1] - self._crowded[0] >= rules.multiple_ms:
            return self._become(WatchState.MULTIPLE, now_ms, self._crowded[0])
        if len(self._without) >= rules.absent_samples and now_ms - self._without[0] >= rules.absent_ms:
            return self._become(WatchState.ABSENT, now_ms, self._without[0])
        if sample.faces != 1 or self._crowded:
            return None
        if len(self._unusable) >= rules.unknown_samples:
            return self._become(WatchState.UNKNOWN, now_ms, self._unusable[0])
        if not sample.usable:
            return None
        if not self._plain:
            return self._doubt(now_ms)
        # An average that is still low does not accuse whoever is plainly seen now.
        if sample.score is not None and self._compared[-1][1]:
            return None
        return self._become(WatchState.PRESENT, now_ms, now_ms)

    def _doubt(self, now_ms: int) -> WatchChange | None:
        """The face that was just compared is not the person's."""
        below = [time_ms for time_ms, low in self._compared if low]
        if len(self._low) >= self.rules.window:
            return self._become(WatchState.MISMATCH, now_ms, self._low[0])
        if len(below) >= self.rules.mismatches:
            return self._become(WatchState.MISMATCH, now_ms, below[0])
        return None

    def _crowd(self, sample: Sample) -> None:
        if sample.faces > 1:
            self._alone.clear()
            self._count(self._crowded, True, sample.time_ms)
            return
        self._count(self._alone, True, sample.time_ms)
        if len(self._alone) >= self.rules.alone_samples:
            self._crowded.clear()

    def _compare(self, time_ms: int, score: float) -> None:
        # A score that is not a number speaks for nobody.
        score = min(score, self.rules.content) if score == score else -self.rules.content
        weight = self.rules.weight
        self.average = score if self.average is None else weight * score + (1 - weight) * self.average
        self._compared.append((time_ms, self.average < self.rules.reject))
        self._count(self._low, score < self.rules.reject, time_ms)

    def _become(self, state: WatchState, now_ms: int, since_ms: int) -> WatchChange | None:
        if state is self.state:
            return None
        self.state = state
        return WatchChange(state, now_ms, since_ms, self.average)

    @staticmethod
    def _count(evidence: list[int], speaks: bool, time_ms: int) -> None:
        """Keep the times of samples running that speak for something, the first ones of many."""
        if not speaks:
            evidence.clear()
        elif len(evidence) < 100:
            evidence.append(time_ms)
