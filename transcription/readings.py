"""How Han characters sound: their readings in Pinyin, and how much alike two characters sound."""

from __future__ import annotations

import enum
import functools
from typing import NamedTuple


class Alike(enum.IntEnum):
    """How much two characters sound alike."""

    NOT = 0
    NEAR = 1
    """But for what many speakers and engines do not tell apart: zh and z, n and l, in and ing."""
    SYLLABLE = 2
    """But for the tone."""
    EXACTLY = 3


class Reading(NamedTuple):
    """A syllable without its tone, and the tone: 1 to 4, 5 where it is neutral."""

    syllable: str
    tone: int


_BLURRED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"))


def is_han(character: str) -> bool:
    """Whether it is a Han character of the blocks that names are written in."""
    return "㐀" <= character <= "䶿" or "一" <= character <= "鿿" or "𠀀" <= character <= "𳎯"


def load() -> None:
    """Read the tables, once: blocks for a third of a second, which the first question takes otherwise."""
    readings("云")


@functools.lru_cache(maxsize=30_000)
def readings(character: str) -> tuple[Reading, ...]:
    """Every reading, the commonest first; none for what is no Han character or has no known reading."""
    if not is_han(character):
        return ()
    import pypinyin

    found = pypinyin.pinyin(character, style=pypinyin.Style.TONE3, heteronym=True, errors="ignore")
    return tuple(_reading(each) for each in found[0]) if found else ()


def alike(heard: str, meant: str) -> Alike:
    """How much alike they sound, as they are mostly read. With a rarer reading of one of them: EXACTLY or NOT."""
    if heard == meant:
        return Alike.EXACTLY
    ones, others = readings(heard), readings(meant)
    if not ones or not others:
        return Alike.NOT
    if ones[0] in others or others[0] in ones:
        return Alike.EXACTLY
    return _alike(ones[0], others[0])


def blurred(reading: Reading) -> str:
    """The syllable as the hard of hearing have it: the same for two that are NEAR."""
    syllable = reading.syllable
    for letters, instead in _BLURRED:
        if syllable.startswith(letters):
            syllable = instead + syllable[len(letters) :]
            break
    return syllable[:-1] if syllable.endswith("ng") and not syllable.endswith("ong") else syllable


def _alike(one: Reading, other: Reading) -> Alike:
    if one == other:
        return Alike.EXACTLY
    if one.syllable == other.syllable:
        return Alike.SYLLABLE
    return Alike.NEAR if blurred(one) == blurred(other) else Alike.NOT


def _reading(text: str) -> Reading:
    return Reading(text[:-1], int(text[-1])) if text[-1].isdigit() else Reading(text, 5)
