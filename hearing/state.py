"""The hearing as it stands: a pure fold of its events. Replay of the log after a crash gives this very value."""

from __future__ import annotations

import msgspec

from hearing import events as ev
from hearing import exhibits
from hearing import identity_events as ie
from hearing.access_events import CaseJoined
from hearing.exhibit_events import ExhibitEvent
from hearing.participant import IN_COURTROOM, Presence
from hearing.roles import Role
from hearing.seal_events import SealMade
from hearing.session import Phase, State, is_open, is_over, is_recording
from hearing.standing import Standing, fold
from hearing.supervision_events import Look, LookAsked, LookBegan, LookEnded
from hearing.transcript_events import LanguageSet


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One participant as the hearing sees them."""

    seat: ev.Seat
    presence: Presence = Presence.INVITED
    presence_utc_ms: int = 0
    """Since when."""
    home: Presence = Presence.WAITING
    """Where a dropped participant returns to."""
    held: bool = False
    """Removed or sent out by the court: never enters by arriving, only when admitted."""
    consented: bool = False
    """Consent to this stage is on record (在线诉讼规则 4)."""
    took_part: bool = False
    """Was in the courtroom while the court sat."""
    called_ms: int | None = None
    """Session time at which a witness or expert was last called into the courtroom."""
    hand_raised_ms: int | None = None
    help_asked: bool = False
    warnings: int = 0
    audio_muted: bool = False
    video_muted: bool = False
    audio_locked: bool = False
    video_locked: bool = False
    howling: bool = False
    language: str = ""
    """BCP 47 of what they speak; empty: the court's own language."""
    interprets: str | None = None
    """Whose interpreter they are, where it is one person's."""
    standing: Standing = Standing()
    """With the gate."""
    look_kind: tuple[bool, bool] = (True, True)
    """Picture and sound: what a supervisor asked for last."""

    @property
    def role(self) -> Role:
        """Short for the seat's role."""
        return self.seat.role


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """State of one session. `people` is keyed by participant id, in order of the seats."""

    session: str = ""
    court: str = ""
    case_no: str = ""
    joined: tuple[str, ...] = ()
    """Numbers of further cases that are heard together with it (并案)."""
    hearing_no: str = ""
    cause: str = ""
    title: str = ""
    public: bool = True
    scheduled_utc_ms: int = 0
    state: State = State.SCHEDULED
    phase: Phase = Phase.PREPARATION
    people: dict[str, Person] = msgspec.field(default_factory=dict)
    floor: str | None = None
    floor_until_ms: int | None = None
    layout: str = "auto"
    layout_locked: bool = False
    focus: str | None = None
    speakers: tuple[str, ...] = ()
    opened_utc_ms: int | None = None
    closed_at_ms: int | None = None
    closed_from: State | None = None
    """Where a mistaken 闭庭 is undone to."""
    resume_utc_ms: int | None = None
    anchor: ev.ClockAnchored | None = None
    incidents: int = 0
    looks: dict[str, Look] = msgspec.field(default_factory=dict)
    """Supervisors who look in now, by participant."""
    identity: ie.IdentityLevel = ie.IdentityLevel.NONE
    """What the gate asks of those who enter."""
    over_utc_ms: int | None = None
    """When nothing more could happen in the courtroom; None before."""
    media_seal: str = ""
    """SHA-512 of the manifest of the media seal of the newest 闭庭; empty while there is none."""
    final_seal: str = ""
    """The same of the final seal."""
    exhibits: exhibits.Register = exhibits.Register()
    last_seq: int = 0
    last_at_ms: int = 0


def apply(hearing: Hearing, entry: ev.Entry) -> Hearing:
    """The hearing after one more entry. Total: every event of the catalogue is understood or leaves it as it is."""
    hearing = msgspec.structs.replace(
        hearing, session=entry.session, last_seq=entry.seq, last_at_ms=max(hearing.last_at_ms, entry.at_ms)
    )
    match entry.event:
        case ev.SessionCreated() as e:
            return msgspec.structs.replace(
                hearing,
                court=e.court,
                case_no=e.case_no,
                hearing_no=e.hearing_no,
                cause=e.cause,
                title=e.title,
                public=e.public,
                scheduled_utc_ms=e.scheduled_utc_ms,
                people={seat.participant: Person(seat=seat) for seat in e.seats},
            )
        case CaseJoined() as e:
            return msgspec.structs.replace(hearing, joined=(*hearing.joined, e.case_no))
        case ev.SessionRescheduled() as e:
            return msgspec.structs.replace(hearing, scheduled_utc_ms=e.scheduled_utc_ms)
        case ev.StateChanged() as e:
            return _state_changed(hearing, e, entry)
        case ev.PhaseChanged() as e:
            return msgspec.structs.replace(hearing, phase=e.phase)
        case ev.ClockAnchored() as e:
            return msgspec.structs.replace(hearing, anchor=e)
        case ev.ParticipantAdded() as e:
            known = hearing.people.get(e.seat.participant)
            person = msgspec.structs.replace(known, seat=e.seat) if known else Person(seat=e.seat)
            return msgspec.structs.replace(hearing, people={**hearing.people, e.seat.participant: person})
        case ev.FloorGranted() as e:
            until_ms = entry.at_ms + e.limit_ms if e.limit_ms else None
            return msgspec.structs.replace(hearing, floor=e.participant, floor_until_ms=until_ms)
        case ev.LayoutChanged() as e:
            return msgspec.structs.replace(hearing, layout=e.layout, layout_locked=e.locked, focus=e.focus)
        case ev.SpeakerChanged() as e:
            return msgspec.structs.replace(hearing, speakers=e.participants)
        case ie.IdentityRequired() as e:
            return msgspec.structs.replace(hearing, identity=e.level)
        case ie.IdentityErased(participant=None) as e:
            people = {name: _at_gate(person, e, entry.utc_ms) for name, person in hearing.people.items()}
            return msgspec.structs.replace(hearing, people=people)
        case LookBegan() as e:
            look = Look(participant=e.participant, picture=e.picture, sound=e.sound, since_utc_ms=entry.utc_ms)
            return msgspec.structs.replace(hearing, looks={**hearing.looks, e.participant: look})
        case LookEnded() as e:
            looks = {name: look for name, look in hearing.looks.items() if name != e.participant}
            return msgspec.structs.replace(hearing, looks=looks)
        case SealMade(step="media") as e:
            return msgspec.structs.replace(hearing, media_seal=e.manifest_sha512)
        case SealMade() as e:
            return msgspec.structs.replace(hearing, final_seal=e.manifest_sha512)
        case _ if isinstance(entry.event, ExhibitEvent):
            register = exhibits.fold(hearing.exhibits, entry.event, entry.at_ms)
            return msgspec.structs.replace(hearing, exhibits=register)
        case ev.RecordingIncident():
            return msgspec.structs.replace(hearing, incidents=hearing.incidents + 1)
        case _:
            return _person_changed(hearing, entry)


def _state_changed(hearing: Hearing, e: ev.StateChanged, entry: ev.Entry) -> Hearing:
    closed = e.after is State.CLOSED
    opened = hearing.opened_utc_ms
    if e.after is State.IN_SESSION and opened is None:
        opened = entry.utc_ms
    people = hearing.people
    if is_recording(e.after):
        people = {name: _takes_part(person, sits=True) for name, person in people.items()}
    return msgspec.structs.replace(
        hearing,
        state=e.after,
        people=people,
        resume_utc_ms=e.resume_utc_ms,
        closed_at_ms=entry.at_ms if closed else None,
        closed_from=e.before if closed else None,
        opened_utc_ms=opened,
        speakers=hearing.speakers if is_recording(e.after) else (),
        media_seal=hearing.media_seal if is_over(e.after) else "",
        over_utc_ms=(hearing.over_utc_ms or entry.utc_ms) if is_over(e.after) else None,
    )


def _takes_part(person: Person, *, sits: bool) -> Person:
    if person.took_part or not sits or person.presence not in IN_COURTROOM:
        return person
    return msgspec.structs.replace(person, took_part=True)


def _at_gate(person: Person, event: ie.IdentityEvent, utc_ms: int) -> Person:
    return msgspec.structs.replace(person, standing=fold(person.standing, event, utc_ms))


def _person_changed(hearing: Hearing, entry: ev.Entry) -> Hearing:
    event = entry.event
    participant = getattr(event, "participant", None)
    person = hearing.people.get(participant) if isinstance(participant, str) else None
    if person is None:
        return hearing
    replace = msgspec.structs.replace
    floor = hearing.floor
    match event:
        case ev.ConsentGiven():
            first = person.presence is Presence.INVITED
            person = replace(person, consented=True, presence=Presence.CONSENTED if first else person.presence)
        case ev.KitChecked() if person.presence is Presence.CONSENTED:
            person = replace(person, presence=Presence.CHECKED)
        case ev.PresenceChanged() as e:
            home = e.before if e.after is Presence.DROPPED else person.home
            gone = e.after in {Presence.LEFT, Presence.REMOVED, Presence.DISMISSED}
            hand = None if gone else person.hand_raised_ms
            sent_out = e.after is Presence.REMOVED or (e.before is Presence.PRESENT and e.after is Presence.WAITING)
            held = (person.held or sent_out) and e.after not in IN_COURTROOM
            called = e.after is Presence.TESTIFYING and e.before is not Presence.DROPPED
            person = replace(
                person,
                presence=e.after,
                presence_utc_ms=entry.utc_ms,
                called_ms=entry.at_ms if called else person.called_ms,
                home=home,
                hand_raised_ms=hand,
                held=held,
            )
            person = _takes_part(person, sits=is_open(hearing.state))
            floor = None if gone and floor == participant else floor
        case ev.HandRaised() as e:
            person = replace(person, hand_raised_ms=entry.at_ms if e.raised else None)
        case ev.HelpAsked() as e:
            person = replace(person, help_asked=not e.answered)
        case ev.Warned() as e:
            person = replace(person, warnings=e.count)
        case ev.MuteSet(kind="audio") as e:
            person = replace(person, audio_muted=e.muted, audio_locked=e.locked)
        case ev.MuteSet() as e:
            person = replace(person, video_muted=e.muted, video_locked=e.locked)
        case ev.DeviceHeardItself() as e:
            person = replace(person, howling=e.muted)
        case LookAsked() as e:
            person = replace(person, look_kind=(e.picture, e.sound))
        case LanguageSet() as e:
            person = replace(person, language=e.language, interprets=e.interprets)
        case _ if isinstance(event, ie.IdentityEvent):
            person = _at_gate(person, event, entry.utc_ms)
        case _:
            return hearing
    return replace(hearing, people={**hearing.people, person.seat.participant: person}, floor=floor)
