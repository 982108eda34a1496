"""随时听 随时看: a supervisor's looks into a running hearing, as pure rules.

A look lasts while the supervisor is in the courtroom and the court sits in the open: never in closed evidence,
mediation, deliberation or a recess. `looks_that_follow` is asked for every batch of events before it is written, so
that beginning and end of each look stand in the log together with what caused them.
"""

from __future__ import annotations

from collections.abc import Sequence

from hearing import events as ev
from hearing.participant import IN_COURTROOM, Presence
from hearing.roles import Role
from hearing.session import State
from hearing.state import Hearing, Person, apply
from hearing.supervision_events import Look, LookAsked, LookBegan, LookEnded

OPEN_TO_SUPERVISORS = frozenset({State.IN_SESSION, State.SUSPENDED})
_CHANGES_LOOKS = (ev.StateChanged, ev.PresenceChanged, LookAsked)
_CAUSES = {Presence.DROPPED: "dropped", Presence.LEFT: "left", Presence.REMOVED: "removed"}


def may_look(hearing: Hearing) -> bool:
    """Whether a supervisor may look into the hearing now."""
    return hearing.state in OPEN_TO_SUPERVISORS


def receives(hearing: Hearing, viewer: str, kind: str) -> bool:
    """Whether media of this kind (`audio`, `video`) may go to `viewer` as far as looks are concerned: to anybody but
    a supervisor, and to a supervisor whose look under way is of that kind."""
    person = hearing.people.get(viewer)
    if person is None or person.role is not Role.SUPERVISOR:
        return True
    look = hearing.looks.get(viewer)
    return look is not None and (look.sound if kind == "audio" else look.picture)


def looks_that_follow(hearing: Hearing, events: Sequence[ev.AnyEvent]) -> list[ev.AnyEvent]:
    """The ends and beginnings of looks that `events` bring about, in this order. Empty for most."""
    if not any(isinstance(event, _CHANGES_LOOKS) for event in events):
        return []
    after = hearing
    for event in events:
        after = apply(after, _unwritten(after, event))
    if not any(person.role is Role.SUPERVISOR for person in after.people.values()):
        return []
    due = {name: person for name, person in after.people.items() if _looks(after, person)}
    ended, began = [], []
    for name, look in after.looks.items():
        if name not in due:
            cause = "closed" if not may_look(after) else _CAUSES.get(after.people[name].presence, "left")
            ended.append(LookEnded(participant=name, cause=cause))
        elif (look.picture, look.sound) != due[name].look_kind:
            ended.append(LookEnded(participant=name, cause="changed"))
    over = {event.participant for event in ended}
    for name, person in due.items():
        if name not in after.looks or name in over:
            picture, sound = person.look_kind
            began.append(LookBegan(participant=name, picture=picture, sound=sound))
    return [*ended, *began]


def looks_of(hearing: Hearing) -> tuple[Look, ...]:
    """The looks under way, the oldest first."""
    return tuple(sorted(hearing.looks.values(), key=lambda look: look.since_utc_ms))


def _looks(hearing: Hearing, person: Person) -> bool:
    return person.role is Role.SUPERVISOR and person.presence in IN_COURTROOM and may_look(hearing)


def _unwritten(hearing: Hearing, event: ev.AnyEvent) -> ev.Entry:
    """An entry as it might be written, for the fold alone."""
    return ev.Entry(
        session=hearing.session,
        seq=hearing.last_seq + 1,
        at_ms=hearing.last_at_ms,
        utc_ms=0,
        actor="",
        event=event,
        prev="",
        hash="",
    )
