"""The hearing as a page sees it, and which events it may see. Pure."""

from __future__ import annotations

import enum

from hearing import events as ev
from hearing import identity_events as ie
from hearing.access_events import AccessRestricted, CaseJoined, RestrictionLifted
from hearing.exhibit_events import ExhibitEvent, ExhibitHidden, ExhibitShown
from hearing.participant import CONNECTED, IN_COURTROOM
from hearing.policy import is_verified
from hearing.review_events import ReviewEvent
from hearing.roles import Right, Role, is_device, is_isolated, is_staff, label, rights
from hearing.seal_events import SealEvent
from hearing.session import REOPEN_WINDOW_MS, State, is_recording, moves, state_label
from hearing.state import Hearing, Person
from hearing.supervision import looks_of
from hearing.supervision_events import LookAsked, LookBegan, LookEnded, RecordLooked
from hearing.transcript_events import TranscriptEvent
from records.ledger import Ledger
from signaling.protocol import Clock, HearingView, PersonView
from signaling.view_messages import ExhibitView


class Audience(enum.Enum):
    """Who looks, as far as it changes what is shown."""

    STAFF = enum.auto()
    PARTY = enum.auto()
    PUBLIC = enum.auto()
    """Observers and displays."""
    OUTSIDE = enum.auto()
    """Isolated persons who have not been called, the public while the court is closed, and whom the gate has not
    passed: learns the state only."""


_CLOSED_TO_PUBLIC = frozenset({State.CLOSED_EVIDENCE, State.OFF_RECORD_MEDIATION, State.DELIBERATING})
_FOR_MANAGERS = (ev.InvitationIssued, ev.InvitationRevoked)
_FOR_STAFF = (
    ev.TrackOpened,
    ev.RangeSealed,
    ev.GapRecorded,
    ev.TrackClosed,
    ev.RecordingIncident,
    ev.PackageMade,
    ev.ServerRestarted,
    AccessRestricted,
    RestrictionLifted,
    CaseJoined,
    # The score of one's own face, told at each try, would lead a forger to a better one.
    ie.VerdictGiven,
    ie.WatchChanged,
    ie.SeatChecked,
    ie.IdentityExported,
    LookAsked,
    LookBegan,
    LookEnded,
    RecordLooked,
)
_PRIVATE = (
    ev.KitChecked,
    ev.ConsentGiven,
    ev.HelpAsked,
    ie.FaceConsented,
    ie.FaceDeclined,
    ie.FaceConsentWithdrawn,
    ie.ReferenceKept,
    ie.FileKept,
    ie.DocumentChecked,
    ie.GateAttempted,
    ie.GateReleased,
    ie.VerdictRevoked,
    ie.IdentityErased,
)
_ALWAYS = (ev.StateChanged, ev.ClockAnchored, ev.SessionRescheduled)
_HIDDEN_FROM_PUBLIC = (ev.DeviceHeardItself, ev.Warned)


def closed_to_public(hearing: Hearing) -> bool:
    """Whether observers may neither enter nor see anything now (L17)."""
    return not hearing.public or hearing.state in _CLOSED_TO_PUBLIC


def is_public_role(role: Role) -> bool:
    """Observers and displays: shown as a number, not in the list of people."""
    return role is Role.OBSERVER or is_device(role)


def audience(hearing: Hearing, person: Person) -> Audience:
    """How much this person may see now."""
    if not is_verified(hearing, person):
        return Audience.OUTSIDE
    if is_staff(person.role):
        return Audience.STAFF
    if is_isolated(person.role) and person.presence not in IN_COURTROOM and not may_read_minutes(hearing, person):
        return Audience.OUTSIDE
    if is_public_role(person.role):
        return Audience.OUTSIDE if hearing.state in _CLOSED_TO_PUBLIC else Audience.PUBLIC
    return Audience.PARTY


def may_read_minutes(hearing: Hearing, person: Person) -> bool:
    """Whether the finished minutes lie open to this person: to all who took part, witnesses too (民诉法 150)."""
    return hearing.state is State.TRANSCRIPT_REVIEW and person.took_part


def may_see(who: Audience, person: Person, event: ev.AnyEvent) -> bool:
    """Whether the event itself, not only its effect on the view, is for this person."""
    if isinstance(event, _ALWAYS):
        return True
    if isinstance(event, TranscriptEvent):
        return False
    own = getattr(event, "participant", None) == person.seat.participant
    if isinstance(event, ReviewEvent):
        # How somebody else stands to the minutes is the court's business; pages get `review`.
        return own or who is Audience.STAFF
    if isinstance(event, _FOR_MANAGERS):
        return Right.MANAGE_SESSION in rights(person.role)
    if isinstance(event, ExhibitEvent) and not isinstance(event, ExhibitShown | ExhibitHidden):
        # What one may see of the register is read from it (`signaling.exhibits.desk`).
        return own or who is Audience.STAFF
    if isinstance(event, (*_FOR_STAFF, SealEvent)):
        return who is Audience.STAFF
    if isinstance(event, _PRIVATE):
        return own or who is Audience.STAFF
    if isinstance(event, ev.ParticipantAdded) and (
        is_public_role(event.seat.role) or event.seat.role is Role.SUPERVISOR
    ):
        return who is Audience.STAFF
    if who is Audience.OUTSIDE:
        return own
    return who is not Audience.PUBLIC or not isinstance(event, _HIDDEN_FROM_PUBLIC)


def is_of_supervisor(hearing: Hearing, entry: ev.Entry) -> bool:
    """Whether a supervisor did this or it is about one: their coming and going is told to the court's own people, and
    stands in the log."""
    event = entry.event
    if isinstance(event, RecordLooked) or (
        isinstance(event, ev.ParticipantAdded) and event.seat.role is Role.SUPERVISOR
    ):
        return True
    told = (entry.actor, getattr(event, "participant", None))
    return any(
        person is not None and person.role is Role.SUPERVISOR
        for person in (hearing.people.get(each) for each in told if each is not None)
    )


def at_the_gate(hearing: Hearing, participant: str) -> bool:
    """Whether the gate has not passed this participant, who then sees no names but the court's and their own."""
    person = hearing.people.get(participant)
    return person is not None and not is_verified(hearing, person)


def hearing_view(
    hearing: Hearing, *, outside: bool, only: str | None = None, supervised: bool = False
) -> HearingView:
    """The whole view; `outside` leaves out what goes on in the courtroom, `only the parties but this one.
    `supervised` names supervisors and their looks, and counts what becomes of every exhibit, which the court's own
    people alone are told of."""
    closed_at_ms = hearing.closed_at_ms
    reopen_until_ms = closed_at_ms + REOPEN_WINDOW_MS if closed_at_ms is not None else None
    people = [
        person
        for person in hearing.people.values()
        if not is_public_role(person.role)
        and (supervised or person.role is not Role.SUPERVISOR)
        and (only is None or is_staff(person.role) or person.seat.participant == only)
    ]
    observers = sum(
        person.role is Role.OBSERVER and person.presence in CONNECTED for person in hearing.people.values()
    )
    return HearingView(
        session=hearing.session,
        court=hearing.court,
        case_no=hearing.case_no,
        hearing_no=hearing.hearing_no,
        cause=hearing.cause,
        title=hearing.title,
        public=hearing.public,
        scheduled_utc_ms=hearing.scheduled_utc_ms,
        state=hearing.state,
        state_label=state_label(hearing.state),
        phase=hearing.phase,
        moves=moves(hearing.state),
        recording=is_recording(hearing.state),
        people=tuple(_person_view(person, verified=is_verified(hearing, person)) for person in people),
        floor=None if outside else hearing.floor,
        floor_until_ms=None if outside else hearing.floor_until_ms,
        layout=hearing.layout,
        layout_locked=hearing.layout_locked,
        focus=hearing.focus,
        speakers=() if outside else hearing.speakers,
        opened_utc_ms=hearing.opened_utc_ms,
        over_utc_ms=hearing.over_utc_ms,
        reopen_until_ms=reopen_until_ms,
        resume_utc_ms=hearing.resume_utc_ms,
        observers=observers,
        incidents=hearing.incidents,
        looks=looks_of(hearing) if supervised else (),
        identity=hearing.identity,
        exhibit=None if outside else _shown(hearing),
        exhibit_changes=hearing.exhibits.changes if supervised else hearing.exhibits.open_changes,
    )


def _shown(hearing: Hearing) -> ExhibitView | None:
    shown = hearing.exhibits.shown
    if shown is None:
        return None
    told = shown.submitted
    return ExhibitView(
        number=told.number,
        name=told.name,
        kind=told.kind,
        sha256=told.sha256,
        pages=told.page_count,
        page=shown.page or 1,
    )


def _person_view(person: Person, *, verified: bool) -> PersonView:
    zh, en = label(person.role)
    return PersonView(
        seat=person.seat,
        label_zh=zh,
        label_en=en,
        presence=person.presence,
        staff=is_staff(person.role),
        isolated=is_isolated(person.role),
        language=person.language,
        interprets=person.interprets,
        hand_raised_ms=person.hand_raised_ms,
        help_asked=person.help_asked,
        warnings=person.warnings,
        audio_muted=person.audio_muted,
        video_muted=person.video_muted,
        audio_locked=person.audio_locked,
        video_locked=person.video_locked,
        howling=person.howling,
        verified=verified,
    )


def clock_view(ledger: Ledger, utc_ms: int) -> Clock:
    """Session time now, and the UTC that goes with it."""
    running = ledger.clock.running
    session_ms = ledger.clock.now_ms()
    return Clock(
        session_ms=session_ms,
        utc_ms=ledger.clock.utc_at(session_ms) if running else utc_ms,
        running=running,
        anchor=ledger.hearing.anchor,
    )
