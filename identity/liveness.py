"""The liveness challenge: a pure machine over what was seen in frames of one camera.

    settling -> pausing -> asking -> returning -> pausing ... -> outcome
      face at rest  |        |           `- face at rest again, same person
      becomes the   |        `- the action must start 0.15 to 3.0 s after its prompt and be done 2.5 s later
      baseline      `- a random pause, in which nothing may be done

Nothing here reads a clock or draws by itself: times are the server's, in ms; chance is handed in. Blinks that were
not asked for are nobody's fault and never count: eyes kept shut for a second do. Identity is checked at rest, in
every action and after every loss of the face; a single vector out of line is looked at again, two in a row fail.

What it stops was measured only for the kinds of attack in `docs/identity.md`, "Liveness".
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from identity.action_levels import STARTED, Baseline, Levels, levels_of, rest_of
from identity.engine import Embedding
from identity.face_signals import Landmarks, Signals, read_signals
from identity.liveness_attempt import Attempt, Forbidden, SamePerson
from identity.liveness_evidence import Album, ChosenFrame, Evidence, Outcome, StepEvidence
from identity.liveness_words import PROMPTS, TURNS, Action, Chance, draw_steps
from identity.reasons import words


class Observation(msgspec.Struct, frozen=True):
    """One frame, as far as it matters here."""

    time_ms: int
    """Server's clock when the frame arrived; frames out of order are ignored."""
    faces: int
    """Faces of people (not specks far behind) when the whole picture was last looked at; 0 if none was found now."""
    landmarks: Landmarks | None = None
    embedding: Embedding | None = None
    """Only where `Challenge.wants_embedding` asked for it; None costs the person nothing but a frame."""
    quality: float = 1.0
    """0 to 1; better frames are chosen for matching."""
    hint: str = ""
    """One of `liveness_words.HINTS` when the picture itself is not good enough (dark, small, blurred)."""


class Rules(msgspec.Struct, frozen=True):
    """Limits. Times in ms; distances are the engine's (Euclidean, dlib's network)."""

    steps: int = 3
    earliest_ms: int = 150
    latest_ms: int = 3_000
    act_ms: int = 2_500
    return_ms: int = 3_000
    pause_ms: tuple[int, int] = (300, 900)
    settle_ms: int = 800
    settle_limit_ms: int = 20_000
    lost_in_turn_ms: int = 1_000
    lost_ms: int = 600
    stalled_ms: int = 1_500
    shut_ms: int = 1_000
    embed_every_ms: int = 1_000
    same_at_rest: float = 0.45
    same_in_action: float = 0.60
    planarity: float = 0.06


class Prompt(msgspec.Struct, frozen=True):
    """Show this now. `nonce` names this prompt alone; an answer of the page (if any) quotes it."""

    nonce: str
    step: int
    of: int
    action: Action
    deadline_ms: int
    """Server's clock; the action must have begun by then."""
    zh: str
    en: str


class Hint(msgspec.Struct, frozen=True):
    """What to do so that the challenge can begin; sent when it changes."""

    code: str
    zh: str
    en: str


Output: TypeAlias = Prompt | Hint | Outcome

_ENOUGH_AT_REST = 5
_MAX_REST_YAW, _MAX_REST_MOUTH, _MIN_OPEN_EYES, _MAX_SWAY = 0.35, 0.22, 0.10, 0.2
_UNSEEN_MS = 250
"""After longer without a face somebody else may sit there."""


class Challenge:
    """One try of one person. Feed `observe` with frames and `tick` with the time; both return what to send.

    After an Outcome (also in `outcome`) everything else is ignored.
    """

    def __init__(self, chance: Chance, now_ms: int, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.steps = draw_steps(chance, self.rules.steps)
        self.outcome: Outcome | None = None
        self.wants_embedding = False
        """Whether the next frame should carry a vector; otherwise computing one is wasted."""
        self._chance = chance
        self._began_ms = self._frame_ms = self._face_ms = self._embedded_ms = self._told_ms = now_ms
        self._phase, self._phase_ms = "settling", now_ms
        self._step = 0
        self._pause_ms = 0
        self._hint = ""
        self._doubles = 0
        self._resting: list[tuple[int, Signals, Landmarks]] = []
        self._rest: Baseline | None = None
        self._person = SamePerson(self.rules.same_at_rest, self.rules.same_in_action)
        self._must_embed = False
        self._attempt: Attempt | None = None
        self._forbidden = Forbidden((), self.rules.shut_ms)
        self._done: list[StepEvidence] = []
        self._album = Album()

    def observe(self, seen: Observation, now_ms: int = 0) -> list[Output]:
        """What one frame changes. `now_ms` is when looking at it was done: a prompt counts from then, since it cannot
        be seen earlier (0: as soon as the frame arrived). Frames that are not later than the last one are ignored.
        Odd landmarks are no face; it never raises for them."""
        if self.outcome is not None or seen.time_ms <= self._frame_ms:
            return []
        if self._phase != "settling" and seen.time_ms - self._frame_ms > self.rules.stalled_ms:
            return [self._finish("picture-stalled", seen.time_ms)]
        self._frame_ms = seen.time_ms
        self._told_ms = max(seen.time_ms, now_ms)
        outputs = self._watch(seen)
        self.wants_embedding = self.outcome is None and self._needs_vector(seen.time_ms)
        return outputs

    def tick(self, now_ms: int) -> list[Output]:
        """What the time alone changes, for when no frames arrive. Call it every half second or so."""
        if self.outcome is not None:
            return []
        settling = self._phase == "settling"
        if now_ms - self._frame_ms > (self.rules.settle_limit_ms if settling else self.rules.stalled_ms):
            return [self._finish("picture-stalled", now_ms)]
        return self._overdue(now_ms)

    def cancel(self, now_ms: int) -> Outcome:
        """The person left or the gate closed. Idempotent; an outcome that was reached stays."""
        return self.outcome or self._finish("abandoned", now_ms)

    @property
    def kept(self) -> frozenset[int]:
        """Times of the frames that may yet be chosen for matching: whoever feeds the machine keeps their pictures."""
        return self._album.times

    # One frame.

    def _watch(self, seen: Observation) -> list[Output]:
        self._doubles = self._doubles + 1 if seen.faces > 1 else 0
        signals = _signals(seen.landmarks)
        if self._rest is None:
            return self._settle(seen, signals)
        if self._doubles >= 2:
            return [self._finish("many-faces", seen.time_ms)]
        if signals is None or seen.landmarks is None:
            return self._without_face(seen.time_ms)
        self._must_embed |= seen.time_ms - self._face_ms > _UNSEEN_MS
        self._face_ms = seen.time_ms
        levels = levels_of(signals, self._rest)
        if not self._same_person(seen, levels):
            return [self._finish("another-face", seen.time_ms)]
        if self._phase == "pausing":
            return self._pausing(seen.time_ms, levels)
        if self._phase == "asking":
            return self._asking(seen.time_ms, levels, seen.landmarks, self._rest)
        return self._returning(seen.time_ms, levels, self._rest)

    def _settle(self, seen: Observation, signals: Signals | None) -> list[Output]:
        late = self._overdue(seen.time_ms)
        hint = self._unready(seen, signals)
        if late or hint or signals is None or seen.landmarks is None:
            self._resting.clear()
            self._person.forget()
            return late or self._tell(hint)
        self._resting.append((seen.time_ms, signals, seen.landmarks))
        while self._resting[0][0] < seen.time_ms - 2 * self.rules.settle_ms:
            self._resting.pop(0)
        if seen.embedding is not None:
            self._person.learn(seen.embedding)
            self._album.keep(ChosenFrame(seen.time_ms, -1, signals.yaw, seen.quality))
        yaws = [signal.yaw for _, signal, _ in self._resting]
        if max(yaws) - min(yaws) > _MAX_SWAY:
            del self._resting[: len(self._resting) // 2]
            return self._tell("hold-still")
        long_enough = seen.time_ms - self._resting[0][0] >= self.rules.settle_ms
        if long_enough and len(self._resting) >= _ENOUGH_AT_REST and self._person.references >= 2:
            self._rest = rest_of([s for _, s, _ in self._resting], [m for _, _, m in self._resting])
            self._face_ms = seen.time_ms
            self._pause(seen.time_ms)
        return self._tell("ready")

    def _unready(self, seen: Observation, signals: Signals | None) -> str:
        if seen.faces > 1:
            return "many-faces"
        if seen.hint:
            return seen.hint
        if signals is None:
            return "no-face"
        straight = abs(signals.yaw) <= _MAX_REST_YAW and signals.mouth <= _MAX_REST_MOUTH
        return "" if straight and signals.eyes >= _MIN_OPEN_EYES else "look-straight"

    def _without_face(self, now_ms: int) -> list[Output]:
        self._must_embed = True
        turning = self._attempt is not None and self._attempt.turning
        if now_ms - self._face_ms > (self.rules.lost_in_turn_ms if turning else self.rules.lost_ms):
            return [self._finish("face-lost", now_ms)]
        return self._overdue(now_ms)

    def _pausing(self, now_ms: int, levels: Levels) -> list[Output]:
        if self._forbidden.done(now_ms, levels):
            return [self._finish("too-early", now_ms)]
        if not levels.at_rest or self._must_embed or now_ms - self._phase_ms < self._pause_ms:
            return []
        return [self._ask(self._told_ms)]

    def _asking(self, now_ms: int, levels: Levels, landmarks: Landmarks, rest: Baseline) -> list[Output]:
        attempt = self._attempt
        assert attempt is not None
        if self._forbidden.done(now_ms, levels):
            return [self._finish("wrong-action", now_ms)]
        attempt.follow(now_ms, levels, landmarks)
        if attempt.too_early:
            return [self._finish("too-early", now_ms)]
        if late := self._overdue(now_ms):
            return late
        deep = attempt.action not in TURNS or attempt.turn.residual(rest.landmarks) >= self.rules.planarity
        if attempt.confirmed and attempt.vector_seen and deep:
            attempt.done_ms = now_ms
            self._phase, self._phase_ms, self._must_embed = "returning", now_ms, True
        return []

    def _returning(self, now_ms: int, levels: Levels, rest: Baseline) -> list[Output]:
        if not levels.at_rest or self._must_embed:
            return self._overdue(now_ms)
        assert self._attempt is not None
        self._done.append(self._attempt.evidence(rest.landmarks))
        self._step += 1
        if self._step == len(self.steps):
            return [self._finish("passed", now_ms)]
        self._pause(now_ms)
        return []

    # Transitions.

    def _pause(self, now_ms: int) -> None:
        self._phase, self._phase_ms = "pausing", now_ms
        self._pause_ms = self._chance.randint(*self.rules.pause_ms)
        self._attempt = None
        self._forbidden = Forbidden(tuple(Action), self.rules.shut_ms)

    def _ask(self, now_ms: int) -> Prompt:
        action = self.steps[self._step]
        self._phase, self._phase_ms = "asking", now_ms
        self._attempt = Attempt(action, now_ms, self.rules.earliest_ms)
        self._forbidden = Forbidden(tuple(other for other in Action if other is not action), self.rules.shut_ms)
        nonce = f"{self._chance.randint(0, 2**64 - 1):016x}"
        deadline_ms = now_ms + self.rules.latest_ms
        return Prompt(nonce, self._step, len(self.steps), action, deadline_ms, *PROMPTS[action])

    def _overdue(self, now_ms: int) -> list[Output]:
        rules, since_ms, attempt = self.rules, now_ms - self._phase_ms, self._attempt
        if self._phase == "settling":
            return [self._finish("not-ready", now_ms)] if since_ms > rules.settle_limit_ms else []
        if self._phase == "returning":
            return [self._finish("not-back", now_ms)] if since_ms > rules.return_ms else []
        if self._phase != "asking" or attempt is None:
            return []
        begun = attempt.start_ms is not None and attempt.start_ms <= attempt.prompt_ms + rules.latest_ms
        if begun and attempt.start_ms is not None and now_ms - attempt.start_ms <= rules.act_ms:
            return []
        if not begun and since_ms <= rules.latest_ms:
            return []
        if attempt.moved_ms is None or attempt.moved_ms > attempt.prompt_ms + rules.latest_ms:
            return [self._finish("no-action", now_ms)]
        return [self._finish("flat" if attempt.turn.reach else "too-small", now_ms)]

    # Identity.

    def _needs_vector(self, now_ms: int) -> bool:
        if self._rest is None:
            return len(self._resting) >= 2 and self._person.references < 3
        if self._must_embed or self._person.doubted or now_ms - self._embedded_ms >= self.rules.embed_every_ms:
            return True
        return self._attempt is not None and self._attempt.start_ms is not None and not self._attempt.vector_seen

    def _same_person(self, seen: Observation, levels: Levels) -> bool:
        if seen.embedding is None:
            return True
        if not self._person.accepts(seen.embedding, levels.at_rest):
            return not self._person.changed
        self._embedded_ms = seen.time_ms
        if self._attempt is not None and self._attempt.start_ms is not None:
            self._attempt.vector_seen |= levels.of(self._attempt.action) >= STARTED
        # A vector taken in the action does not vouch for who comes back from it.
        if levels.at_rest or self._phase == "asking":
            self._must_embed = False
        self._album.keep(ChosenFrame(seen.time_ms, self._step, levels.yaw_change, seen.quality))
        return True

    # Ends.

    def _tell(self, code: str) -> list[Output]:
        if code == self._hint:
            return []
        self._hint = code
        return [Hint(code, *words(code))]

    def _finish(self, code: str, now_ms: int) -> Outcome:
        turn = self._attempt.turn if self._attempt and code != "passed" else None
        evidence = Evidence(
            steps=self.steps,
            done=tuple(self._done),
            failed_step=None if code == "passed" or self._rest is None else self._step,
            took_ms=now_ms - self._began_ms,
            eyes_open=round(self._rest.eyes, 3) if self._rest else None,
            largest_distance=round(self._person.largest, 4),
            failed_yaw_range=round(turn.reach, 3) if turn else None,
            failed_planarity=round(turn.residual(self._rest.landmarks), 4) if turn and self._rest else None,
        )
        self.outcome = Outcome.of(code, evidence, self._album.chosen() if code == "passed" else ())
        return self.outcome


def _signals(landmarks: Landmarks | None) -> Signals | None:
    if landmarks is None:
        return None
    try:
        return read_signals(landmarks)
    except ValueError:
        return None
