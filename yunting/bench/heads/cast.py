"""People and photographs for the heads: frontal photos of different persons, chosen by a seed.

A drawn blink is not always read as one by the landmarks of a photograph (hair, glasses, a shadow over the eye); such
heads cannot stand in for people and are left out, and how many is told.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from identity.engine import FaceEngine
from identity.face_signals import Signals, read_signals
from yunting.bench.heads.expression import NEUTRAL, Expression
from yunting.bench.heads.model import Picture, Surface, head_surface
from yunting.bench.heads.render import Camera, Optics, Pose, room

_STRAIGHT_YAW, _OPEN_EYES, _SHUT_LIPS = 0.15, 0.2, 0.12
_BLINK_TO, _MOUTH_BY = 0.68, 0.11


@dataclass(frozen=True, slots=True)
class Person:
    """One person's photograph with its landmarks, and the head made of it."""

    photo: Picture
    head: Surface


def choose_people(folder: Path, count: int, engine: FaceEngine, seed: int = 1) -> tuple[list[Path], int]:
    """Photographs of `count` persons from a folder of files named `Some_Body_0001.jpg`, one of each, and how many
    were left out because their drawn blink or mouth is not read as one, or somebody else is in the picture too.
    ValueError when there are not so many that look straight into the camera with open eyes and shut lips."""
    files = sorted(folder.rglob("*.jpg"))
    random.Random(seed).shuffle(files)
    chosen: dict[str, Path] = {}
    unread = 0
    for file in files:
        name = file.stem.rsplit("_", 1)[0]
        if len(chosen) == count:
            break
        person = None if name in chosen else load_person(file, engine)
        if person is not None and is_readable(person, engine):
            chosen[name] = file
        else:
            unread += person is not None
    if len(chosen) < count:
        raise ValueError(f"{folder}: only {len(chosen)} of {count} frontal photographs")
    return list(chosen.values()), unread


def load_person(file: Path, engine: FaceEngine) -> Person | None:
    """The person in a photograph; None unless one alone looks straight ahead, eyes open, lips shut."""
    with Image.open(file) as opened:
        photo = np.asarray(opened.convert("RGB"))
    boxes = engine.detect(photo)
    if len(boxes) != 1:
        return None
    landmarks = np.asarray(engine.landmarks(photo, boxes[0]), np.float64)
    signals = read_signals(landmarks)
    straight = abs(signals.yaw) < _STRAIGHT_YAW and signals.eyes > _OPEN_EYES and signals.mouth < _SHUT_LIPS
    return Person(photo, head_surface(photo, landmarks)) if straight else None


def is_readable(person: Person, engine: FaceEngine) -> bool:
    """Whether the landmarks read the head's drawn blink and open mouth as such."""
    camera = Camera(Optics(), seed=0)
    backdrop = room(person.head, camera.optics, Pose())

    def signals(expression: Expression) -> Signals | None:
        picture = camera.take(person.head, Pose(), expression, backdrop)
        boxes = engine.detect(picture)
        return read_signals(np.asarray(engine.landmarks(picture, boxes[0]), np.float64)) if len(boxes) == 1 else None

    rest, shut, wide = signals(NEUTRAL), signals(Expression(blink=1)), signals(Expression(mouth=1))
    if rest is None or shut is None or wide is None:
        return False
    return shut.eyes < _BLINK_TO * rest.eyes and wide.mouth > rest.mouth + _MOUTH_BY
