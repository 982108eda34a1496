"""What pages show of a meeting. Choices of an open motion are in none of it: not even the chair may know them, since
whoever could see them could extend the vote."""

from __future__ import annotations

import msgspec

from voting.leaves import Options, Result
from voting.words import Choice, Group, Matter


class _View(msgspec.Struct, frozen=True, kw_only=True):
    """Every field is always there."""


class MotionView(_View, frozen=True, kw_only=True):
    """One round of a motion."""

    motion: str
    round: int
    title: str
    matter: Matter
    groups: tuple[Group, ...]
    state: str
    """`draft`, `open`, `closed`, `tallied`, `announced`."""
    closes_utc_ms: int | None
    options: Options
    result: Result | None
    """Once it is announced; for the court's people and the administrator as soon as it is counted."""


class DocumentView(_View, frozen=True, kw_only=True):
    """A document of the agenda."""

    document: str
    title: str
    sha256: str
    bytes: int


class MeetingView(_View, frozen=True, kw_only=True):
    """What everybody in the meeting sees."""

    id: str
    court: str
    case_no: str
    title: str
    state: str
    """`draft`, `doors`, `in_session`, `closed`."""
    scheduled_utc_ms: int
    motions: tuple[MotionView, ...]
    documents: tuple[DocumentView, ...]
    queue: int
    """How many wait to speak."""
    speaking: str
    """Who has the floor; "" for nobody."""
    live: bool
    """Whether there is a picture or sound of the meeting to watch now (`/meetings/{id}/live`)."""


class Vote(_View, frozen=True, kw_only=True):
    """One vote that this person may cast, and the ballot that stands for it."""

    motion: str
    round: int
    division: str
    creditor: str
    name: str
    amount_fen: int
    cast: Choice | None
    seq: int | None


class Claim(_View, frozen=True, kw_only=True):
    """债权卡片: what somebody has in one group."""

    group: Group
    amount_fen: int
    secured_fen: int
    provisional: bool


class Principal(_View, frozen=True, kw_only=True):
    """Somebody for whom this person may vote."""

    creditor: str
    name: str
    mandate: str


class Mine(_View, frozen=True, kw_only=True):
    """What concerns one person alone."""

    person: str
    name: str
    claims: tuple[Claim, ...]
    votes: tuple[Vote, ...]
    principals: tuple[Principal, ...]
    place: int | None
    """In the queue of speakers, from 1."""
    floor: bool
    """It is this person's turn to speak: the page asks whether camera and microphone may be used."""
    read: tuple[str, ...]


class Turnout(_View, frozen=True, kw_only=True):
    """表决进度 of one division: who came and who voted, never what. For the court's people and the administrator."""

    motion: str
    round: int
    division: str
    heads_total: int
    heads_present: int
    heads_cast: int
    amount_total_fen: int
    amount_cast_fen: int
