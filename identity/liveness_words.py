"""Actions a person may be asked for, and the codes that a challenge ends with (their words: `identity.reasons`).

Left and right are the person's own. Pages mirror the self view by style only, so that somebody who turns to their
left sees themselves turn to the left of the screen; the published track is not mirrored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class Action(StrEnum):
    """What may be asked for."""

    BLINK = "blink"
    LEFT = "left"
    RIGHT = "right"
    MOUTH = "mouth"


TURNS = (Action.LEFT, Action.RIGHT)


class Chance(Protocol):
    """What draws the steps and the pauses; `secrets.SystemRandom()` outside tests."""

    def choice(self, seq: tuple[T, ...], /) -> T:
        """One of `seq`."""

    def randint(self, a: int, b: int, /) -> int:
        """A whole number from a to b inclusive."""


class Words(NamedTuple):
    """One sentence that says what to do."""

    zh: str
    en: str


PROMPTS = {
    Action.BLINK: Words("请慢慢眨一次眼（闭眼约半秒）", "Blink once, slowly: eyes shut for half a second"),
    Action.LEFT: Words("请向您的左侧转头，再转回正面", "Turn your head to your left, then back"),
    Action.RIGHT: Words("请向您的右侧转头，再转回正面", "Turn your head to your right, then back"),
    Action.MOUTH: Words("请张大嘴，再合上", "Open your mouth wide, then close it"),
}

HINTS = frozenset(
    {"no-face", "many-faces", "too-far", "too-dark", "too-bright", "blurred", "look-straight", "hold-still", "ready"}
)
"""Codes of `identity.reasons` that say what to do before the challenge can begin."""

FAILURES = frozenset(
    {"not-ready", "no-action", "wrong-action", "too-early", "too-small", "not-back", "flat", "another-face"}
    | {"many-faces", "face-lost", "picture-stalled", "abandoned"}
)
"""Codes of `identity.reasons` that a challenge may fail with."""


def draw_steps(chance: Chance, count: int) -> tuple[Action, ...]:
    """`count` (3 or 4) random steps: none twice running, at least one turn and at least one of blink and mouth.

    A turn is where a photograph shows that it is flat; what is rigid can neither blink nor open a mouth, so turns
    alone are never a whole challenge. That leaves 32 sequences of 3 and 104 of 4, all equally likely.
    """
    if count not in (3, 4):
        raise ValueError("a challenge has 3 or 4 steps")
    # Drawing anew keeps the allowed sequences equally likely; six of seven draws of three are allowed.
    while True:
        steps: list[Action] = []
        while len(steps) < count:
            step = chance.choice(tuple(Action))
            if not steps or steps[-1] is not step:
                steps.append(step)
        if 0 < sum(step in TURNS for step in steps) < count:
            return tuple(steps)
