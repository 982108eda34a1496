"""People who sit before a camera for hours: they sway, talk, blink, look aside, lean out, hide behind a hand, sit in
changing light, before others who pass or stand far behind; and what the watch must notice: somebody else in their
place, nobody, a second person.

How often and how long they do what hides a face is chosen by us, not observed in a court (`Manners`).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from yunting.bench.heads.cast import Person
from yunting.bench.heads.expression import NEUTRAL, Expression
from yunting.bench.heads.model import Picture
from yunting.bench.heads.render import Camera, Optics, Pose, room

Seat = Literal["own", "swap", "empty", "second"]
"""Who is there: the seat's own person, another one, nobody, the own person with a second one beside."""
Act = Literal["aside", "down", "hand", "gone", "blur", "dark", "passes", "stands"]

_SKIN = (196, 150, 128)
_BARE = Optics(noise=0.0, jpeg_quality=0)
"""For parts of a picture that the camera itself takes later."""


_BEHIND: dict[Act | None, tuple[float, float]] = {"passes": (0.2, 0.45), "stands": (0.2, 0.35)}
"""Sizes of who is behind, as shares of the person's own."""


@dataclass(frozen=True, slots=True)
class Manners:
    """Something hides or changes the face every `every_s` on average, for `lasts_s` (shortest, longest): `acts`.
    Who `stands` far behind does so for `stands_s`."""

    every_s: float = 45.0
    lasts_s: tuple[float, float] = (2.0, 15.0)
    stands_s: tuple[float, float] = (20.0, 60.0)
    acts: tuple[Act, ...] = ("aside", "down", "hand", "gone", "blur", "dark", "passes", "stands")


READING = Manners(every_s=120.0, lasts_s=(20.0, 60.0), acts=("down", "aside"))
"""Somebody who reads the file on the desk, again and again, for up to a minute."""


class Sitter:
    """One seat. `picture` must be asked for in order of time; `seat` may be changed at any time."""

    def __init__(self, person: Person, other: Person, chance: random.Random, manners: Manners | None = None) -> None:
        self.seat: Seat = "own"
        self.act: Act | None = None
        """What the seat's person is doing now."""
        self._people = (person, other)
        self._manners = manners or Manners()
        self._chance = chance
        self._camera = Camera(Optics(jpeg_quality=0), seed=chance.randint(0, 2**31))
        self._painter = Camera(_BARE, seed=0)
        self._rest = Pose(scale=chance.uniform(0.12, 0.16), x=chance.uniform(0.45, 0.55), y=chance.uniform(0.42, 0.5))
        self._rooms = [room(each.head, self._camera.optics, self._rest) for each in self._people]
        self._wall = _wall(self._rooms[0])
        self._end_ms = -1
        self._near = 0.0
        self._drift = [0.0] * 6
        self._sun_phase = chance.uniform(0, 2 * math.pi)
        self._sun_period_ms = chance.uniform(900_000, 2_400_000)
        self._next_ms = self._pause_ms(0)

    def picture(self, time_ms: int) -> Picture:
        """What the camera takes now."""
        self._live(time_ms)
        act = self.act if self.seat in {"own", "second"} else None
        light = 0.9 + 0.2 * math.sin(self._sun_phase + 2 * math.pi * time_ms / self._sun_period_ms)
        self._camera.optics = replace(
            self._camera.optics,
            light=light * (0.3 if act == "dark" else 1.0),
            blur_px=5.0 if act == "blur" else 0.0,
        )
        return self._camera.develop(self._scene(act))

    def enrolled(self, count: int) -> list[Picture]:
        """Pictures as the gate takes them: frontal, good light, nothing hidden."""
        return [
            self._camera.take(self._people[0].head, self._idle(0.5), NEUTRAL, self._rooms[0]) for _ in range(count)
        ]

    def _scene(self, act: Act | None) -> Picture:
        if self.seat == "empty" or act == "gone":
            return self._wall
        pose = self._idle(1.0)
        which = 1 if self.seat == "swap" else 0
        backdrop = self._rooms[which]
        behind = _BEHIND.get(act)
        if self.seat == "second" or behind is not None:
            # A helper beside, or somebody behind; both hide nothing of the seat's own person.
            near = self._chance.uniform(0.7, 1.0) if self.seat == "second" or behind is None else self._near
            side = 0.2 if pose.x > 0.5 else 0.8
            beside = replace(self._idle(1.0), x=side, scale=pose.scale * near, y=self._rest.y)
            pose = replace(pose, x=0.64 if side < 0.5 else 0.36)
            backdrop = self._painter.take(self._people[1].head, beside, NEUTRAL, self._wall)
        if act == "aside":
            pose = replace(pose, yaw_deg=self._chance.choice((-1, 1)) * self._chance.uniform(35, 65))
        elif act == "down":
            pose = replace(pose, pitch_deg=-self._chance.uniform(30, 60), y=pose.y + 0.06)
        picture = self._painter.take(self._people[which].head, pose, self._expression(), backdrop)
        return _hand(picture, pose) if act == "hand" else picture

    def _live(self, time_ms: int) -> None:
        if time_ms >= self._next_ms and self.act is None:
            self.act = self._chance.choice(self._manners.acts)
            shortest, longest = self._manners.stands_s if self.act == "stands" else self._manners.lasts_s
            self._near = self._chance.uniform(*_BEHIND.get(self.act, (0.0, 0.0)))
            self._end_ms = time_ms + round(1_000 * self._chance.uniform(shortest, longest))
        elif self.act is not None and time_ms >= self._end_ms:
            self.act = None
            self._next_ms = time_ms + self._pause_ms(time_ms)

    def _pause_ms(self, time_ms: int) -> int:
        return round(1_000 * self._chance.expovariate(1 / self._manners.every_s))

    def _idle(self, amount: float) -> Pose:
        """Where people sit is never quite the same ten seconds later."""
        self._drift = [0.7 * value + self._chance.gauss(0, 0.7) for value in self._drift]
        x, y, near, yaw, pitch, roll = (amount * value for value in self._drift)
        return replace(
            self._rest,
            x=self._rest.x + 0.02 * x,
            y=self._rest.y + 0.015 * y,
            scale=self._rest.scale * (1 + 0.05 * near),
            yaw_deg=7 * yaw,
            pitch_deg=4 * pitch,
            roll_deg=3 * roll,
        )

    def _expression(self) -> Expression:
        talks = self._chance.random() < 0.3
        return Expression(
            blink=1.0 if self._chance.random() < 0.05 else 0.0,
            mouth=round(self._chance.uniform(0.1, 0.6), 1) if talks else 0.0,
        )


def _wall(backdrop: Picture) -> Picture:
    """The chair without anybody: the room's colour, lighter above."""
    height, width = backdrop.shape[:2]
    colour = backdrop[: height // 8].reshape(-1, 3).mean(axis=0)
    shade = np.linspace(1.1, 0.7, height)[:, None, None]
    wall: Picture = np.clip(colour * shade * np.ones((1, width, 1)), 0, 255).astype(np.uint8)
    return wall


def _hand(picture: Picture, pose: Pose) -> Picture:
    """Something of the colour of a hand before nose and mouth."""
    height, width = picture.shape[:2]
    unit = pose.scale * width
    y, x = np.mgrid[:height, :width]
    across, down = (x - pose.x * width) / unit, (y - pose.y * height) / unit
    inside = (across / 0.75) ** 2 + ((down - 0.6) / 0.5) ** 2 < 1
    hidden = picture.copy()
    hidden[inside] = _SKIN
    return hidden
