"""Whose media may reach whom, as pure rules over the hearing's state. The media server enforces them."""

from __future__ import annotations

from hearing.identity_events import IdentityLevel
from hearing.participant import IN_COURTROOM
from hearing.roles import Right, Role, is_bench, is_device, is_isolated, is_staff, rights
from hearing.session import State
from hearing.state import Hearing, Person

_OPEN_COURT = frozenset({State.IN_SESSION, State.SUSPENDED})


def is_verified(hearing: Hearing, person: Person) -> bool:
    """Whether the gate stands in this person's way no more: it has passed them for this session, they enter by rules
    of their own and never publish (displays, observers, supervisors), or this session has no gate."""
    return hearing.identity is IdentityLevel.NONE or _is_audience(person.role) or person.standing.passed


def may_publish(hearing: Hearing, participant: str) -> bool:
    """Whether this participant's tracks are taken at all. In the waiting room, and before a verdict, nobody's are."""
    person = hearing.people.get(participant)
    if person is None or Right.PUBLISH not in rights(person.role) or person.presence not in IN_COURTROOM:
        return False
    return is_verified(hearing, person) and _stage_includes(hearing, person)


def may_receive(hearing: Hearing, viewer: str, sender: str) -> bool:
    """Whether `viewer` may see and hear `sender` now. A witness outside testimony receives nothing (L09)."""
    watching = hearing.people.get(viewer)
    seen = hearing.people.get(sender)
    if watching is None or seen is None or viewer == sender:
        return False
    if Right.SUBSCRIBE not in rights(watching.role) or watching.presence not in IN_COURTROOM:
        return False
    return is_verified(hearing, watching) and may_publish(hearing, sender) and _stage_includes(hearing, watching)


def is_muted(hearing: Hearing, participant: str, kind: str) -> bool:
    """Whether the court has muted this participant's audio or video."""
    person = hearing.people.get(participant)
    if person is None:
        return False
    return person.audio_muted if kind == "audio" else person.video_muted


def is_recorded(hearing: Hearing, participant: str) -> bool:
    """Whether this participant's media belongs into the record now."""
    return hearing.state in _OPEN_COURT and may_publish(hearing, participant)


def _is_audience(role: Role) -> bool:
    return is_device(role) or role in {Role.OBSERVER, Role.SUPERVISOR}


def _stage_includes(hearing: Hearing, person: Person) -> bool:
    """Whether the present state of the session lets media flow to and from this kind of person."""
    match hearing.state:
        case State.IN_SESSION | State.SUSPENDED:
            return hearing.public or person.role is not Role.OBSERVER
        case State.SCHEDULED | State.WAITING | State.CLOSED_EVIDENCE:
            return not _is_audience(person.role)
        case State.OFF_RECORD_MEDIATION:
            return not _is_audience(person.role) and not is_isolated(person.role)
        case State.DELIBERATING:
            return is_bench(person.role)
        case State.ADJOURNED:
            return is_staff(person.role) and person.role not in {Role.OPERATOR, Role.SUPERVISOR}
        case _:
            return False
