"""One look at a watched seat: from a sampled picture to a `Sample`. Runs in a worker thread, one look at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from identity.engine import Embedding, FaceEngine, Rgb
from identity.face_look import FaceFollower, LookLimits
from identity.face_signals import read_signals
from identity.watch import Sample

_NEAR = 0.5
"""Share of the nearest face's width: half as wide is twice as far from the camera. At 0.4 people far behind counted,
because the detector's smallest box is 73 px wide, whatever smaller face is in it."""
_LOOKS = 6
"""The nearest face is sought in so many looks: who is far behind is not the seat's person while that one is hidden.
Who really moves so far back is taken for the seat's person after them."""
_USABLE_YAW = 0.45
"""Vectors of heads turned further are not compared: they resemble their owner's less."""


class SeatEyes:
    """Looks at one seat. `score` says how like its person a vector is (`identity.watch_likeness`), None while it
    cannot say; without it people are counted only."""

    def __init__(
        self, engine: FaceEngine, score: Callable[[Embedding], float | None] | None, limits: LookLimits | None = None
    ) -> None:
        # Whether the whole picture is due is the schedule's business here.
        never = LookLimits(width_px=60, whole_every_ms=2**40, whole_lost_ms=0, smaller_from=_NEAR)
        self._follower = FaceFollower(engine, limits or never)
        self._score = score
        self._widths: deque[int] = deque(maxlen=_LOOKS)

    @property
    def cpu_ms(self) -> float:
        """CPU time of all looks so far."""
        return self._follower.cpu_ms

    def look(self, rgb: Rgb, time_ms: int, whole: bool) -> Sample:
        """A face that is not where it was is searched for in the whole picture at once. Raises EngineUnavailable,
        ValueError (no picture)."""
        wanted = self._score is not None
        seen = self._follower.look(rgb, time_ms, wanted, whole)
        if seen.box is None or seen.landmarks is None:
            return Sample(time_ms, 0, seen.whole)
        self._widths.append(seen.box.width)
        if seen.box.width < _NEAR * max(self._widths):
            return Sample(time_ms, 0, seen.whole)
        usable = not seen.hint and abs(read_signals(seen.landmarks).yaw) <= _USABLE_YAW
        # Beside a second face it is not known whose vector this is.
        compared = usable and seen.faces == 1 and self._score is not None and seen.embedding is not None
        score = self._score(seen.embedding) if compared and self._score and seen.embedding is not None else None
        return Sample(time_ms, seen.faces, seen.whole, usable, score)
