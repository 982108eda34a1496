"""What the papers of a meeting are made of, beside its log: handed in by whoever keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was laid before the creditors."""

    title: str
    sha256: str
    added_utc_ms: int
    removed_utc_ms: int | None = None
    reason: str = ""
    read: int = 0
    """Creditors who opened it."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A question, or a speech: who, when, and the words where they are known."""

    person: str
    utc_ms: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """`name_of` gives the name of a creditor, an agent, a bloc or an account; the id of anybody else."""

    meeting: str
    court: str
    case_no: str
    title: str
    called_by: str
    scheduled_utc_ms: int
    name_of: Callable[[str], str]
    agenda: Sequence[str] = ()
    documents: Sequence[Laid] = ()
    drawn: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Who was drawn, in order, by the draw's id."""
    questions: Sequence[Said] = ()
    speeches: Sequence[Said] = ()
