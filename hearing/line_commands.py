"""What a clerk may do to the transcript. `hearing.line_rules` says yes (events) or no (Refused).

A command names the `revision` of the line that its sender saw: of two clerks who change one line at once, the second
is told, and neither text is lost.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from hearing.commands import Command, Language, Millis, Text
from hearing.transcript_events import LineKind

MAX_LINE_CHARS = 4_000

LineText = Annotated[str, msgspec.Meta(max_length=MAX_LINE_CHARS)]
LineId = Annotated[str, msgspec.Meta(max_length=200)]
MAX_TERMS = 300
Term = Annotated[str, msgspec.Meta(max_length=60)]
Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class WriteLine(Command, frozen=True, kw_only=True, tag="line_write"):
    """A line of the clerk's own. Without `from_ms` it stands at this moment; `participant` is who spoke."""

    text: LineText
    kind: LineKind = LineKind.NOTE
    participant: str | None = None
    language: Language = "zh-CN"
    from_ms: Millis | None = None


class EditLine(Command, frozen=True, kw_only=True, tag="line_edit"):
    line: LineId
    revision: Number
    text: LineText
    reason: Text = ""


class AssignLine(Command, frozen=True, kw_only=True, tag="line_assign"):
    line: LineId
    revision: Number
    participant: str


class SplitLine(Command, frozen=True, kw_only=True, tag="line_split"):
    """`at` counts characters (code points) of the text; both parts keep some."""

    line: LineId
    revision: Number
    at: Number


class MergeLines(Command, frozen=True, kw_only=True, tag="line_merge"):
    """Join the next shown line to this one; `second` is the line that the sender takes for it."""

    line: LineId
    revision: Number
    second: LineId
    second_revision: Number


class StrikeLine(Command, frozen=True, kw_only=True, tag="line_strike"):
    """Leave a line out of the minutes, or take it back in."""

    line: LineId
    revision: Number
    struck: bool
    reason: Text = ""


class SetGlossary(Command, frozen=True, kw_only=True, tag="glossary"):
    """Names and terms to listen for, beside those of the case: all of them, in place of those that were set before.
    May be set before 开庭."""

    terms: Annotated[tuple[Term, ...], msgspec.Meta(max_length=MAX_TERMS)]


LineCommand = WriteLine | EditLine | AssignLine | SplitLine | MergeLines | StrikeLine | SetGlossary
