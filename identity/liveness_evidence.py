"""What a liveness challenge hands over: verdict, numbers that explain it, frames to match."""

from __future__ import annotations

import statistics

import msgspec
import numpy as np

from identity.face_signals import Landmarks
from identity.liveness_words import Action
from identity.planarity import planarity_residual
from identity.reasons import words

MAX_CHOSEN = 5
_MATCH_YAW = 0.5
"""Frames turned further are worse for matching than none."""


class StepEvidence(msgspec.Struct, frozen=True):
    """One step that was done. `peak` is 1 at the threshold; `planarity` only for turns."""

    action: Action
    start_after_ms: int
    took_ms: int
    peak: float
    yaw_range: float
    planarity: float | None


class Evidence(msgspec.Struct, frozen=True):
    """Numbers behind the verdict; no face data, may be kept with the record."""

    steps: tuple[Action, ...]
    done: tuple[StepEvidence, ...]
    failed_step: int | None
    took_ms: int
    eyes_open: float | None
    """Eye aspect ratio at rest."""
    largest_distance: float
    """Between any vector and those at the start; also of a vector that was doubted."""
    failed_yaw_range: float | None
    failed_planarity: float | None


class ChosenFrame(msgspec.Struct, frozen=True):
    """A frame for matching, by the time it arrived. `step` is -1 before the first."""

    time_ms: int
    step: int
    yaw: float
    quality: float


class Outcome(msgspec.Struct, frozen=True):
    """The end of one try. `code` is `passed` or one of `liveness_words.FAILURES`; `chosen` is empty unless passed."""

    passed: bool
    code: str
    zh: str
    en: str
    evidence: Evidence
    chosen: tuple[ChosenFrame, ...]

    @classmethod
    def of(cls, code: str, evidence: Evidence, chosen: tuple[ChosenFrame, ...]) -> Outcome:
        """The outcome with the words of `code`."""
        return cls(code == "passed", code, *words(code), evidence, chosen)


class Turn:
    """The most turned views of one step."""

    def __init__(self) -> None:
        self._views: list[tuple[float, Landmarks]] = []

    @property
    def reach(self) -> float:
        """Largest change of the yaw ratio; 0 before any."""
        return self._views[0][0] if self._views else 0.0

    def add(self, yaw_change: float, landmarks: Landmarks) -> None:
        """Keeps the three most turned."""
        self._views.append((abs(yaw_change), landmarks))
        self._views.sort(key=lambda view: -view[0])
        del self._views[3:]

    def residual(self, frontal: Landmarks) -> float:
        """Planarity residual, median of the three (the lower of two): one slip of the landmarks is not depth."""
        if not self._views:
            return 0.0
        try:
            return statistics.median_low(planarity_residual(frontal, view) for _, view in self._views)
        except (ValueError, np.linalg.LinAlgError):
            return 0.0


class Album:
    """The best frame of each step."""

    def __init__(self) -> None:
        self._best: dict[int, ChosenFrame] = {}

    @property
    def times(self) -> frozenset[int]:
        """When the frames kept so far arrived."""
        return frozenset(frame.time_ms for frame in self._best.values())

    def keep(self, frame: ChosenFrame) -> None:
        """Keeps the frame if it is the best of its step: quality counts less the further the head is turned."""
        if abs(frame.yaw) > _MATCH_YAW:
            return
        best = self._best.get(frame.step)
        if best is None or _worth(frame) > _worth(best):
            self._best[frame.step] = frame

    def chosen(self) -> tuple[ChosenFrame, ...]:
        """At most five, in order of time."""
        best = sorted(self._best.values(), key=_worth, reverse=True)[:MAX_CHOSEN]
        return tuple(sorted(best, key=lambda frame: frame.time_ms))


def _worth(frame: ChosenFrame) -> float:
    return frame.quality * (1 - abs(frame.yaw))
