"""Paper and telephone ballots: two clerks key in what they see, blind to each other; a third where they differ.

The ballot counts when two different clerks agree, and by the time at which the paper was received: one that came
before the closing may be entered after it, until the result is made.
"""

from __future__ import annotations

from hearing.errors import Refused
from voting.ballots import PAPER_IDEM, late, unit_of
from voting.checks import check_id, check_salt, check_sha256
from voting.leaves import Ballot, PaperEntered, Stamp
from voting.meeting import Meeting, Paper
from voting.refusals import AlreadyVoted
from voting.requests import EnterPaper
from voting.round import Round
from voting.sums import Unit
from voting.words import Ballots, Channel

_MOST_ID_CHARS = 64 - len(PAPER_IDEM)
_CHANNELS = frozenset({Channel.PAPER, Channel.PHONE})


def enter_paper(
    meeting: Meeting, request: EnterPaper, stamp: Stamp
) -> tuple[PaperEntered] | tuple[PaperEntered, Ballot]:
    """The clerk's entry, and the ballot where it agrees with another clerk's.

    Raises `AlreadyVoted`, `LateBallot` (received after the closing) and Refused with `paper-counted`, `same-clerk`,
    `bad-paper`, `not-open`, `counted`, `wrong-division`, `unknown-creditor`, `votes-in-bloc`, `no-vote`,
    `excluded`, `bad-id`, `bad-hash`.
    """
    _check_request(request, stamp)
    round_ = meeting.rounds.get((request.motion, request.round))
    if round_ is None:
        raise Refused("not-open", "该事项尚未开始表决", "voting on this has not begun")
    unit = unit_of(round_, request.division, request.creditor)
    paper = meeting.papers.get(request.paper)
    _check_paper(paper, request)
    _check_round(round_, unit, request)
    entered = PaperEntered(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        channel=request.channel,
        choice=request.choice,
        clerk=request.clerk,
        creditor=request.creditor,
        division=request.division,
        motion=request.motion,
        paper=request.paper,
        received_utc_ms=request.received_utc_ms,
        round=request.round,
        salt=request.salt,
        scan=request.scan,
    )
    if paper is None or not any(_agree(each, entered) for each in paper.entries):
        return (entered,)
    return entered, _ballot(round_, unit, request, stamp)


def _check_request(request: EnterPaper, stamp: Stamp) -> None:
    check_id("paper", request.paper)
    check_id("clerk", request.clerk)
    check_sha256("scan", request.scan)
    check_salt(request.salt)
    check_salt(request.ballot_salt)
    if len(request.paper) > _MOST_ID_CHARS:
        raise Refused("bad-id", "纸质票编号过长", f"a paper's id has at most {_MOST_ID_CHARS} characters")
    if request.channel not in _CHANNELS:
        raise Refused("bad-paper", "只能录入纸质票或电话票", "only ballots by paper or telephone are entered")
    if not 0 <= request.received_utc_ms <= stamp.utc_ms:
        raise Refused("bad-paper", "收到时间晚于当前时间", "received later than now")


def _check_paper(paper: Paper | None, request: EnterPaper) -> None:
    if paper is None:
        return
    if paper.ballot_seq >= 0:
        raise Refused("paper-counted", "此纸质票已计入", "this paper was counted")
    if any(each.clerk == request.clerk for each in paper.entries):
        raise Refused("same-clerk", "须由另一名书记员录入", "another clerk has to key this paper in")


def _check_round(round_: Round, unit: Unit, request: EnterPaper) -> None:
    if round_.result is not None:
        raise Refused("counted", "该轮表决已计票", "the result of this round was made")
    if round_.closed_seq >= 0 and request.received_utc_ms > round_.closed_utc_ms:
        raise late(round_, request.creditor, request.division, PAPER_IDEM + request.paper)
    if request.creditor in round_.excluded:
        raise Refused("excluded", "已被回避，不参加此项表决", "excluded from this vote by the court")
    if unit.choice is None:
        return
    # Where the last ballot counts, paper that lay there already is not the last.
    if round_.options.ballots is Ballots.FINAL or request.received_utc_ms <= unit.utc_ms:
        raise AlreadyVoted(unit.seq)


def _agree(one: PaperEntered, other: PaperEntered) -> bool:
    return one.clerk != other.clerk and _said(one) == _said(other)


def _said(entry: PaperEntered) -> tuple[object, ...]:
    return (
        entry.motion,
        entry.round,
        entry.creditor,
        entry.division,
        entry.choice,
        entry.received_utc_ms,
        entry.scan,
    )


def _ballot(round_: Round, unit: Unit, request: EnterPaper, stamp: Stamp) -> Ballot:
    return Ballot(
        meeting=stamp.meeting,
        seq=stamp.seq + 1,
        utc_ms=stamp.utc_ms,
        actor=round_.representatives.get(request.creditor, request.creditor),
        amount_fen=unit.amount_fen,
        channel=Channel.PAPER,
        choice=request.choice,
        creditor=request.creditor,
        division=request.division,
        heads=1,
        idem=PAPER_IDEM + request.paper,
        mandate="",
        motion=request.motion,
        paper=request.paper,
        round=request.round,
        salt=request.ballot_salt,
    )
