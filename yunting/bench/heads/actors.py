"""Who sits before the camera in the liveness bench: heads that do what is asked, and attacks that pretend to.

Attackers see the prompts as soon as they are sent and do the best that their material allows: a photograph is turned
to the side that is asked for, an animated one blinks and opens its mouth when asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from identity.liveness import Prompt
from identity.liveness_words import TURNS, Action, draw_steps
from yunting.bench.heads.cast import Person
from yunting.bench.heads.expression import Expression
from yunting.bench.heads.model import Picture, Surface, card_surface
from yunting.bench.heads.render import Camera, Pose, room

BONA_FIDE = "bona_fide"
_LID_MS = 100
"""A lid takes so long to fall, and to rise."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How one actor does things in one try; drawn anew for each."""

    delay_ms: int
    turn_deg: float
    turn_ms: int
    hold_ms: int
    mouth: float
    blink_ms: int
    sway: float
    blinks: bool
    """Blinks by itself every few seconds, as people do."""

    @classmethod
    def drawn(cls, chance: random.Random, turn_deg: tuple[float, float] = (22, 32), blinks: bool = True) -> Habits:
        """Reaction after 0.4 to 1.3 s, a turn of `turn_deg` in about half a second."""
        return cls(
            delay_ms=chance.randint(400, 1_300),
            turn_deg=chance.uniform(*turn_deg),
            turn_ms=chance.randint(350, 700),
            hold_ms=chance.randint(300, 700),
            mouth=chance.uniform(0.75, 1.0),
            blink_ms=chance.randint(400, 650),
            sway=chance.uniform(0.5, 1.5),
            blinks=blinks,
        )


@dataclass(frozen=True, slots=True)
class Body:
    """Position of a head or a photograph at one moment."""

    pose: Pose
    expression: Expression


class Actor:
    """One performer in one try: gives a picture for a moment and the prompt that is shown then."""

    def __init__(
        self,
        surface: Surface,
        person: Person,
        habits: Habits,
        chance: random.Random,
        able: tuple[Action, ...] = tuple(Action),
        shake: float = 0.0,
        gapes: bool = False,
    ) -> None:
        self._surface = surface
        self._habits = habits
        self._able = able
        self._shake = shake
        self._gapes = gapes
        """Opens its mouth while it turns, which looks like depth to a fit of all points."""
        self._chance = chance
        self._camera = Camera(seed=chance.randint(0, 2**31))
        self._rest = Pose(scale=chance.uniform(0.13, 0.17), x=chance.uniform(0.45, 0.55), y=chance.uniform(0.42, 0.5))
        self._room = room(person.head, self._camera.optics, self._rest)
        self._phase_ms = chance.randint(0, 10_000)
        self._next_blink_ms = chance.randint(1_500, 5_000)
        self._drift = [0.0] * 6

    def picture(self, time_ms: int, action: Action | None, since_ms: int) -> Picture:
        """What the camera takes `since_ms` after `action` was asked for (None: nothing yet)."""
        body = self._body(time_ms, action if action in self._able else None, since_ms)
        return self._camera.take(self._surface, body.pose, body.expression, self._room)

    def lasts_ms(self, action: Action) -> int:
        """How long after its prompt this actor has done an action and is at rest again."""
        habits = self._habits
        if action is Action.BLINK:
            return habits.delay_ms + 2 * _LID_MS + habits.blink_ms
        return habits.delay_ms + 2 * habits.turn_ms + habits.hold_ms

    def _body(self, time_ms: int, action: Action | None, since_ms: int) -> Body:
        habits = self._habits
        pose = self._idle()
        blink = self._own_blink(time_ms) if habits.blinks else 0.0
        mouth = 0.0
        amount = _amount(since_ms - habits.delay_ms, habits.turn_ms, habits.hold_ms)
        if self._gapes and action in TURNS:
            mouth = amount
        match action:
            case Action.LEFT:
                pose = replace(pose, yaw_deg=pose.yaw_deg + amount * habits.turn_deg)
            case Action.RIGHT:
                pose = replace(pose, yaw_deg=pose.yaw_deg - amount * habits.turn_deg)
            case Action.MOUTH:
                mouth = amount * habits.mouth
            case Action.BLINK:
                blink = max(blink, _amount(since_ms - habits.delay_ms, _LID_MS, habits.blink_ms))
            case None:
                pass
        # Whole steps: the painted face is kept for the frames in between.
        return Body(pose, Expression(blink=round(blink, 1), mouth=round(mouth, 1)))

    def _idle(self) -> Pose:
        """Nobody and no hand is quite still: a slow random drift about the place of rest."""
        step = self._habits.sway * 0.35
        self._drift = [0.85 * value + self._chance.gauss(0, step) for value in self._drift]
        x, y, near, yaw, pitch, roll = self._drift
        wide = 1 + 4 * self._shake
        return replace(
            self._rest,
            x=self._rest.x + 0.002 * wide * x,
            y=self._rest.y + 0.002 * wide * y,
            scale=self._rest.scale * (1 + 0.004 * wide * near),
            yaw_deg=yaw * wide,
            pitch_deg=0.6 * pitch * wide,
            roll_deg=0.5 * roll * wide,
        )

    def _own_blink(self, time_ms: int) -> float:
        begun_ms = time_ms - self._next_blink_ms
        if begun_ms > 200:
            self._next_blink_ms = time_ms + self._chance.randint(2_000, 6_000)
        return 1.0 if 0 <= begun_ms <= 200 else 0.0


def _amount(since_ms: float, ramp_ms: int, hold_ms: int) -> float:
    """0 before and after, 1 in between."""
    rise, fall = since_ms / ramp_ms, (2 * ramp_ms + hold_ms - since_ms) / ramp_ms
    return float(min(1.0, max(0.0, min(rise, fall))))


class Replay:
    """A clip of a real challenge with other actions than those asked now: it plays on whatever is asked."""

    def __init__(self, actor: Actor, asked: tuple[Action, ...], chance: random.Random) -> None:
        self._actor = actor
        steps = draw_steps(chance, len(asked))
        while steps == asked:
            steps = draw_steps(chance, len(asked))
        self._steps = steps
        self._pace_ms = chance.randint(2_600, 3_600)
        self._start_ms: int | None = None

    def picture(self, time_ms: int, action: Action | None, since_ms: int) -> Picture:
        """The clip's own prompts are what its actor heard. It begins when the first prompt comes."""
        if action is not None and self._start_ms is None:
            self._start_ms = time_ms - since_ms
        if self._start_ms is None:
            return self._actor.picture(time_ms, None, 0)
        played_ms = time_ms - self._start_ms
        step = min(played_ms // self._pace_ms, len(self._steps) - 1)
        return self._actor.picture(time_ms, self._steps[step], played_ms - step * self._pace_ms)


class Swap:
    """Somebody else takes the place in mid-challenge, at a moment of their choice after the first prompt."""

    def __init__(self, first: Actor, second: Actor, after_ms: int) -> None:
        self._first, self._second = first, second
        self._after_ms = after_ms
        self._asked_ms: int | None = None

    def picture(self, time_ms: int, action: Action | None, since_ms: int) -> Picture:
        """The second person goes on with what the first had begun."""
        if action is not None and self._asked_ms is None:
            self._asked_ms = time_ms - since_ms
        swapped = self._asked_ms is not None and time_ms - self._asked_ms >= self._after_ms
        return (self._second if swapped else self._first).picture(time_ms, action, since_ms)


Performer = Actor | Replay | Swap


@dataclass(frozen=True, slots=True)
class Scene:
    """What a performance is made of. `asked` are the steps that will come: only the replay uses them, to differ."""

    person: Person
    other: Person
    asked: tuple[Action, ...]
    chance: random.Random


def _head(scene: Scene) -> Actor:
    return Actor(scene.person.head, scene.person, Habits.drawn(scene.chance), scene.chance)


def _card(
    scene: Scene,
    turn_deg: tuple[float, float],
    able: tuple[Action, ...] = (),
    shake: float = 0.0,
    bend: tuple[float, float] = (0.0, 0.0),
    gapes: bool = False,
) -> Actor:
    surface = card_surface(scene.person.photo, scene.person.head.landmarks, scene.chance.uniform(*bend))
    habits = Habits.drawn(scene.chance, turn_deg, blinks=Action.BLINK in able)
    habits = replace(habits, sway=habits.sway if shake else 0.0)
    return Actor(surface, scene.person, habits, scene.chance, able, shake, gapes)


def _swap(scene: Scene) -> Swap:
    second = Actor(scene.other.head, scene.other, Habits.drawn(scene.chance), scene.chance)
    return Swap(_head(scene), second, scene.chance.randint(0, 7_000))


_BLINKS = (*TURNS, Action.BLINK)
_ALL = tuple(Action)
PERFORMERS: dict[str, Callable[[Scene], Performer]] = {
    BONA_FIDE: _head,
    "photo_still": lambda scene: _card(scene, (0, 0)),
    "photo_hand_held": lambda scene: _card(scene, (0, 0), shake=1.0),
    "photo_tilted_40": lambda scene: _card(scene, (0, 40), TURNS, shake=0.5),
    "photo_tilted_65": lambda scene: _card(scene, (40, 65), TURNS, shake=0.5),
    "eyelid_warp": lambda scene: _card(scene, (20, 55), _BLINKS, shake=0.5),
    "eyelid_jaw_warp": lambda scene: _card(scene, (20, 65), _ALL, shake=0.5),
    "eyelid_jaw_warp_bent": lambda scene: _card(scene, (20, 45), _ALL, shake=0.5, bend=(0.2, 0.9)),
    "jaw_warp_in_turn": lambda scene: _card(scene, (40, 65), _ALL, shake=0.5, gapes=True),
    "replayed_clip": lambda scene: Replay(_head(scene), scene.asked, scene.chance),
    "head_swap": _swap,
}
"""Kinds of performance; all but the first are attacks."""


def prompt_at(prompt: tuple[int, Prompt] | None, time_ms: int) -> tuple[Action | None, int]:
    """The action that is asked for now and for how long already."""
    return (None, 0) if prompt is None else (prompt[1].action, time_ms - prompt[0])
