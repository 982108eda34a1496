"""How strongly each action is being done, measured against the person's own face at rest."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec
import numpy as np

from identity.face_signals import Landmarks, Signals
from identity.liveness_words import Action

STARTED = 0.5
"""Level at which an action counts as begun, and above which a face is not at rest."""
DONE = 1.0


class Baseline(msgspec.Struct, frozen=True):
    """A person's face at rest. Eyes differ twofold between people, so no fixed threshold fits all."""

    eyes: float
    mouth: float
    yaw: float
    landmarks: Landmarks
    """Median position of each landmark: the frontal view for the planarity check, with less noise than one frame."""


class Levels(msgspec.Struct, frozen=True):
    """Strength of each action: 0 at rest, `STARTED` begun, `DONE` clearly done."""

    blink: float
    left: float
    right: float
    mouth: float
    yaw_change: float
    """Yaw ratio against the baseline, negative to the person's left."""

    def of(self, action: Action) -> float:
        """The strength of one action."""
        value: float = getattr(self, action.value)
        return value

    @property
    def at_rest(self) -> bool:
        """No action is begun."""
        return max(self.blink, self.left, self.right, self.mouth) < STARTED


_EYES_DIP = 0.30
"""Share of the open eye's ratio by which it falls in a blink (identity.md 6.3: 0 of 120 still photographs did)."""
_MOUTH_GAP = 0.10
YAW_RANGE = 0.35
"""Change of the yaw ratio in a full turn, about 13 degrees; a photograph tilted by 40 reaches 0.23 at p95."""
_FRONTAL_YAW = 0.25
"""Beyond this the far eye and the lips are foreshortened: blink and mouth are not read."""


def rest_of(signals: Sequence[Signals], landmarks: Sequence[Landmarks]) -> Baseline:
    """The baseline from several frames of a resting face."""
    return Baseline(
        eyes=statistics.median(signal.eyes for signal in signals),
        mouth=statistics.median(signal.mouth for signal in signals),
        yaw=statistics.median(signal.yaw for signal in signals),
        landmarks=np.median(np.stack(landmarks), axis=0),
    )


def levels_of(signals: Signals, rest: Baseline) -> Levels:
    """Strengths of all actions in one frame."""
    change = signals.yaw - rest.yaw
    frontal = abs(change) < _FRONTAL_YAW
    blink = (rest.eyes - signals.eyes) / rest.eyes / _EYES_DIP if frontal else 0.0
    mouth = (signals.mouth - rest.mouth) / _MOUTH_GAP if frontal else 0.0
    return Levels(blink=blink, left=-change / YAW_RANGE, right=change / YAW_RANGE, mouth=mouth, yaw_change=change)
