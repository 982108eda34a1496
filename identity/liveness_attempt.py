"""One action while it is asked for, and the person who must stay the same: the two memories of a challenge."""

from __future__ import annotations

import numpy as np

from identity.action_levels import DONE, STARTED, Levels
from identity.engine import Embedding
from identity.face_signals import Landmarks
from identity.liveness_evidence import StepEvidence, Turn
from identity.liveness_words import TURNS, Action

CONFIRM = 2
"""Frames in one movement that must show an action: one slip of the landmarks proves nothing."""


class Attempt:
    """Follows the asked action from its prompt. Times are the server's, in ms."""

    def __init__(self, action: Action, prompt_ms: int, earliest_ms: int) -> None:
        self.action = action
        self.prompt_ms = prompt_ms
        self.start_ms: int | None = None
        """When the movement under way began."""
        self.done_ms: int | None = None
        self.vector_seen = False
        """An identity vector was taken, and accepted, within the movement."""
        self.moved_ms: int | None = None
        """When some movement towards the action was first seen, even if it came to nothing."""
        self.too_early = False
        self.turn = Turn()
        self._earliest_ms = prompt_ms + earliest_ms
        self._shown = 0
        self._peak = 0.0

    @property
    def confirmed(self) -> bool:
        """Enough frames of this movement show the action."""
        return self._shown >= CONFIRM

    @property
    def turning(self) -> bool:
        """A turn has begun: the detector may lose the face."""
        return self.action in TURNS and self.start_ms is not None

    def follow(self, now_ms: int, levels: Levels, landmarks: Landmarks) -> None:
        """One frame."""
        level = levels.of(self.action)
        if level < STARTED:
            # A twitch that came to nothing is no start, and what it showed does not add up with the next.
            self.start_ms, self._shown, self.vector_seen = None, 0, False
            return
        if self.moved_ms is None:
            self.moved_ms = now_ms
        self._peak = max(self._peak, level)
        if self.start_ms is None:
            self.start_ms = now_ms
        if level >= DONE:
            self._shown += 1
            if self.action in TURNS:
                self.turn.add(levels.yaw_change, landmarks)
            self.too_early = self.start_ms < self._earliest_ms

    def evidence(self, frontal: Landmarks) -> StepEvidence:
        """Numbers of an action that was done."""
        assert self.start_ms is not None
        assert self.done_ms is not None
        return StepEvidence(
            action=self.action,
            start_after_ms=self.start_ms - self.prompt_ms,
            took_ms=self.done_ms - self.start_ms,
            peak=round(self._peak, 3),
            yaw_range=round(self.turn.reach, 3),
            planarity=round(self.turn.residual(frontal), 4) if self.action in TURNS else None,
        )


class Forbidden:
    """Notices what was clearly done and not asked for: a turn or an open mouth in two frames running, or eyes kept
    shut. A short blink is nobody's fault."""

    def __init__(self, actions: tuple[Action, ...], shut_ms: int) -> None:
        self._actions = actions
        self._longest_ms = shut_ms
        self._shut_ms: int | None = None
        self._counts: dict[Action, int] = {}

    def done(self, now_ms: int, levels: Levels) -> bool:
        """Whether one of the actions has now been done."""
        for action in self._actions:
            if action is not Action.BLINK:
                self._counts[action] = self._counts.get(action, 0) + 1 if levels.of(action) >= 0.9 * DONE else 0
        shut = Action.BLINK in self._actions and levels.blink >= DONE
        self._shut_ms = (now_ms if self._shut_ms is None else self._shut_ms) if shut else None
        kept_shut = self._shut_ms is not None and now_ms - self._shut_ms >= self._longest_ms
        return kept_shut or any(count >= CONFIRM for count in self._counts.values())


class SamePerson:
    """Compares each vector with the mean of those at the start. One out of line is asked for again, two in a row are
    another person. `at_rest` and `in_action` are the largest distances."""

    def __init__(self, at_rest: float, in_action: float) -> None:
        self._at_rest = at_rest
        self._in_action = in_action
        self._reference: list[Embedding] = []
        self.doubted = False
        self.largest = 0.0

    @property
    def references(self) -> int:
        """Vectors of the start, all alike."""
        return len(self._reference)

    def learn(self, embedding: Embedding) -> None:
        """One of the vectors at the start; one unlike the last starts anew."""
        if self._reference and _distance(embedding, self._reference[-1]) > self._at_rest:
            self._reference.clear()
        self._reference.append(embedding)

    def forget(self) -> None:
        """Start anew."""
        self._reference.clear()

    def accepts(self, embedding: Embedding, resting: bool) -> bool:
        """Whether this is the same face; see `changed`."""
        distance = _distance(embedding, np.mean(self._reference, axis=0))
        self.largest = max(self.largest, distance)
        # Written so that a distance that is not a number is not accepted.
        alike = distance <= (self._at_rest if resting else self._in_action)
        self.changed = self.doubted and not alike
        self.doubted = not alike
        return alike

    changed = False
    """The last two vectors were both out of line."""


def _distance(a: Embedding, b: Embedding) -> float:
    return float(np.linalg.norm(a - b))
