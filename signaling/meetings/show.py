"""What pages are shown of a meeting, made from its state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from signaling.meetings.book import Draft, MeetingRecord
from signaling.meetings.view import Claim, MeetingView, Mine, MotionView, Principal, Turnout, Vote
from voting.meeting import Meeting
from voting.roll import Roll
from voting.round import Round, State
from voting.words import Group, Standing, bloc_unit, group_label

_BLOCS = {bloc_unit(group): group_label(group)[0] for group in Group}

NameOf = Callable[[str], str]
"""The name of a creditor, agent or bloc."""


def state_of(meeting: Meeting) -> str:
    """`draft` until the doors open, `in_session` from the first motion on."""
    if meeting.created is None:
        return "draft"
    if meeting.closed:
        return "closed"
    return "in_session" if meeting.rounds else "doors"


def meeting_view(
    record: MeetingRecord, meeting: Meeting, *, queue: int, speaking: str, live: bool = False, whole: bool = False
) -> MeetingView:
    """`whole`: with results that are not announced yet, for the court's people and the administrator."""
    drafts = {draft.motion: draft for draft in record.drafts if not draft.withdrawn}
    rounds = [_motion_view(round_, whole=whole) for round_ in meeting.rounds.values()]
    opened = {view.motion for view in rounds}
    return MeetingView(
        id=record.id,
        court=record.court,
        case_no=record.case_no,
        title=record.title,
        state=state_of(meeting),
        scheduled_utc_ms=record.scheduled_utc_ms,
        motions=(*rounds, *(_draft_view(draft) for motion, draft in drafts.items() if motion not in opened)),
        documents=tuple(document.view for document in record.shown()),
        queue=queue,
        speaking=speaking,
        live=live,
    )


def mine(
    person: str,
    meeting: Meeting,
    roll: Roll | None,
    name_of: NameOf,
    *,
    place: int | None,
    floor: bool = False,
    read: Iterable[str],
) -> Mine:
    """What the person has and may do, ballots cast included."""
    principals = _principals(person, meeting)
    return Mine(
        person=person,
        name=name_of(person),
        claims=tuple(
            Claim(
                group=entry.group,
                amount_fen=entry.amount_fen,
                secured_fen=entry.secured_fen,
                provisional=entry.kind is Standing.PROVISIONAL,
            )
            for entry in (roll.of(person) if roll is not None else ())
        ),
        votes=tuple(
            vote
            for round_ in meeting.rounds.values()
            for vote in _votes(person, [principal for principal, _ in principals], meeting, round_, name_of)
        ),
        principals=tuple(
            Principal(creditor=creditor, name=name_of(creditor), mandate=mandate) for creditor, mandate in principals
        ),
        place=place,
        floor=floor,
        read=tuple(read),
    )


def turnout(meeting: Meeting) -> tuple[Turnout, ...]:
    """Who came and who voted in the rounds that are open or closed: never what."""
    return tuple(
        Turnout(
            motion=round_.opened.motion,
            round=round_.opened.round,
            division=name,
            heads_total=total.heads,
            heads_present=cast.heads + quiet.heads,
            heads_cast=cast.heads,
            amount_total_fen=total.amount_fen,
            amount_cast_fen=cast.amount_fen,
        )
        for round_ in meeting.rounds.values()
        for name, division in round_.divisions.items()
        for cast, quiet, total in (division.turnout(),)
    )


def bloc_name(unit: str) -> str | None:
    """The name of a unit in which a whole group votes; None for a person."""
    return _BLOCS.get(unit)


def _motion_view(round_: Round, *, whole: bool) -> MotionView:
    opened = round_.opened
    shown = round_.result if whole or round_.state is State.ANNOUNCED else None
    return MotionView(
        motion=opened.motion,
        round=opened.round,
        title=opened.title,
        matter=opened.matter,
        groups=opened.groups,
        state=round_.state.value,
        closes_utc_ms=round_.closes_utc_ms,
        options=opened.options,
        result=shown,
    )


def _draft_view(draft: Draft) -> MotionView:
    return MotionView(
        motion=draft.motion,
        round=1,
        title=draft.title,
        matter=draft.matter,
        groups=draft.groups,
        state="draft",
        closes_utc_ms=None,
        options=draft.options,
        result=None,
    )


def _principals(person: str, meeting: Meeting) -> list[tuple[str, str]]:
    """(creditor, mandate) of everybody for whom the person may act."""
    return [
        (principal, mandate)
        for (principal, agent), mandates in meeting.mandates_between.items()
        if agent == person
        for mandate in [each for each in mandates if not meeting.mandates[each].revoked][-1:]
    ]


def _covers(meeting: Meeting, agent: str, principal: str, motion: str) -> bool:
    """Whether one of the agent's mandates is on the motion."""
    return any(
        not standing.revoked and (not standing.leaf.motions or motion in standing.leaf.motions)
        for mandate in meeting.mandates_between[principal, agent]
        for standing in (meeting.mandates[mandate],)
    )


def _votes(
    person: str, principals: Iterable[str], meeting: Meeting, round_: Round, name_of: NameOf
) -> Iterable[Vote]:
    motion = round_.opened.motion
    covered = [each for each in principals if _covers(meeting, person, each, motion)]
    own = [person, *covered, *(unit for unit, who in round_.representatives.items() if who == person)]
    for division, sums in round_.divisions.items():
        for creditor in own:
            unit = sums.units.get(creditor)
            if unit is not None and creditor not in round_.excluded:
                yield Vote(
                    motion=round_.opened.motion,
                    round=round_.opened.round,
                    division=division,
                    creditor=creditor,
                    name=name_of(creditor),
                    amount_fen=unit.amount_fen,
                    cast=unit.choice,
                    seq=unit.seq if unit.choice is not None else None,
                )
