"""Arrivals and departures that no command asks for: the server saw them happen."""

from __future__ import annotations

from hearing import events as ev
from hearing.participant import CONNECTED, Presence
from hearing.policy import is_verified
from hearing.roles import Right, Role, is_device, is_isolated, is_staff, rights
from hearing.session import State, is_open, is_over
from hearing.state import Hearing, Person

_TO_BE_FINISHED = frozenset({State.CLOSED, State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED})


def arrived(hearing: Hearing, participant: str, evidence: str) -> list[ev.AnyEvent]:
    """Somebody's page has connected with a valid ticket or resumed. Idempotent. KeyError for a stranger.

    Staff and the court's displays walk in; others wait to be admitted, except that a dropped participant returns
    where they were and that a party arriving after 开庭 enters at once (a witness never does, nor whom the court
    has sent out, nor anybody without a verdict of the gate). After 闭庭 only those return who were cut off; while the
    minutes lie open, who took part comes to read and sign them. Judges and clerks come until the record is sealed,
    and after it, to add to it.
    """
    person = hearing.people[participant]
    if person.presence in CONNECTED or not door_is_open(hearing, person):
        return []
    back = person.presence is Presence.DROPPED
    place = person.home if back else Presence.WAITING
    events: list[ev.AnyEvent] = [
        _change(person.presence, place, participant, "reconnected" if back else "arrived", evidence)
    ]
    if place is Presence.WAITING and _walks_in(hearing, person) and enters_unasked(hearing, person):
        events.append(_change(Presence.WAITING, Presence.PRESENT, participant, "entered", evidence))
    return events


def passed_gate(hearing: Hearing, participant: str) -> list[ev.AnyEvent]:
    """What follows a verdict that lets somebody in who is waiting: they enter as if they arrived only now."""
    person = hearing.people[participant]
    if person.presence is not Presence.WAITING or not _walks_in(hearing, person) or not _may_enter(hearing, person):
        return []
    return [_change(Presence.WAITING, Presence.PRESENT, participant, "entered", "identity verdict")]


def enters_unasked(hearing: Hearing, person: Person) -> bool:
    """Whether 开庭, or arriving after it, brings this person into the courtroom without anybody admitting them."""
    return is_verified(hearing, person) and _may_enter(hearing, person)


def _walks_in(hearing: Hearing, person: Person) -> bool:
    return is_staff(person.role) or is_device(person.role) or is_open(hearing.state)


def _may_enter(hearing: Hearing, person: Person) -> bool:
    if is_isolated(person.role) or person.held:
        return False
    return hearing.public or person.role is not Role.OBSERVER


def dropped(hearing: Hearing, participant: str, evidence: str) -> list[ev.AnyEvent]:
    """The network took somebody: heartbeat or ICE consent lost. Idempotent."""
    person = hearing.people[participant]
    if person.presence not in CONNECTED:
        return []
    return [_change(person.presence, Presence.DROPPED, participant, "connection lost", evidence)]


def door_is_open(hearing: Hearing, person: Person) -> bool:
    """Whether this person may still come (see `arrived`)."""
    if not is_over(hearing.state):
        return True
    if hearing.state in _TO_BE_FINISHED and rights(person.role) & {Right.WRITE_MINUTES, Right.RUN_SESSION}:
        return True
    if hearing.state is State.TRANSCRIPT_REVIEW:
        return person.took_part
    return hearing.state is State.CLOSED and person.presence is Presence.DROPPED


def _change(before: Presence, after: Presence, participant: str, reason: str, evidence: str) -> ev.PresenceChanged:
    return ev.PresenceChanged(participant=participant, before=before, after=after, reason=reason, evidence=evidence)
