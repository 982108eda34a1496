"""Refusals that carry more than a text: the ballot that stands, and what a signed late receipt needs."""

from __future__ import annotations

from hearing.errors import Refused


class AlreadyVoted(Refused):
    """`already-voted`: the unit has a ballot, whose receipt the caller hands out."""

    def __init__(self, seq: int) -> None:
        super().__init__("already-voted", "已投过票，以原票为准", "a ballot was cast already, and it stands")
        self.seq = seq


class LateBallot(Refused):
    """`late`: the round was closed. The caller signs a late receipt of these (docs/ballot-log.md, section 8)."""

    def __init__(self, *, closed_seq: int, creditor: str, division: str, idem: str, motion: str, round_: int) -> None:
        super().__init__("late", "表决已截止，本票不计入", "voting is closed: this ballot does not count")
        self.closed_seq = closed_seq
        self.creditor = creditor
        self.division = division
        self.idem = idem
        self.motion = motion
        self.round = round_
