"""The projection of a log: spans, tracks, coverage, the scenes that follow the speaker."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing import events as ev
from hearing.participant import Presence
from hearing.roles import Role
from hearing.session import Move, Pause, Phase, State
from hearing.transcript_events import LanguageSet
from records.composite.encoding import moments
from records.composite.scenes import HOLD_MS, SILENCE_MS, TURN_MS, plan, side_of, turns_of
from records.coverage import Coverage, Unlisted, measure
from records.timeline import Span, Timeline, join, read, subtract
from records.writing.narrate import tell
from tests.fakes.hearings import chained
from yunting.bench.synthetic import Log

pytestmark = pytest.mark.unit

UTC = 1_798_765_200_000
PEOPLE = (
    ("J", "bench-1", Role.PRESIDING_JUDGE),
    ("A", "plaintiff-1", Role.PLAINTIFF),
    ("B", "defendant-1", Role.DEFENDANT),
)


class Story:
    """Tells a session's log."""

    def __init__(self) -> None:
        self.log = Log("S1")
        seats = tuple(ev.Seat(participant=who, seat=seat, role=role, name=who) for who, seat, role in PEOPLE)
        self.say(
            0,
            ev.SessionCreated(
                court="法院",
                case_no="(2026)粤01民初1号",
                hearing_no="1",
                cause="",
                title="",
                public=True,
                scheduled_utc_ms=0,
                seats=seats,
            ),
        )
        self.move(0, Move.OPEN, State.WAITING, State.IN_SESSION)
        self.say(0, ev.ClockAnchored(session_ms=0, utc_ms=UTC, uncertainty_ms=1, reason="opened"))

    def say(self, at_ms: int, event: ev.AnyEvent) -> None:
        self.log.add(at_ms, event)

    def move(self, at_ms: int, move: Move, before: State, after: State, pause: Pause | None = None) -> None:
        self.log.add(at_ms, ev.StateChanged(move=move, before=before, after=after, pause=pause, reason="因故"), "J")

    def track(self, who: str, *ranges: tuple[int, int], file: str = "x.mkv", close: bool = True) -> None:
        opened = ev.TrackOpened(
            track=f"T-{who}",
            file=file,
            participant=who,
            seat=who,
            codecs=("opus", "H264"),
            sources=(),
            from_ms=ranges[0][0],
        )
        self.say(ranges[0][0], opened)
        for number, (from_ms, to_ms) in enumerate(ranges):
            self.say(
                to_ms,
                ev.RangeSealed(
                    track=f"T-{who}",
                    file=file,
                    first_byte=number,
                    end_byte=number + 1,
                    sha512="",
                    from_ms=from_ms,
                    to_ms=to_ms,
                ),
            )
        if close:
            end = ranges[-1][1]
            self.say(end, ev.TrackClosed(track=f"T-{who}", file=file, to_ms=end, bytes_total=1, reason=""))

    def close(self, at_ms: int) -> Timeline:
        self.move(at_ms, Move.CLOSE, State.IN_SESSION, State.CLOSED)
        return read(self.log.entries)


def test_breaks_are_lawful_and_the_rest_is_due() -> None:
    story = Story()
    story.move(10_000, Move.RECESS, State.IN_SESSION, State.ADJOURNED, Pause.RECESS)
    story.move(25_000, Move.RESUME, State.ADJOURNED, State.IN_SESSION)
    line = story.close(40_000)
    assert line.due == (Span(0, 10_000), Span(25_000, 40_000))
    assert [(s.span, s.pause, s.actor, s.reason) for s in line.breaks] == [
        (Span(10_000, 25_000), Pause.RECESS, "J", "因故")
    ]
    assert (line.duration_ms, line.finished) == (40_000, True)


def test_suspension_is_recorded_and_an_undone_closing_is_no_lawful_break() -> None:
    story = Story()
    story.move(5_000, Move.SUSPEND, State.IN_SESSION, State.SUSPENDED)
    story.move(8_000, Move.RESUME, State.SUSPENDED, State.IN_SESSION)
    story.move(10_000, Move.CLOSE, State.IN_SESSION, State.CLOSED)
    story.move(12_000, Move.REOPEN, State.CLOSED, State.IN_SESSION)
    line = story.close(20_000)
    assert line.due == (Span(0, 10_000), Span(12_000, 20_000))
    assert [s.pause for s in line.breaks] == [None]
    assert line.duration_ms == 20_000


def test_session_that_did_not_end_reaches_to_its_last_event() -> None:
    story = Story()
    story.say(7_000, ev.PhaseChanged(phase=Phase.DEBATE))
    line = read(story.log.entries)
    assert (line.duration_ms, line.finished) == (7_000, False)


def test_wall_time_follows_the_newest_anchor() -> None:
    story = Story()
    story.say(10_000, ev.ClockAnchored(session_ms=10_000, utc_ms=UTC + 3_610_000, uncertainty_ms=5, reason="stepped"))
    line = story.close(20_000)
    assert line.utc_at(9_999) == UTC + 9_999
    assert line.utc_at(12_000) == UTC + 3_612_000


def test_log_without_its_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match=r"session\.created"):
        read(Story().log.entries[1:])


def test_coverage_is_complete_without_lawful_breaks() -> None:
    story = Story()
    story.move(10_000, Move.RECESS, State.IN_SESSION, State.ADJOURNED, Pause.RECESS)
    story.move(20_000, Move.RESUME, State.ADJOURNED, State.IN_SESSION)
    story.track("A", (0, 10_000), (20_000, 30_000))
    assert measure(story.close(30_000)) == Coverage(20_000, 20_000, 10_000, ())


def test_unlisted_hole_is_named_and_a_listed_one_is_not() -> None:
    story = Story()
    story.track("A", (0, 10_000), (10_900, 20_000))
    line = story.close(20_000)
    coverage = measure(line)
    assert coverage.unlisted == (Unlisted(None, Span(10_000, 10_900)), Unlisted("T-A", Span(10_000, 10_900)))
    assert (coverage.recorded_ms, coverage.ppm) == (19_100, 955_000)

    story = Story()
    story.track("A", (0, 10_000), (10_900, 20_000), close=False)
    story.say(20_000, ev.GapRecorded(track="T-A", kind="video", from_ms=9_990, to_ms=10_950, cause="crash"))
    coverage = measure(story.close(20_000))
    assert (coverage.unlisted, coverage.recorded_ms) == ((), 19_100)


def test_a_listed_gap_inside_a_range_is_not_recorded_time() -> None:
    """Ranges follow each other without a hole while nobody sends: the gaps say what is missing in them."""
    story = Story()
    story.track("A", (0, 10_000), (10_000, 20_000), close=False)
    for kind in ("audio", "video"):
        gap = ev.GapRecorded(track="T-A", kind=kind, from_ms=5_000, to_ms=9_000, cause="disconnect")
        story.say(20_000, gap)
    muted = ev.GapRecorded(track="T-A", kind="video", from_ms=12_000, to_ms=15_000, cause="mute")
    story.say(20_000, muted)
    coverage = measure(story.close(20_000))
    assert (coverage.recorded_ms, coverage.unlisted) == (16_000, ())


def test_holes_up_to_200_ms_are_jitter() -> None:
    story = Story()
    story.track("A", (180, 10_000), (10_200, 19_810))
    assert measure(story.close(20_000)).ppm == 1_000_000


def test_incident_told_twice_is_one_and_explains_its_hole() -> None:
    story = Story()
    story.track("A", (0, 10_000), (14_000, 20_000))
    for to_ms in (None, 14_000):
        incident = ev.RecordingIncident(cause="disk-full", from_ms=10_000, to_ms=to_ms, detail="满")
        story.say(20_000, incident)
    line = story.close(30_000)
    assert [(i.from_ms, i.to_ms) for i in line.incidents] == [(10_000, 14_000)]
    assert measure(line).unlisted == (Unlisted(None, Span(20_000, 30_000)),)


def test_late_start_of_the_recording_is_named() -> None:
    story = Story()
    story.track("A", (1_500, 20_000))
    assert measure(story.close(20_000)).unlisted == (Unlisted(None, Span(0, 1_500)),)


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda p: Span(min(p), max(p))), max_size=8)


@given(spans, spans)
def test_span_arithmetic_agrees_with_sets(one: list[Span], other: list[Span]) -> None:
    def points(items: tuple[Span, ...] | list[Span]) -> set[int]:
        return {point for span in items for point in range(span.from_ms, span.to_ms)}

    assert points(join(one)) == points(one)
    assert points(subtract(one, other)) == points(one) - points(other)
    assert all(a.to_ms < b.from_ms for a, b in pairwise(join(one)))


def speak(story: Story, *turns: tuple[int, str | None]) -> None:
    for at_ms, who in turns:
        story.say(at_ms, ev.SpeakerChanged(participants=(who,) if who else ()))


def test_a_cough_does_not_take_the_focus() -> None:
    story = Story()
    speak(story, (0, "A"), (10_000, "B"), (10_000 + TURN_MS - 1, "A"), (30_000, "B"))
    assert turns_of(story.close(60_000)) == [(0, "A"), (30_000, "B")]


def test_quick_turns_wait_until_the_focus_was_held() -> None:
    story = Story()
    speak(story, (0, "A"), (1_000, "B"), (5_000, "A"))
    assert turns_of(story.close(20_000)) == [(0, "A"), (HOLD_MS, "B"), (5_000, "A")]


def test_long_silence_gives_the_focus_to_the_bench() -> None:
    story = Story()
    speak(story, (0, "A"), (5_000, None))
    assert turns_of(story.close(100_000)) == [(0, "A"), (5_000 + SILENCE_MS, None)]


def test_granted_floor_has_the_focus_at_once() -> None:
    story = Story()
    speak(story, (0, "A"))
    story.say(1_500, ev.FloorGranted(participant="B"))
    assert turns_of(story.close(20_000)) == [(0, "A"), (1_500, "B")]


def test_scenes_tile_the_session_bench_first() -> None:
    story = Story()
    story.track("B", (0, 30_000), file="b.mkv", close=False)
    story.log.entries.sort(key=lambda entry: entry.seq)
    story.say(30_000, ev.LayoutChanged(layout="grid", locked=True))
    speak(story, (31_000, "B"))
    line = story.close(60_000)
    scenes = plan(line)
    assert scenes[0].span.from_ms == 0
    assert scenes[-1].span.to_ms == 60_000
    assert all(a.span.to_ms == b.span.from_ms for a, b in pairwise(scenes))
    assert [scene.mode for scene in scenes] == ["auto", "grid", "grid"]
    assert scenes[-1].speakers == ("B",)


def test_a_drop_keeps_the_place_and_a_departure_frees_it() -> None:
    story = Story()
    story.track("A", (0, 10_000))
    story.say(
        10_000, ev.PresenceChanged(participant="A", before=Presence.PRESENT, after=Presence.DROPPED, evidence="ice")
    )
    story.say(20_000, ev.PresenceChanged(participant="A", before=Presence.DROPPED, after=Presence.LEFT))
    scenes = plan(story.close(30_000))
    assert [(scene.span, [p.participant for p in scene.people]) for scene in scenes] == [
        (Span(0, 20_000), ["A"]),
        (Span(20_000, 30_000), []),
    ]


def test_sides_of_the_courtroom() -> None:
    assert side_of("bench-1", Role.JUDGE) == "bench"
    assert side_of("plaintiff-2", Role.AGENT) == "left"
    assert side_of("defendant-2", Role.AGENT) == "right"
    assert side_of("witness-1", Role.WITNESS) == "other"


def test_frames_are_dense_while_recording_and_sparse_in_a_break() -> None:
    story = Story()
    story.move(1_000, Move.RECESS, State.IN_SESSION, State.ADJOURNED, Pause.RECESS)
    story.move(3_601_000, Move.RESUME, State.ADJOURNED, State.IN_SESSION)
    times = [at_ms for at_ms, _ in moments(story.close(3_602_000), 25)]
    assert times == sorted(set(times))
    assert times[:3] == [0, 40, 80]
    assert sum(1_000 <= at_ms < 3_601_000 for at_ms in times) < 730
    assert 3_601_000 in times


def test_what_somebody_speaks_is_told_in_the_log() -> None:
    line = read(chained("s", 1))
    told = tell(LanguageSet(participant="plaintiff", language="bo"), line)
    assert (told.zh, told.en) == ("原告张三 使用藏语", "Plaintiff 张三 speaks bo")
    told = tell(LanguageSet(participant="witness", language="", interprets="plaintiff"), line)
    assert told.zh == "证人王五 使用汉语，为原告张三翻译"
