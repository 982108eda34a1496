"""The meeting as it stands: a fold of its leaves, with the indexes and counts that make a ballot cheap to admit.

Replay of the log after a crash gives this very state; 118,738 ballots take about a second. It is changed in place,
by `apply` alone, and by one sequencer. What may come next is asked of `voting.decide`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from voting import leaves as lf
from voting.prepared import Prepared, divisions
from voting.roll import Roll
from voting.round import Cast, Round
from voting.rules import RuleSet, rule_set
from voting.words import Channel


class MandateStanding(msgspec.Struct, kw_only=True):
    """A mandate; revoked ones are kept, for their ids."""

    leaf: lf.Mandate
    revoked: bool = False


class Paper(msgspec.Struct, kw_only=True):
    """A paper ballot: what clerks keyed in, in order, and the ballot that two of them agreed on."""

    entries: list[lf.PaperEntered]
    ballot_seq: int = -1


class Draw(msgspec.Struct, kw_only=True):
    committed: lf.DrawCommitted
    revealed: lf.DrawRevealed | None = None


class Meeting:
    """State of one meeting; empty until its `meeting.created`. Read it freely, change it by `apply` only."""

    def __init__(self) -> None:
        self.meeting = ""
        self.created: lf.MeetingCreated | None = None
        self.rules: RuleSet | None = None
        self.size = 0
        """Leaves so far: the `seq` of the next."""
        self.last_utc_ms = 0
        self.closed = False
        self.known_rolls: dict[str, Roll] = {}
        self.rolls: dict[str, Roll] = {}
        """Those that were frozen."""
        self.present: dict[str, Channel] = {}
        """Who is signed in now, and how they came."""
        self.mandates: dict[str, MandateStanding] = {}
        self.mandates_between: dict[tuple[str, str], list[str]] = {}
        """Ids by (principal, agent), in order."""
        self.rounds: dict[tuple[str, int], Round] = {}
        """By motion and round, in the order in which they were opened."""
        self.open_rounds: list[Round] = []
        self.excluded_before: dict[tuple[str, int], set[str]] = {}
        """Exclusions from rounds that are not open yet."""
        self.prepared: dict[tuple[str, int], Prepared] = {}
        """Units that somebody made ready for a round that is about to open (`voting.prepared`)."""
        self.casts: dict[str, Cast] = {}
        """By `idem`."""
        self.papers: dict[str, Paper] = {}
        self.draws: dict[str, Draw] = {}
        self.cram: dict[tuple[str, int], lf.CramEntered] = {}
        """The latest by motion and condition."""
        self.anchors: list[lf.Anchored] = []

    def know(self, roll: Roll) -> None:
        """Give the meeting a roll's entries, which are in no leaf: before it is frozen, and before a replay."""
        self.known_rolls[roll.roll] = roll

    def latest(self, motion: str) -> Round | None:
        """The motion's newest round; None for a draft."""
        return self.rounds.get((motion, 2)) or self.rounds.get((motion, 1))

    def apply(self, leaf: lf.AnyLeaf) -> None:
        """The next leaf has happened. ValueError for one that is not the next, or of a roll that is not known;
        otherwise the leaf is believed: it was decided before it was written."""
        if leaf.seq != self.size or leaf.utc_ms < self.last_utc_ms:
            raise ValueError(f"leaf {leaf.seq} at {leaf.utc_ms} does not follow {self.size} at {self.last_utc_ms}")
        _APPLY[type(leaf)](self, leaf)
        self.size = leaf.seq + 1
        self.last_utc_ms = leaf.utc_ms


def _created(meeting: Meeting, leaf: lf.MeetingCreated) -> None:
    meeting.meeting = leaf.meeting
    meeting.created = leaf
    meeting.rules = rule_set(leaf.ruleset)


def _roll_frozen(meeting: Meeting, leaf: lf.RollFrozen) -> None:
    roll = meeting.known_rolls.get(leaf.roll)
    if roll is None or roll.root != leaf.root:
        raise ValueError(f"the entries of the roll {leaf.roll} are not known, or are others")
    meeting.rolls[leaf.roll] = roll


def _presence(meeting: Meeting, leaf: lf.Presence) -> None:
    if leaf.state != "in":
        meeting.present.pop(leaf.attendee, None)
        return
    meeting.present[leaf.attendee] = leaf.channel
    for round_ in meeting.open_rounds:
        round_.sign_in(leaf.attendee)


def _mandate(meeting: Meeting, leaf: lf.Mandate) -> None:
    meeting.mandates[leaf.mandate] = MandateStanding(leaf=leaf)
    meeting.mandates_between.setdefault((leaf.principal, leaf.agent), []).append(leaf.mandate)


def _mandate_revoked(meeting: Meeting, leaf: lf.MandateRevoked) -> None:
    meeting.mandates[leaf.mandate].revoked = True


def _motion_opened(meeting: Meeting, leaf: lf.MotionOpened) -> None:
    if meeting.rules is None:
        raise ValueError("a motion before the meeting")
    key = (leaf.motion, leaf.round)
    roll = meeting.rolls[leaf.roll]
    rule = meeting.rules.matters[leaf.matter]
    ready = meeting.prepared.pop(key, None)
    fits = ready is not None and ready.fits(leaf, roll)
    made = ready.divisions if ready and fits else divisions(rule, leaf.options, leaf.groups, roll)
    round_ = Round(leaf, rule, roll, made, meeting.excluded_before.pop(key, ()), meeting.present)
    meeting.rounds[key] = round_
    meeting.open_rounds.append(round_)


def _motion_extended(meeting: Meeting, leaf: lf.MotionExtended) -> None:
    round_ = meeting.rounds[leaf.motion, leaf.round]
    round_.closes_utc_ms = leaf.closes_utc_ms
    round_.extended += 1


def _exclusion(meeting: Meeting, leaf: lf.Exclusion) -> None:
    key = (leaf.motion, leaf.round)
    round_ = meeting.rounds.get(key)
    excluded = meeting.excluded_before.setdefault(key, set()) if round_ is None else round_.excluded
    excluded.add(leaf.creditor)


def _ballot(meeting: Meeting, leaf: lf.Ballot) -> None:
    round_ = meeting.rounds[leaf.motion, leaf.round]
    division = round_.divisions[leaf.division]
    cast_utc_ms = leaf.utc_ms
    if leaf.paper:
        paper = meeting.papers[leaf.paper]
        paper.ballot_seq = leaf.seq
        cast_utc_ms = paper.entries[-1].received_utc_ms
    division.cast(division.units[leaf.creditor], leaf.choice, leaf.seq, cast_utc_ms)
    # The strings of the opening and one's own id are shared: a hundred thousand copies would be 30 MB.
    meeting.casts[leaf.idem] = Cast(
        seq=leaf.seq,
        motion=round_.opened.motion,
        round=leaf.round,
        division=leaf.division,
        creditor=leaf.creditor,
        actor=leaf.creditor if leaf.actor == leaf.creditor else leaf.actor,
        choice=leaf.choice,
    )


def _paper_entered(meeting: Meeting, leaf: lf.PaperEntered) -> None:
    paper = meeting.papers.get(leaf.paper)
    if paper is None:
        paper = meeting.papers[leaf.paper] = Paper(entries=[])
    paper.entries.append(leaf)


def _motion_closed(meeting: Meeting, leaf: lf.MotionClosed) -> None:
    round_ = meeting.rounds[leaf.motion, leaf.round]
    round_.closed_seq = leaf.seq
    round_.closed_utc_ms = leaf.utc_ms
    meeting.open_rounds.remove(round_)


def _result(meeting: Meeting, leaf: lf.Result) -> None:
    meeting.rounds[leaf.motion, leaf.round].result = leaf


def _announced(meeting: Meeting, leaf: lf.ResultAnnounced) -> None:
    round_ = meeting.rounds[leaf.motion, leaf.round]
    round_.announced_seq = leaf.seq
    round_.announced_utc_ms = leaf.utc_ms


def _draw_committed(meeting: Meeting, leaf: lf.DrawCommitted) -> None:
    meeting.draws[leaf.draw] = Draw(committed=leaf)


def _draw_revealed(meeting: Meeting, leaf: lf.DrawRevealed) -> None:
    meeting.draws[leaf.draw].revealed = leaf


def _cram(meeting: Meeting, leaf: lf.CramEntered) -> None:
    meeting.cram[leaf.motion, leaf.condition] = leaf


def _anchored(meeting: Meeting, leaf: lf.Anchored) -> None:
    meeting.anchors.append(leaf)


def _closed(meeting: Meeting, leaf: lf.MeetingClosed) -> None:
    meeting.closed = True


def _nothing(meeting: Meeting, leaf: lf.AnyLeaf) -> None:
    """A `deemed` leaf says in the log what the result says too."""


_APPLY: dict[type, Callable[[Meeting, Any], None]] = {
    lf.MeetingCreated: _created,
    lf.RollFrozen: _roll_frozen,
    lf.Presence: _presence,
    lf.Mandate: _mandate,
    lf.MandateRevoked: _mandate_revoked,
    lf.MotionOpened: _motion_opened,
    lf.MotionExtended: _motion_extended,
    lf.Exclusion: _exclusion,
    lf.Ballot: _ballot,
    lf.PaperEntered: _paper_entered,
    lf.MotionClosed: _motion_closed,
    lf.Deemed: _nothing,
    lf.Result: _result,
    lf.ResultAnnounced: _announced,
    lf.DrawCommitted: _draw_committed,
    lf.DrawRevealed: _draw_revealed,
    lf.CramEntered: _cram,
    lf.Anchored: _anchored,
    lf.MeetingClosed: _closed,
}
