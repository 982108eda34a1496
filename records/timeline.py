"""What happened when, read off a session's log: a pure projection that report, composite, player and package share.

All times are session ms. A session is recorded from 开庭 to 闭庭 minus the lawful breaks (法释〔2017〕5号 art 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hearing.events import (
    ClockAnchored,
    Entry,
    FloorGranted,
    GapRecorded,
    LayoutChanged,
    ParticipantAdded,
    PhaseChanged,
    PresenceChanged,
    RangeSealed,
    RecordingIncident,
    Seat,
    SessionCreated,
    SpeakerChanged,
    StateChanged,
    TrackClosed,
    TrackOpened,
)
from hearing.exhibits import Register
from hearing.exhibits import fold as exhibits_after
from hearing.participant import Presence
from hearing.session import Pause, Phase, State, is_open, is_over, is_recording, lawful_pause


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open stretch of session time."""

    from_ms: int
    to_ms: int

    @property
    def length_ms(self) -> int:
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class Stretch:
    """The session stayed in one state. `actor` and `reason` are of the move that led into it."""

    span: Span
    state: State
    pause: Pause | None
    actor: str
    reason: str
    resume_utc_ms: int | None = None
    withheld: bool = False
    """It was recorded, and whoever gets this view of the session may not have it."""
    continued: bool = False
    """Of a stretch that was parted where something is withheld: not its beginning."""

    @property
    def pictured(self) -> bool:
        """Whether there is something to see and hear."""
        return is_recording(self.state) and not self.withheld


@dataclass(frozen=True, slots=True)
class Gap:
    """A listed gap: media that was due and is not in the file."""

    track: str
    kind: str
    span: Span
    cause: str
    packets: int


@dataclass(frozen=True, slots=True)
class RecordedTrack:
    """One track file: whose, when, and which byte ranges are sealed."""

    track: str
    file: str
    participant: str
    seat: str
    codecs: tuple[str, ...]
    span: Span
    ranges: tuple[RangeSealed, ...]
    gaps: tuple[Gap, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """Something became so at a moment and stays until the next change: layout, speakers, floor, phase, presence."""

    at_ms: int
    event: LayoutChanged | SpeakerChanged | FloorGranted | PhaseChanged | PresenceChanged


@dataclass(frozen=True, slots=True)
class OnShow:
    """What of an exhibit the composite needs. `file` lies in the folder of the recordings; `page` is of a PDF."""

    number: int
    name: str
    kind: str
    file: str
    sha256: str
    page: int = 1


@dataclass(frozen=True, slots=True)
class Exhibition:
    """Everybody in the courtroom saw this exhibit."""

    span: Span
    exhibit: OnShow


@dataclass(frozen=True, slots=True)
class Incident:
    """The recorder could not do its duty; `to_ms` None while it lasted to the end."""

    cause: str
    from_ms: int
    to_ms: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The projection. `stretches` tile 0..duration_ms; `finished` is False while the session is not closed."""

    session: str
    created: SessionCreated
    seats: dict[str, Seat]
    duration_ms: int
    finished: bool
    stretches: tuple[Stretch, ...]
    tracks: tuple[RecordedTrack, ...]
    changes: tuple[Change, ...]
    incidents: tuple[Incident, ...]
    anchors: tuple[ClockAnchored, ...]
    exhibitions: tuple[Exhibition, ...] = ()

    def utc_at(self, session_ms: int) -> int:
        """The server's wall clock at a moment, by the newest anchor at or before it. 0 for a session never opened."""
        chosen: ClockAnchored | None = None
        for anchor in self.anchors:
            if chosen is None or anchor.session_ms <= session_ms:
                chosen = anchor
        return chosen.utc_ms + session_ms - chosen.session_ms if chosen else 0

    @property
    def phases(self) -> tuple[tuple[int, Phase], ...]:
        """(session ms, phase that begins), in order."""
        return tuple((c.at_ms, c.event.phase) for c in self.changes if isinstance(c.event, PhaseChanged))

    @property
    def due(self) -> tuple[Span, ...]:
        """When media had to be recorded, adjacent stretches joined."""
        return join([s.span for s in self.stretches if is_recording(s.state)])

    @property
    def breaks(self) -> tuple[Stretch, ...]:
        """Every interruption of the recording, lawful or (闭庭 undone by mistake) not."""
        return tuple(s for s in self.stretches if not is_recording(s.state))


def join(spans: Iterable[Span], tolerance_ms: int = 0) -> tuple[Span, ...]:
    """Sorted union; stretches at most `tolerance_ms` apart become one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.from_ms, s.to_ms)):
        if joined and span.from_ms <= joined[-1].to_ms + tolerance_ms:
            joined[-1] = Span(joined[-1].from_ms, max(joined[-1].to_ms, span.to_ms))
        elif span.length_ms > 0:
            joined.append(span)
    return tuple(joined)


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> tuple[Span, ...]:
    """What is in `spans` and not in `holes`."""
    rest = list(join(spans))
    for hole in join(holes):
        cut: list[Span] = []
        for span in rest:
            pieces = (
                Span(span.from_ms, min(span.to_ms, hole.from_ms)),
                Span(max(span.from_ms, hole.to_ms), span.to_ms),
            )
            cut += [piece for piece in pieces if piece.length_ms > 0]
        rest = cut
    return tuple(rest)


def withhold(line: Timeline, spans: Sequence[Span]) -> Timeline:
    """The timeline for somebody who may not have these spans: recorded stretches are parted at their edges."""
    hidden = join(spans)
    parted: list[Stretch] = []
    for stretch in line.stretches:
        shown = subtract([stretch.span], hidden if is_recording(stretch.state) else ())
        away = subtract([stretch.span], shown)
        for span in sorted([*shown, *away], key=lambda each: each.from_ms):
            first = span.from_ms == stretch.span.from_ms
            parted.append(replace(stretch, span=span, withheld=span in away, continued=not first))
    return replace(line, stretches=tuple(parted))


def read(entries: Iterable[Entry]) -> Timeline:
    """Project a session's log. ValueError when it does not begin with `session.created`."""
    fold = Fold()
    for entry in entries:
        fold.take(entry)
    return fold.timeline()


@dataclass(slots=True)
class Fold:
    """The projection under construction: `take` the log's entries in order."""

    session: str = ""
    created: SessionCreated | None = None
    seats: dict[str, Seat] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    current: Stretch | None = None
    finished: bool = False
    last_ms: int = 0
    opened: list[TrackOpened] = field(default_factory=list)
    ranges: dict[str, list[RangeSealed]] = field(default_factory=dict)
    gaps: dict[str, list[Gap]] = field(default_factory=dict)
    closed: dict[str, TrackClosed] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    anchors: list[ClockAnchored] = field(default_factory=list)
    exhibits: Register = field(default_factory=Register)

    def take(self, entry: Entry) -> None:
        self.session = entry.session
        self.passed(entry.at_ms)
        self.exhibits = exhibits_after(self.exhibits, entry.event, entry.at_ms)
        match entry.event:
            case SessionCreated() as created:
                self.created = created
                self.seats = {seat.participant: seat for seat in created.seats}
            case ParticipantAdded(seat=seat):
                self.seats[seat.participant] = seat
            case StateChanged() as move:
                self._move(entry, move)
            case ClockAnchored() as anchor:
                self.anchors.append(anchor)
            case PhaseChanged() | LayoutChanged() | SpeakerChanged() | FloorGranted() | PresenceChanged() as event:
                self.changes.append(Change(entry.at_ms, event))
            case TrackOpened() as opened:
                self.opened.append(opened)
            case RangeSealed() as sealed:
                self.ranges.setdefault(sealed.track, []).append(sealed)
            case GapRecorded(track=track, kind=kind, from_ms=from_ms, to_ms=to_ms, cause=cause, packets=packets):
                self.gaps.setdefault(track, []).append(Gap(track, kind, Span(from_ms, to_ms), cause, packets))
            case TrackClosed() as closed:
                self.closed[closed.track] = closed
            case RecordingIncident(cause=cause, from_ms=from_ms, to_ms=until, detail=detail):
                # Told when it begins and again when it is over.
                begun = Incident(cause, from_ms, None, detail)
                self.incidents = [i for i in self.incidents if i != begun]
                self.incidents.append(Incident(cause, from_ms, until, detail))
            case _:
                pass

    def passed(self, at_ms: int) -> None:
        """The log goes so far, whatever it says there."""
        if self.current is not None:
            self.last_ms = max(self.last_ms, at_ms)

    def _move(self, entry: Entry, move: StateChanged) -> None:
        if is_over(move.before) and is_over(move.after):
            # What is done to the minutes afterwards is no part of the session.
            return
        if self.current is not None:
            self.stretches.append(_ended(self.current, entry.at_ms))
        if is_open(move.after) or (self.stretches and is_over(move.after)):
            pause = move.pause or lawful_pause(move.after)
            span = Span(entry.at_ms, entry.at_ms)
            self.current = Stretch(span, move.after, pause, entry.actor, move.reason, move.resume_utc_ms)
        self.finished = is_over(move.after)

    def timeline(self) -> Timeline:
        """The projection so far; changes nothing. ValueError when it does not begin with `session.created`."""
        if self.created is None:
            raise ValueError("the log does not begin with session.created")
        tiles = list(self.stretches)
        if self.current is not None and is_open(self.current.state):
            tiles.append(_ended(self.current, self.last_ms))
        stretches = tuple(s for s in tiles if s.span.length_ms > 0)
        duration_ms = stretches[-1].span.to_ms if stretches else 0
        return Timeline(
            session=self.session,
            created=self.created,
            seats=dict(self.seats),
            duration_ms=duration_ms,
            finished=self.finished,
            stretches=stretches,
            tracks=tuple(self._track(opened, duration_ms) for opened in self.opened),
            changes=tuple(self.changes),
            incidents=tuple(self.incidents),
            anchors=tuple(self.anchors),
            exhibitions=_exhibitions(self.exhibits, duration_ms),
        )

    def _track(self, opened: TrackOpened, duration_ms: int) -> RecordedTrack:
        ranges = tuple(self.ranges.get(opened.track, ()))
        closed = self.closed.get(opened.track)
        ends = [sealed.to_ms for sealed in ranges]
        to_ms = closed.to_ms if closed else max(ends, default=opened.from_ms)
        return RecordedTrack(
            track=opened.track,
            file=opened.file,
            participant=opened.participant,
            seat=opened.seat,
            codecs=opened.codecs,
            span=Span(opened.from_ms, max(opened.from_ms, min(to_ms, duration_ms) if duration_ms else to_ms)),
            ranges=ranges,
            gaps=tuple(self.gaps.get(opened.track, ())),
            closed=closed is not None,
        )


def _exhibitions(register: Register, duration_ms: int) -> tuple[Exhibition, ...]:
    found = []
    for exhibit in register.items.values():
        told = exhibit.submitted
        for shown in exhibit.shown:
            item = OnShow(told.number, told.name, told.kind, told.file, told.sha256, shown.page)
            to_ms = duration_ms if shown.to_ms is None else shown.to_ms
            found.append(Exhibition(Span(shown.from_ms, to_ms), item))
    return tuple(sorted(found, key=lambda each: each.span.from_ms))


def _ended(stretch: Stretch, at_ms: int) -> Stretch:
    return replace(stretch, span=Span(stretch.span.from_ms, at_ms))


def presence_is_gone(presence: Presence) -> bool:
    """Whether this person's place is empty on purpose (a drop keeps its tile: it is excused and expected back)."""
    return presence in {Presence.LEFT, Presence.REMOVED, Presence.DISMISSED, Presence.WAITING}
