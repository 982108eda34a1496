"""回避: related parties whose heads and amounts do not count in one round, by reference to the court's decision."""

from __future__ import annotations

from hearing.errors import Refused
from voting.checks import check_creditor_id, check_id, check_salt, check_text
from voting.leaves import Exclusion, Stamp
from voting.meeting import Meeting
from voting.requests import Exclude

_ROUNDS = (1, 2)


def exclude(meeting: Meeting, request: Exclude, stamp: Stamp) -> Exclusion:
    """The leaf; before the round opens or while it is open. Raises Refused `already-excluded`, `late-exclusion`,
    `unknown-creditor`, `bad-text`, `bad-id`."""
    check_id("motion", request.motion)
    check_creditor_id("creditor", request.creditor)
    check_text("法院文号", "a court reference", request.court_ref)
    check_salt(request.salt)
    key = (request.motion, request.round)
    if request.round not in _ROUNDS:
        raise Refused("bad-id", "没有此轮表决", "there are two rounds")
    round_ = meeting.rounds.get(key)
    if round_ is not None and round_.closed_seq >= 0:
        raise Refused("late-exclusion", "表决已截止，不能再回避", "after the closing nobody is excluded any more")
    if request.creditor in (meeting.excluded_before.get(key, ()) if round_ is None else round_.excluded):
        raise Refused("already-excluded", "已被回避", "excluded already")
    if round_ is not None and request.creditor not in round_.roll:
        raise Refused("unknown-creditor", "债权表中没有此债权人", "the roll has no such creditor")
    return Exclusion(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        court_ref=request.court_ref,
        creditor=request.creditor,
        motion=request.motion,
        round=request.round,
        salt=request.salt,
    )
