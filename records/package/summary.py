"""`session.json`: the facts of a session for programs and for the player, as a struct with a stable shape."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hearing import sealing as seals
from hearing.events import Entry, Head, PresenceChanged
from hearing.participant import IN_COURTROOM
from hearing.roles import label
from hearing.session import state_label
from records.coverage import Coverage
from records.package.exhibit_files import ExhibitFacts
from records.timeline import Stretch, Timeline
from records.writing import narrate, words
from records.writing.chapters import Chapter, chapters_of
from records.writing.text_files import TextFacts

FORMAT = "yunting-package/1"
QUIET = {"recording.range"}
"""Too many and too technical for the player's list; they are in the log."""


class SeatFacts(msgspec.Struct, frozen=True, kw_only=True):
    participant: str
    seat: str
    role: str
    role_zh: str
    role_en: str
    name: str
    came: bool
    """Was in the courtroom or has a track."""


class StretchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One state of the session. `pause` is the lawful reason for not recording."""

    from_ms: int
    to_ms: int
    state: str
    zh: str
    recorded: bool
    pause: str | None
    actor: str
    reason: str
    withheld: bool = False
    """Not in this edition of the record."""


class GapFacts(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    from_ms: int
    to_ms: int
    cause: str
    packets: int


class TrackFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is relative to `data/`; PTS inside the file are session ms."""

    track: str
    path: str
    participant: str
    seat: str
    codecs: tuple[str, ...]
    from_ms: int
    to_ms: int
    bytes: int
    ranges: int
    gaps: list[GapFacts]


class CoverageFacts(msgspec.Struct, frozen=True, kw_only=True):
    due_ms: int
    recorded_ms: int
    lawful_break_ms: int
    ppm: int
    unlisted: list[tuple[str | None, int, int]]


class IncidentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A failure of the recorder, the clerk's statement on it, and who signed that (法释〔2017〕5号 art 4)."""

    id: int
    cause: str
    zh: str
    en: str
    from_ms: int
    to_ms: int | None
    detail: str
    statement: str
    written_by: str
    signed_by: str
    """Empty where nobody has signed."""
    signed_utc_ms: int


class LineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An event in words."""

    seq: int
    at_ms: int
    kind: str
    zh: str
    en: str
    actor: str


class HeadFacts(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    hash: str
    utc_ms: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `session.json`."""

    format: str
    session: str
    court: str
    case_no: str
    hearing_no: str
    cause: str
    title: str
    public: bool
    time_zone: str
    opened_utc_ms: int
    opened_local: str
    duration_ms: int
    finished: bool
    made_utc_ms: int
    made_by: str
    software: str
    key: str
    seats: list[SeatFacts]
    stretches: list[StretchFacts]
    tracks: list[TrackFacts]
    coverage: CoverageFacts
    lines: list[LineFacts]
    heads: list[HeadFacts]
    composite: str | None
    mix: str
    missing_characters: list[str]
    chapters: tuple[Chapter, ...] = ()
    text: TextFacts | None = None
    """None only where a package was made before it had one."""
    incidents: list[IncidentFacts] = []
    exhibits: list[ExhibitFacts] = []


def gather(
    timeline: Timeline,
    coverage: Coverage,
    entries: Sequence[Entry],
    heads: Sequence[Head],
    *,
    sizes: dict[str, int],
    time_zone: str,
    made_utc_ms: int,
    made_by: str,
    software: str,
    key: str,
    composite: str | None,
    mix: str,
    missing_characters: Sequence[str] = (),
    text: TextFacts | None = None,
    exhibits: list[ExhibitFacts] | None = None,
) -> Facts:
    """Everything that is said about the session outside its log. `sizes` is bytes by track file."""
    created = timeline.created
    opened_utc_ms = timeline.utc_at(0)
    came = {track.participant for track in timeline.tracks}
    for change in timeline.changes:
        if isinstance(change.event, PresenceChanged) and change.event.after in IN_COURTROOM:
            came.add(change.event.participant)
    return Facts(
        format=FORMAT,
        session=timeline.session,
        court=created.court,
        case_no=created.case_no,
        hearing_no=created.hearing_no,
        cause=created.cause,
        title=created.title,
        public=created.public,
        time_zone=time_zone,
        opened_utc_ms=opened_utc_ms,
        opened_local=words.local(opened_utc_ms, words.zone(time_zone)).isoformat(timespec="milliseconds"),
        duration_ms=timeline.duration_ms,
        finished=timeline.finished,
        made_utc_ms=made_utc_ms,
        made_by=made_by,
        software=software,
        key=key,
        seats=[
            SeatFacts(
                participant=seat.participant,
                seat=seat.seat,
                role=seat.role.value,
                role_zh=label(seat.role)[0],
                role_en=label(seat.role)[1],
                name=seat.name,
                came=seat.participant in came,
            )
            for seat in timeline.seats.values()
        ],
        stretches=[
            StretchFacts(
                from_ms=s.span.from_ms,
                to_ms=s.span.to_ms,
                state=s.state.value,
                zh=_called(s),
                recorded=s not in timeline.breaks,
                pause=s.pause.value if s.pause else None,
                actor=narrate.person(timeline.seats, s.actor)[0],
                reason=s.reason,
                withheld=s.withheld,
            )
            for s in timeline.stretches
        ],
        tracks=_tracks(timeline, sizes),
        coverage=CoverageFacts(
            due_ms=coverage.due_ms,
            recorded_ms=coverage.recorded_ms,
            lawful_break_ms=coverage.lawful_break_ms,
            ppm=coverage.ppm,
            unlisted=[(hole.track, hole.span.from_ms, hole.span.to_ms) for hole in coverage.unlisted],
        ),
        lines=_lines(timeline, entries),
        heads=[HeadFacts(seq=head.seq, hash=head.hash, utc_ms=head.utc_ms) for head in heads],
        composite=composite,
        mix=mix,
        missing_characters=list(missing_characters),
        chapters=chapters_of(timeline),
        text=text,
        incidents=_incidents(timeline, entries),
        exhibits=exhibits or [],
    )


def _called(stretch: Stretch) -> str:
    if stretch.withheld:
        return words.WITHHELD[0]
    return words.PAUSES[stretch.pause][0] if stretch.pause else state_label(stretch.state)


def _incidents(timeline: Timeline, entries: Sequence[Entry]) -> list[IncidentFacts]:
    def who(participant: str) -> str:
        return narrate.person(timeline.seats, participant)[0]

    facts = []
    for each in seals.of_log(entries).incidents.values():
        zh, en = words.cause(each.cause)
        facts.append(
            IncidentFacts(
                id=each.id,
                cause=each.cause,
                zh=zh,
                en=en,
                from_ms=each.from_ms,
                to_ms=each.to_ms,
                detail=each.detail,
                statement=each.statement,
                written_by=who(each.written_by) if each.written_by else "",
                signed_by=who(each.signed.participant) if each.signed else "",
                signed_utc_ms=each.signed.signed_utc_ms if each.signed else 0,
            )
        )
    return facts


def _tracks(timeline: Timeline, sizes: dict[str, int]) -> list[TrackFacts]:
    return [
        TrackFacts(
            track=track.track,
            path=f"media/tracks/{track.file}",
            participant=track.participant,
            seat=track.seat,
            codecs=track.codecs,
            from_ms=track.span.from_ms,
            to_ms=track.span.to_ms,
            bytes=sizes.get(track.file, 0),
            ranges=len(track.ranges),
            gaps=[
                GapFacts(
                    kind=gap.kind,
                    from_ms=gap.span.from_ms,
                    to_ms=gap.span.to_ms,
                    cause=gap.cause,
                    packets=gap.packets,
                )
                for gap in track.gaps
            ],
        )
        for track in timeline.tracks
    ]


def _lines(timeline: Timeline, entries: Sequence[Entry]) -> list[LineFacts]:
    lines = []
    for entry in entries:
        if entry.event.__struct_config__.tag in QUIET:
            continue
        line = narrate.tell(entry.event, timeline)
        actor = narrate.person(timeline.seats, entry.actor)[0]
        lines.append(LineFacts(seq=entry.seq, at_ms=entry.at_ms, kind=line.kind, zh=line.zh, en=line.en, actor=actor))
    return lines
