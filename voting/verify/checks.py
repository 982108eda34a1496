"""What a field may hold (section 2): checks that are put together like words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Protocol

from voting.verify.words import MOST


class Check(Protocol):
    """Whether a value is what a field may hold."""

    def __call__(self, value: Any, /) -> bool:
        raise NotImplementedError


def matching(pattern: str) -> Check:
    """A text of this pattern, which ends in \\Z itself."""
    match = re.compile(pattern).match
    return lambda value: type(value) is str and match(value) is not None


def one_of(*words: Any) -> Check:
    """One of these texts or numbers."""
    return lambda value: type(value) in (str, int) and value in words


def list_of(item: Check) -> Check:
    """A list of such."""
    return lambda value: type(value) is list and all(map(item, value))


def object_of(**fields: Check) -> Check:
    """An object of exactly these fields."""
    names = fields.keys()
    return lambda value: type(value) is dict and value.keys() == names and all(f(value[n]) for n, f in fields.items())


def is_whole(value: Any) -> bool:
    """A number from 0 to MOST."""
    return type(value) is int and 0 <= value <= MOST


def is_text(value: Any) -> bool:
    """At most 500 characters, none of them a control character."""
    return (
        type(value) is str and len(value) <= 500 and not any(unicodedata.category(c) in ("Cc", "Cs") for c in value)
    )


def is_two(value: Any) -> bool:
    """Ids of two persons."""
    return type(value) is list and len(value) == 2 and all(map(is_id, value)) and value[0] != value[1]


is_id = matching(r"[A-Za-z0-9._:-]{1,64}\Z")


def is_free(value: Any) -> bool:
    """What the page leaves open: a truth, a number, or a text."""
    return type(value) is bool or is_whole(value) or is_text(value)


def wrong_field(value: Any, fields: Iterable[tuple[str, Check]]) -> str | None:
    """The first field that holds what the page does not allow; "" where there are too many or too few."""
    fields = tuple(fields)
    if type(value) is not dict or value.keys() != {name for name, _ in fields}:
        return ""
    return next((name for name, check in fields if not check(value[name])), None)
