"""A window cut while the session goes on is the window cut afterwards: layout, focus, cards, phases and tracks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing import events as ev
from hearing.exhibit_events import ExhibitHidden, ExhibitShown, ExhibitSubmitted
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import Move, Pause, Phase, State
from records.composite.scenes import plan
from records.composite.window import MARGIN_MS, SETTLED_MS, Cutter, Window, digest
from records.timeline import Span, Timeline, read
from yunting.bench.synthetic import Log

pytestmark = pytest.mark.unit

END_MS = 90_000
PEOPLE = ("J", "A", "B")
SEATS = tuple(
    ev.Seat(participant=who, seat=f"{role.value}-1", role=role, name=who)
    for who, role in zip(PEOPLE, (Role.PRESIDING_JUDGE, Role.PLAINTIFF, Role.DEFENDANT), strict=True)
)

Told = list[tuple[int, ev.AnyEvent]]

moments = st.integers(0, END_MS)
people = st.sampled_from(PEOPLE)
occurrences = st.one_of(
    st.lists(people, max_size=2, unique=True).map(lambda names: ev.SpeakerChanged(participants=tuple(names))),
    people.map(lambda who: ev.FloorGranted(participant=who)),
    st.sampled_from(list(Phase)).map(lambda phase: ev.PhaseChanged(phase=phase)),
    st.builds(ev.LayoutChanged, layout=st.sampled_from(["grid", "focus", "auto"]), focus=st.none() | people),
    people.map(lambda who: ev.PresenceChanged(participant=who, before=Presence.PRESENT, after=Presence.LEFT)),
    st.integers(-500, 500).map(
        lambda by: ev.ClockAnchored(session_ms=0, utc_ms=1_000_000 + by, uncertainty_ms=1, reason="checked")
    ),
    st.sampled_from([kind(number=number, sha256="") for number in (1, 2) for kind in (ExhibitShown, ExhibitHidden)]),
    st.sampled_from([1, 2]).map(
        lambda number: ExhibitSubmitted(
            number=number, name="合同", source="", purpose="", participant="A", kind="pdf", file=f"exhibits/{number}",
            size_bytes=1, sha256="", sm3="",
        )
    ),
)  # fmt: skip


def recorded(who: str, from_ms: int, to_ms: int) -> Told:
    """A track with a range each five seconds, told as they are sealed."""
    file = f"{who}-{from_ms}.mkv"
    opened = ev.TrackOpened(
        track=file, file=file, participant=who, seat=who, codecs=("opus",), sources=(), from_ms=from_ms
    )
    told: Told = [(from_ms, opened)]
    for number, begin_ms in enumerate(range(from_ms, to_ms, 5_000)):
        end_ms = min(begin_ms + 5_000, to_ms)
        sealed = ev.RangeSealed(
            track=file,
            file=file,
            first_byte=number,
            end_byte=number + 1,
            sha512=f"{file}{number}",
            from_ms=begin_ms,
            to_ms=end_ms,
        )
        told.append((end_ms, sealed))
    told.append((to_ms, ev.TrackClosed(track=file, file=file, to_ms=to_ms, bytes_total=1, reason="")))
    return told


@st.composite
def sessions(draw: st.DrawFn) -> Log:
    told: Told = draw(st.lists(st.tuples(moments, occurrences), max_size=25))
    for who in PEOPLE:
        cut_ms = draw(st.integers(10_000, 80_000))
        told += recorded(who, 0, cut_ms)
        if draw(st.booleans()):
            told += recorded(who, cut_ms + draw(st.integers(0, 5_000)), END_MS)
    if draw(st.booleans()):
        at_ms = draw(st.integers(1_000, 60_000))
        adjourned = ev.StateChanged(
            move=Move.RECESS, before=State.IN_SESSION, after=State.ADJOURNED, pause=Pause.RECESS, reason="休庭"
        )
        resumed = ev.StateChanged(move=Move.RESUME, before=State.ADJOURNED, after=State.IN_SESSION)
        told += [(at_ms, adjourned), (at_ms + 20_000, resumed)]
    log = Log("S1")
    log.add(
        0,
        ev.SessionCreated(
            court="法院",
            case_no="(2026)粤01民初1号",
            hearing_no="1",
            cause="",
            title="",
            public=True,
            scheduled_utc_ms=0,
            seats=SEATS,
        ),
    )
    log.add(0, ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION))
    log.add(0, ev.ClockAnchored(session_ms=0, utc_ms=1_000_000, uncertainty_ms=1, reason="opened"))
    for at_ms, event in sorted(told, key=lambda item: item[0]):
        if isinstance(event, ev.ClockAnchored):
            log.add(at_ms, msgspec.structs.replace(event, session_ms=at_ms, utc_ms=event.utc_ms + at_ms))
        else:
            log.add(at_ms, event)
    log.add(END_MS, ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED))
    return log


def cut(line: Timeline, span: Span) -> Window:
    return Cutter(line, plan(line), ()).cut(span)


def sealed_ms(entries: Sequence[ev.Entry], log: Log) -> int:
    """Up to where everything that is recorded now is sealed."""
    known = read(entries)
    ends = [t.span.to_ms for t in known.tracks if not t.closed]
    return min(ends, default=END_MS)


@settings(max_examples=100, deadline=None)
@given(sessions(), st.integers(0, 60_000), st.integers(1_000, 16_000))
def test_a_window_is_settled_some_seconds_after_its_end(log: Log, from_ms: int, length_ms: int) -> None:
    span = Span(from_ms, from_ms + length_ms)
    whole = cut(read(log.entries), span)
    seen = 0
    for count in range(4, len(log.entries)):
        known = log.entries[:count]
        if log.entries[count].at_ms <= span.to_ms + SETTLED_MS or known[-1].at_ms <= span.to_ms + SETTLED_MS:
            continue
        if sealed_ms(known, log) < span.to_ms + MARGIN_MS:
            continue
        seen += 1
        assert cut(read(known), span) == whole
        assert digest(cut(read(known), span)) == digest(whole)
        if seen == 2:
            break


def test_what_is_told_late_changes_the_windows_that_it_touches_and_no_other() -> None:
    log = Log("S1")
    log.add(
        0,
        ev.SessionCreated(
            court="法院",
            case_no="1",
            hearing_no="1",
            cause="",
            title="",
            public=True,
            scheduled_utc_ms=0,
            seats=SEATS,
        ),
    )
    log.add(0, ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION))
    for at_ms, event in recorded("A", 0, 60_000)[:-1]:
        log.add(at_ms, event)
    spans = [Span(start, start + 16_000) for start in range(0, 48_000, 16_000)]
    before = [digest(cut(read(log.entries), span)) for span in spans]
    muted = ev.GapRecorded(track="A-0.mkv", kind="video", from_ms=20_000, to_ms=24_000, cause="mute")
    log.add(60_000, muted)
    after = [digest(cut(read(log.entries), span)) for span in spans]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]
