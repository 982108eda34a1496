"""Numbers that identify a person, found in any text and covered digit by digit: the text keeps its length. Pure.

Resident identity numbers (GB 11643: eighteen characters with a check digit, or the old fifteen), and telephone
numbers; also full-width, spoken out in Chinese numerals, or written with blanks and hyphens. A number that has the
birth date of an identity number and a wrong check digit is covered too: it was misheard or mistyped, and most of it
is somebody's all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from hearing.documents import resident_check

COVER = "*"
_SPOKEN = {**dict(zip("零〇一二三四五六七八九", "00123456789", strict=True)), "幺": "1", "两": "2", "○": "0"}
_GAP = r"[ \t\u3000\-\u2010-\u2015·]{0,2}"
_DIGIT = rf"[0-9\uff10-\uff19{''.join(_SPOKEN)}]"
_RUN = re.compile(rf"(?<![0-9A-Za-z]){_DIGIT}(?:{_GAP}{_DIGIT}){{6,}}(?:{_GAP}[xXＸｘ])?(?![0-9A-Za-z])")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_REGIONS = re.compile(r"[1-689][0-9]{5}")
_KEPT_FRONT, _KEPT_BACK = 3, 2
_HEX = re.compile(r"[0-9a-f]{32,}\Z")


def found(text: str) -> Iterator[tuple[int, int]]:
    """Where in the text such numbers stand, as (from, to)."""
    for run in _RUN.finditer(text):
        places = [place for place in range(run.start(), run.end()) if _plain(text[place])]
        digits = "".join(_plain(text[place]) for place in places)
        # Where a blank or hyphen parts the run: several numbers, or one that was written in groups.
        parts = [n for n in range(1, len(places)) if places[n] != places[n - 1] + 1]
        for start, end in _numbers(digits, [0, *parts, len(digits)]):
            yield places[start], places[end - 1] + 1


def mask(text: str) -> str:
    """The text with each such number covered but for its first three and last two characters."""
    covered = list(text)
    for start, end in found(text):
        signs = [place for place in range(start, end) if _plain(text[place])]
        for place in signs[_KEPT_FRONT:-_KEPT_BACK]:
            covered[place] = COVER
    return "".join(covered)


def mask_all(value: Any) -> Any:
    """Plain data with every string in it masked; digests stay."""
    if isinstance(value, str):
        return value if len(value) < 7 or _HEX.match(value) else mask(value)
    if isinstance(value, dict):
        return {name: mask_all(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [mask_all(inner) for inner in value]
    return value


def _plain(sign: str) -> str:
    """The sign as ASCII, empty for what is between digits."""
    if "0" <= sign <= "9":
        return sign
    if "０" <= sign <= "９":
        return chr(ord(sign) - 0xFEE0)
    return "X" if sign in "xXＸｘ" else _SPOKEN.get(sign, "")


def _numbers(digits: str, parts: list[int]) -> Iterator[tuple[int, int]]:
    """Where in a run of digits the numbers are. `parts` are the places where one may begin or end, ends included:
    inside a longer run only an identity number whose check digit is right."""
    taken = 0
    for at in range(len(digits) - 17):
        number = digits[at : at + 18]
        if at >= taken and _is_number(number) and resident_check(number[:17]) == number[17]:
            taken = at + 18
            yield at, taken
    if taken:
        return
    for start in parts:
        for end in reversed(parts):
            if start >= taken and end > start and _is_number(digits[start:end].removeprefix("86")):
                taken = end
                yield start, end


def _is_number(digits: str) -> bool:
    if len(digits) == 18:
        return digits[:17].isdigit() and _identity(digits[:6], digits[6:14])
    if len(digits) == 15:
        return digits.isdigit() and _identity(digits[:6], f"19{digits[6:12]}")
    return bool(_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits))


def _identity(region: str, born: str) -> bool:
    try:
        year = date(int(born[:4]), int(born[4:6]), int(born[6:])).year
    except ValueError:
        return False
    return bool(_REGIONS.fullmatch(region)) and 1880 <= year <= 2100
