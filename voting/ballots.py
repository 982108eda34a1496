"""Admission of a ballot: from a request to the leaf that counts it, or a refusal that says what is wrong.

Only look-ups in dicts: it has to be done a hundred thousand times within minutes, by one processor.
"""

from __future__ import annotations

from typing import NoReturn

import msgspec

from hearing.errors import Refused
from voting.checks import BLOC_PREFIX, is_id
from voting.leaves import Ballot, Stamp
from voting.mandates import check_mandate, find_mandate
from voting.meeting import Meeting
from voting.refusals import AlreadyVoted, LateBallot
from voting.requests import CastBallot
from voting.round import Cast, Round
from voting.sums import Unit
from voting.words import Ballots, Channel, Choice

PAPER_IDEM = "paper:"
"""Begins the `idem` of ballots from paper; nobody else's may."""

_CHANNELS = frozenset({Channel.ONLINE, Channel.ONSITE})


class Repeated(msgspec.Struct, frozen=True):
    """The same request came before: the caller gives the receipt of this leaf again."""

    seq: int


def admit(meeting: Meeting, request: CastBallot, stamp: Stamp) -> Ballot | Repeated:
    """The leaf of the ballot, to be applied at once and made durable before its receipt is given.

    Idempotent by `idem`: the same again gives `Repeated`. Raises `AlreadyVoted` (the unit's ballot is final),
    `LateBallot` (the round is closed) and Refused with `cross-meeting`, `idem-taken`, `bad-idem`, `not-open`,
    `bad-ballot`, `wrong-division`, `unknown-creditor`, `votes-in-bloc`, `no-vote`, `excluded`, `not-yours`,
    `no-mandate`, `mandate-revoked`, `mandate-scope`, `against-instruction`.
    """
    if request.meeting != meeting.meeting or stamp.meeting != meeting.meeting:
        raise Refused("cross-meeting", "此票不属于本次会议", "the ballot is of another meeting")
    before = meeting.casts.get(request.idem)
    if before is not None:
        return _again(before, request)
    round_ = meeting.rounds.get((request.motion, request.round))
    if round_ is None:
        raise Refused("not-open", "该事项尚未开始表决", "voting on this has not begun")
    creditor = request.creditor
    unit = unit_of(round_, request.division, creditor)
    if request.choice is Choice.INVALID or request.channel not in _CHANNELS:
        raise Refused(
            "bad-ballot", "无效票和纸质票只能由书记员录入", "only paper may be invalid, and clerks enter it"
        )
    if not is_id(request.idem) or request.idem.startswith(PAPER_IDEM):
        raise Refused("bad-idem", "请求编号不合规", "the request's id is not an id")
    mandate = ""
    if request.actor != creditor and request.actor != round_.representatives.get(creditor):
        mandate = _mandate(meeting, request)
    elif request.mandate or (creditor in round_.representatives and request.actor == creditor):
        raise Refused("not-yours", "不能以此身份投此票", "this ballot is not yours to cast that way")
    if round_.closed_seq >= 0:
        raise late(round_, creditor, request.division, request.idem)
    if creditor in round_.excluded:
        raise Refused("excluded", "已被回避，不参加此项表决", "excluded from this vote by the court")
    if unit.choice is not None and round_.options.ballots is Ballots.FINAL:
        raise AlreadyVoted(unit.seq)
    return Ballot(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        actor=request.actor,
        amount_fen=unit.amount_fen,
        channel=request.channel,
        choice=request.choice,
        creditor=creditor,
        division=request.division,
        heads=1,
        idem=request.idem,
        mandate=mandate,
        motion=request.motion,
        paper="",
        round=request.round,
        salt=request.salt,
    )


def unit_of(round_: Round, division: str, creditor: str) -> Unit:
    """The unit of the division. Raises Refused, saying why there is none."""
    found = round_.divisions.get(division)
    if found is None:
        raise Refused("wrong-division", "该组不参加此项表决", "this group does not vote on this")
    unit = found.units.get(creditor)
    if unit is None:
        _no_unit(round_, division, creditor)
    return unit


def late(round_: Round, creditor: str, division: str, idem: str) -> LateBallot:
    """The refusal after the closing."""
    return LateBallot(
        closed_seq=round_.closed_seq,
        creditor=creditor,
        division=division,
        idem=idem,
        motion=round_.opened.motion,
        round_=round_.opened.round,
    )


def _again(before: Cast, request: CastBallot) -> Repeated:
    same = (
        before.motion == request.motion
        and before.round == request.round
        and before.division == request.division
        and before.creditor == request.creditor
        and before.actor == request.actor
        and before.choice == request.choice
    )
    if not same:
        raise Refused("idem-taken", "此请求编号已用于另一张票", "this request's id was another ballot's")
    return Repeated(before.seq)


def _mandate(meeting: Meeting, request: CastBallot) -> str:
    if request.creditor.startswith(BLOC_PREFIX):
        raise Refused("not-yours", "只有该组代表可以投此票", "only the group's representative casts this ballot")
    if not request.mandate:
        return find_mandate(meeting, request.creditor, request.actor, request.motion, request.choice)
    check_mandate(meeting, request.mandate, request.creditor, request.actor, request.motion, request.choice)
    return request.mandate


def _no_unit(round_: Round, division: str, creditor: str) -> NoReturn:
    entries = round_.roll.of(creditor)
    if not entries:
        raise Refused("unknown-creditor", "债权表中没有此债权人", "the roll has no such creditor")
    here = [entry for entry in entries if not round_.rule.by_group or entry.group.value == division]
    if any(round_.bloc_of(entry) for entry in here):
        raise Refused("votes-in-bloc", "该组由代表统一表决", "this group votes by its representative")
    if round_.rule.by_group and not here:
        raise Refused("wrong-division", "您的债权不在该组", "no claim of this creditor is in this group")
    raise Refused("no-vote", "对此事项无表决权", "this creditor has no vote in this matter")
