"""Arrivals and departures that no command asks for: the server saw them happen."""

from __future__ import annotations

from hearing import events as ev
from hearing.participant import CONNECTED, Presence
from hearing.roles import is_isolated, is_staff
from hearing.session import is_open, is_over
from hearing.state import Hearing


def arrived(hearing: Hearing, participant: str, evidence: str) -> list[ev.AnyEvent]:
    """Somebody's page has connected with a valid ticket or resumed. Idempotent.

    Staff walk in; others wait to be admitted, except that a dropped participant returns where they were and
    that a party arriving after 开庭 enters at once (a witness never does).
    """
    person = hearing.people[participant]
    if person.presence in CONNECTED or is_over(hearing.state):
        return []
    if person.presence is Presence.DROPPED:
        return [_change(person.presence, person.home, participant, "reconnected", evidence)]
    events = [_change(person.presence, Presence.WAITING, participant, "arrived", evidence)]
    removed = person.presence is Presence.REMOVED
    if is_staff(person.role) or (is_open(hearing.state) and not is_isolated(person.role) and not removed):
        events.append(_change(Presence.WAITING, Presence.PRESENT, participant, "entered", evidence))
    return list(events)


def dropped(hearing: Hearing, participant: str, evidence: str) -> list[ev.AnyEvent]:
    """The network took somebody: heartbeat or ICE consent lost. Idempotent."""
    person = hearing.people[participant]
    if person.presence not in CONNECTED:
        return []
    return [_change(person.presence, Presence.DROPPED, participant, "connection lost", evidence)]


def _change(before: Presence, after: Presence, participant: str, reason: str, evidence: str) -> ev.PresenceChanged:
    return ev.PresenceChanged(participant=participant, before=before, after=after, reason=reason, evidence=evidence)
