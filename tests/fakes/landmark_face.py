"""A face that is nothing but 68 points in space, and somebody who does what a liveness challenge asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from identity.engine import Embedding
from identity.face_signals import Landmarks
from identity.liveness import Challenge, Observation, Output, Prompt
from identity.liveness_words import Action

FRAME_MS = 100


@dataclass(frozen=True, slots=True)
class Face:
    """One frame. Positive yaw carries the nose to the right of the picture, which is the person's own left."""

    yaw_deg: float = 0.0
    blink: float = 0.0
    mouth: float = 0.0
    flat: bool = False
    shown: bool = True
    person: int = 0
    faces: int = 1
    hint: str = ""


REST = Face()
FULL_TURN_DEG = 28.0
OF_ACTION = {
    Action.LEFT: replace(REST, yaw_deg=FULL_TURN_DEG),
    Action.RIGHT: replace(REST, yaw_deg=-FULL_TURN_DEG),
    Action.BLINK: replace(REST, blink=1.0),
    Action.MOUTH: replace(REST, mouth=1.0),
}


@cache
def points_of(face: Face) -> Landmarks:
    """68 points in pixels of a picture of 640x480, the outer eye corners 90 pixels apart."""
    points = _resting()
    for low, high in ((41, 37), (40, 38), (47, 43), (46, 44)):
        points[low] += face.blink * 0.9 * (points[high] - points[low])
    lips = [*range(55, 60), *range(65, 68)]
    points[lips, 1] += 0.35 * face.mouth
    points[6:11, 1] += 0.3 * face.mouth
    if face.flat:
        points[:, 2] = 0
    yaw = np.radians(face.yaw_deg)
    points[:, 2] += 0.9  # the axis of the neck
    turned = points @ np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]).T
    nearness = 6.5 / (6.5 - (turned[:, 2:] - 0.9))
    return np.asarray(turned[:, :2] * nearness * 90 + (320, 200), np.float64)


def _resting() -> Landmarks:
    """x to the right of the picture, y down, z towards the camera; the outer eye corners are 1 apart."""
    angles = np.linspace(np.pi, 0, 17)
    jaw = np.column_stack([0.78 * np.cos(angles), 1.25 * np.sin(angles), 0.95 * np.sin(angles) - 0.8])
    brow = np.column_stack(
        [np.linspace(-0.58, -0.12, 5), [-0.16, -0.25, -0.27, -0.25, -0.2], [-0.05, 0.1, 0.2, 0.22, 0.25]]
    )
    bridge = np.column_stack([np.zeros(4), [0.0, 0.2, 0.4, 0.55], [0.22, 0.33, 0.45, 0.55]])
    nostrils = np.column_stack(
        [np.linspace(-0.16, 0.16, 5), [0.64, 0.67, 0.69, 0.67, 0.64], [0.3, 0.35, 0.4, 0.35, 0.3]]
    )
    eye = np.array(
        [
            (-0.5, 0, 0),
            (-0.4, -0.06, 0.08),
            (-0.28, -0.06, 0.1),
            (-0.17, 0, 0.07),
            (-0.28, 0.05, 0.1),
            (-0.4, 0.05, 0.08),
        ]
    )
    other_eye = _mirrored(eye)[[3, 2, 1, 0, 5, 4]]
    x = [-0.3, -0.2, -0.07, 0, 0.07, 0.2, 0.3, 0.2, 0.07, 0, -0.07, -0.2]
    y = [0.95, 0.88, 0.85, 0.87, 0.85, 0.88, 0.95, 1.03, 1.07, 1.08, 1.07, 1.03]
    lips = np.column_stack([x, y, [0.16, 0.26, 0.32, 0.33, 0.32, 0.26, 0.16, 0.25, 0.3, 0.31, 0.3, 0.25]])
    inner = np.column_stack(
        [
            [-0.25, -0.09, 0, 0.09, 0.25, 0.09, 0, -0.09],
            [0.95, 0.94, 0.94, 0.94, 0.95, 0.97, 0.97, 0.97],
            [0.18, 0.28, 0.3, 0.28, 0.18, 0.28, 0.3, 0.28],
        ]
    )
    return np.concatenate([jaw, brow, _mirrored(brow)[::-1], bridge, nostrils, eye, other_eye, lips, inner])


def _mirrored(points: Landmarks) -> Landmarks:
    return points * (-1, 1, 1)


@cache
def _direction(number: int) -> Embedding:
    vector = np.random.default_rng(abs(number) * 2 + (number < 0)).normal(size=128)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def vector_of(person: int, time_ms: int = 0) -> Embedding:
    """Vectors of one person are about 0.25 apart, those of two about 1.1."""
    base, noise = _direction(person), _direction(-time_ms - 1)
    return np.asarray(0.8 * base + 0.15 * noise, np.float32)


Answer = Callable[[Action, int], Face]
"""What is seen so many ms after the prompt for an action."""


def answer(
    delay_ms: int = 600, hold_ms: int = 500, shape: Callable[[Action], Face] = OF_ACTION.__getitem__
) -> Answer:
    """Does what is asked after `delay_ms`, for `hold_ms`."""
    return lambda action, since_ms: shape(action) if delay_ms <= since_ms < delay_ms + hold_ms else REST


@dataclass
class Sitter:
    """Somebody before a camera. `before` is seen (by time in ms) until the first prompt; `answers` has one answer for
    each step, the last of them for all further ones."""

    challenge: Challenge
    answers: list[Answer] = field(default_factory=lambda: [answer()])
    before: Callable[[int], Face] = lambda _: REST
    prompts: list[tuple[int, Prompt]] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)

    def sit(self, limit_ms: int = 60_000) -> Sitter:
        """Until there is an outcome."""
        for time_ms in range(FRAME_MS, limit_ms, FRAME_MS):
            if self.challenge.outcome is not None:
                break
            face = self.seen(time_ms)
            outputs = self.challenge.observe(observation(face, time_ms, self.challenge.wants_embedding))
            self.outputs += outputs
            self.prompts += [(time_ms, output) for output in outputs if isinstance(output, Prompt)]
        return self

    def seen(self, time_ms: int) -> Face:
        """What the camera sees."""
        if not self.prompts:
            return self.before(time_ms)
        asked_ms, prompt = self.prompts[-1]
        act = self.answers[min(prompt.step, len(self.answers) - 1)]
        return act(prompt.action, time_ms - asked_ms)


def observation(face: Face, time_ms: int, with_vector: bool = True) -> Observation:
    """One frame as the runner would report it."""
    return Observation(
        time_ms=time_ms,
        faces=face.faces if face.shown else 0,
        landmarks=points_of(face) if face.shown else None,
        embedding=vector_of(face.person, time_ms) if face.shown and with_vector else None,
        hint=face.hint,
    )
