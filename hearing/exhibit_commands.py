"""What people do with exhibits. `hearing.exhibit_rules` says yes (events) or no (Refused)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hearing.commands import Command, Text
from hearing.exhibit_events import ExhibitState, FileKind, View

MAX_NUMBER = 9_999
ExhibitNumber = Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the server has taken in and that no event names yet; as in `ExhibitSubmitted`."""

    file: str
    kind: FileKind
    size_bytes: int
    sha256: str
    sm3: str
    pages: int = 0


class SubmitExhibit(Command, frozen=True, kw_only=True, tag="exhibit_submit"):
    """The file that one handed in last, which has this hash. Without `number` it gets the next; the court's people
    may name the `participant` for whom they do it."""

    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    name: Text
    source: Text
    purpose: Text
    number: ExhibitNumber | None = None
    participant: str | None = None
    case_no: Annotated[str, msgspec.Meta(max_length=100)] = ""


class MoveExhibit(Command, frozen=True, kw_only=True, tag="exhibit_state"):
    """Reviewed, cross-examined, original demanded: the court's. Withdrawn: also who submitted it."""

    number: ExhibitNumber
    state: ExhibitState
    reason: Text = ""


class ShowExhibit(Command, frozen=True, kw_only=True, tag="exhibit_show"):
    """Show it to everybody in the courtroom in place of another, a PDF open at `page`, or show it no more.
    Idempotent."""

    number: ExhibitNumber
    shown: bool = True
    page: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)] = 1


class GiveOpinion(Command, frozen=True, kw_only=True, tag="exhibit_opinion"):
    """One's own; or, written down by the court's people, that of `participant`."""

    number: ExhibitNumber
    authenticity: View
    legality: View
    relevance: View
    text: Text = ""
    participant: str | None = None


class OpenExhibit(Command, frozen=True, kw_only=True, tag="exhibit_public"):
    """Whether the public's edition of the record may hold it."""

    number: ExhibitNumber
    public: bool


ExhibitCommand = SubmitExhibit | MoveExhibit | ShowExhibit | GiveOpinion | OpenExhibit
