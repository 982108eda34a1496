"""The seals of a record as they stand: a fold of the log. And what may still be written after the final one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from hearing import events as ev
from hearing import identity_events as ie
from hearing import seal_events as se
from hearing.errors import Refused
from hearing.session import Move, State, is_over
from hearing.state import Hearing
from hearing.supervision_events import SupervisionEvent


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The recorder could not do its duty; `to_ms` None while it lasted to the end. `id` is the `seq` of the entry
    that first told of it. `signed` is of the statement as it reads now."""

    id: int
    cause: str
    from_ms: int
    to_ms: int | None
    detail: str
    statement: str = ""
    written_by: str = ""
    signed: se.IncidentSigned | None = None

    @property
    def statement_sha256(self) -> str:
        """What the judge signs; empty without a statement."""
        return text_sha256(self.statement) if self.statement else ""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A seal that was made, and when."""

    made: se.SealMade
    utc_ms: int


class Sealing(msgspec.Struct, frozen=True, kw_only=True):
    """`incidents` by id; `media` is the media seal of the newest 闭庭."""

    incidents: dict[int, Incident] = msgspec.field(default_factory=dict)
    media: se.SealMade | None = None
    seals: tuple[Sealed, ...] = ()
    stamps: tuple[se.StampMade, ...] = ()
    missed: tuple[se.StampMissed, ...] = ()


class Unmet(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement of the final seal that is not met, and what to do. `blocks`: the seal waits for it; otherwise
    the package tells of it. `about` names a participant, a track or an incident; empty for the session."""

    code: str
    zh: str
    en: str
    todo_zh: str
    todo_en: str
    blocks: bool = True
    about: str = ""


_ADDITIONS = (
    se.SealMade,
    se.StampMade,
    se.StampMissed,
    se.RecordSupplemented,
    ev.PackageMade,
    # Who looks at a sealed record, and that the server was restarted, changes nothing of it.
    ev.PresenceChanged,
    SupervisionEvent,
    ev.ServerRestarted,
    ev.ClockAnchored,
    ev.InvitationRevoked,
    # Whoever comes shows who they are; and the law wants faces erased, and that said (PIPL 47).
    ie.IdentityEvent,
)


def due_seal(hearing: Hearing) -> se.SealStep | None:
    """The seal whose package is to be made now: the media seal after 闭庭, the final one once it was ordered."""
    if hearing.opened_utc_ms is None or not is_over(hearing.state):
        return None
    if hearing.state is State.SEALED:
        return None if hearing.final_seal else "final"
    return None if hearing.media_seal else "media"


def check_addition(hearing: Hearing, events: Iterable[ev.AnyEvent]) -> None:
    """After the final seal the log takes additions only. Raises Refused (`sealed`)."""
    if hearing.state is State.SEALED and not all(isinstance(each, _ADDITIONS) for each in events):
        raise Refused(
            "sealed",
            "案卷已封存，不能更改；只能追加补充记录",
            "the record is sealed: nothing of it changes, supplements may be added",
        )


def text_sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_log(entries: Iterable[ev.Entry]) -> Sealing:
    """The seals after all these entries."""
    sealing = Sealing()
    for entry in entries:
        sealing = fold(sealing, entry)
    return sealing


def fold(sealing: Sealing, entry: ev.Entry) -> Sealing:
    """The seals after one more entry. Total."""
    replace = msgspec.structs.replace
    match entry.event:
        case ev.RecordingIncident() as e:
            return _told(sealing, entry.seq, e)
        case se.IncidentExplained() as e if e.incident in sealing.incidents:
            known = sealing.incidents[e.incident]
            return _with(sealing, replace(known, statement=e.text, written_by=e.participant, signed=None))
        case se.IncidentSigned() as e if e.incident in sealing.incidents:
            return _with(sealing, replace(sealing.incidents[e.incident], signed=e))
        case se.SealMade() as e:
            media = e if e.step == "media" else sealing.media
            sealed = Sealed(made=e, utc_ms=entry.utc_ms)
            return replace(sealing, media=media, seals=(*sealing.seals, sealed))
        case se.StampMade() as e:
            return replace(sealing, stamps=(*sealing.stamps, e))
        case se.StampMissed() as e:
            return replace(sealing, missed=(*sealing.missed, e))
        case ev.StateChanged(move=Move.REOPEN):
            return replace(sealing, media=None)
        case _:
            return sealing


def _told(sealing: Sealing, seq: int, event: ev.RecordingIncident) -> Sealing:
    # Told when it begins and again when it is over.
    for known in sealing.incidents.values():
        if (known.cause, known.from_ms, known.to_ms, known.detail) == (
            event.cause,
            event.from_ms,
            None,
            event.detail,
        ):
            return _with(sealing, msgspec.structs.replace(known, to_ms=event.to_ms))
    made = Incident(id=seq, cause=event.cause, from_ms=event.from_ms, to_ms=event.to_ms, detail=event.detail)
    return _with(sealing, made)


def _with(sealing: Sealing, incident: Incident) -> Sealing:
    return msgspec.structs.replace(sealing, incidents={**sealing.incidents, incident.id: incident})
