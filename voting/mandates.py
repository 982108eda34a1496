"""委托: who may vote for whom, on what, and how (企业破产法 59(4)). N principals are N heads, whoever acts."""

from __future__ import annotations

from hearing.errors import Refused
from voting.checks import check_creditor_id, check_id, check_salt, check_sha256
from voting.leaves import Mandate, MandateRevoked, Stamp
from voting.meeting import Meeting
from voting.requests import GiveMandate, RevokeMandate
from voting.words import Choice

_MOST_MOTIONS = 500


def give_mandate(meeting: Meeting, request: GiveMandate, stamp: Stamp) -> Mandate:
    """The leaf. Raises Refused `mandate-taken`, `bad-mandate`, `bad-id`, `bad-hash`, `unknown-creditor`."""
    check_id("mandate", request.mandate)
    check_id("agent", request.agent)
    check_creditor_id("principal", request.principal)
    check_sha256("document", request.document)
    check_salt(request.salt)
    if request.mandate in meeting.mandates:
        raise Refused("mandate-taken", "委托编号已被使用", "a mandate of this id was given")
    if meeting.rolls and not any(request.principal in roll for roll in meeting.rolls.values()):
        raise Refused("unknown-creditor", "债权表中没有此委托人", "no roll has this principal")
    if request.principal == request.agent:
        raise Refused("bad-mandate", "不能委托自己", "nobody is their own agent")
    _check_scope(request)
    return Mandate(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        agent=request.agent,
        document=request.document,
        instructions=request.instructions,
        mandate=request.mandate,
        motions=request.motions,
        principal=request.principal,
        salt=request.salt,
    )


def revoke_mandate(meeting: Meeting, request: RevokeMandate, stamp: Stamp) -> MandateRevoked:
    """The leaf; ballots that were cast by it stand. Raises Refused `no-mandate`, `mandate-revoked`, `bad-id`."""
    check_id("by", request.by)
    check_salt(request.salt)
    standing = meeting.mandates.get(request.mandate)
    if standing is None:
        raise _none()
    if standing.revoked:
        raise _revoked()
    return MandateRevoked(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        by=request.by,
        mandate=request.mandate,
        salt=request.salt,
    )


def check_mandate(meeting: Meeting, mandate: str, principal: str, agent: str, motion: str, choice: Choice) -> None:
    """Whether `agent` may cast this for `principal`. Raises Refused `no-mandate`, `mandate-revoked`, `mandate-scope`,
    `against-instruction`."""
    standing = meeting.mandates.get(mandate)
    if standing is None or standing.leaf.principal != principal or standing.leaf.agent != agent:
        raise _none()
    if standing.revoked:
        raise _revoked()
    if standing.leaf.motions and motion not in standing.leaf.motions:
        raise Refused("mandate-scope", "委托不包括此事项", "the mandate does not cover this motion")
    for instruction in standing.leaf.instructions:
        if instruction.motion == motion and instruction.choice is not choice:
            raise Refused("against-instruction", "与委托人的指示不符", "the principal instructed otherwise")


def find_mandate(meeting: Meeting, principal: str, agent: str, motion: str, choice: Choice) -> str:
    """The first mandate that allows it. Raises as `check_mandate` does, for the newest where none does."""
    refused = _none()
    for mandate in meeting.mandates_between.get((principal, agent), ()):
        try:
            check_mandate(meeting, mandate, principal, agent, motion, choice)
        except Refused as error:
            refused = error
        else:
            return mandate
    raise refused


def _check_scope(request: GiveMandate) -> None:
    if len(request.motions) > _MOST_MOTIONS or len(request.instructions) > _MOST_MOTIONS:
        raise Refused("bad-mandate", "委托事项过多", f"a mandate names at most {_MOST_MOTIONS} motions")
    instructed = [each.motion for each in request.instructions]
    for motion in (*request.motions, *instructed):
        check_id("motion", motion)
    if len(set(instructed)) != len(instructed) or len(set(request.motions)) != len(request.motions):
        raise Refused("bad-mandate", "同一事项重复", "a motion stands twice in the mandate")
    if request.motions and not set(instructed) <= set(request.motions):
        raise Refused("bad-mandate", "指示的事项不在委托范围内", "an instruction on a motion that is not covered")
    if any(each.choice is Choice.INVALID for each in request.instructions):
        raise Refused("bad-mandate", "不能指示投无效票", "nobody is instructed to spoil a ballot")


def _none() -> Refused:
    return Refused("no-mandate", "没有有效的委托", "there is no valid mandate")


def _revoked() -> Refused:
    return Refused("mandate-revoked", "委托已被撤销", "the mandate was revoked")
