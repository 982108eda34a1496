"""A track is listened to live, from its recording where live was too fast, and each sample once in any case."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing.transcript_events import TrackHeard, UtteranceHeard
from tests.fakes.piece_engine import PieceEngine
from tests.fakes.spoken import FRAME_MS, Tape, hush, voice
from transcription.ear import ENGINE_FAILED, Interim, News, Source
from transcription.engine import LanguageMissing, TrackGivenUp
from transcription.follower import QUEUE_MS, Follower, Job, Ready, Way

pytestmark = pytest.mark.unit

SOURCE = Source(track="judge_j1_1", participant="j1", language="zh-CN", engine="pieces:1")
BEGIN_MS = 5000


class Bench:
    """A recorder that tells a follower of a track, and keeps it on tape."""

    def __init__(
        self, engine: PieceEngine, from_ms: int = 0, tape: Tape | None = None, recalled: bool = False
    ) -> None:
        self.tape = tape or Tape(SOURCE.track)
        self.engine = engine
        self.news: list[News] = []
        job = Job(source=SOURCE, file=Path("x"), rank=0, from_ms=from_ms)
        self.follower = Follower(
            job, lambda: engine.open("zh-CN"), self.news.append, recorded_only=recalled, read=self.tape.read
        )
        self.at_ms = BEGIN_MS

    def say(self, packets: tuple[bytes, ...], seconds: float) -> None:
        for n in range(round(seconds * 1000 / FRAME_MS)):
            packet = packets[n % len(packets)]
            self.tape.frames.append((self.at_ms, packet))
            self.follower.given(self.at_ms, packet, self.at_ms * 1000)
            self.at_ms += FRAME_MS

    def seal(self) -> None:
        self.follower.sealed(self.tape.seal())

    def end(self) -> None:
        self.follower.ended(self.at_ms)

    def close(self) -> None:
        self.seal()
        self.follower.closed(self.at_ms - FRAME_MS)

    def turn(self, language: str | None) -> None:
        """Nobody listens where there is no language."""
        source = Source(track=SOURCE.track, participant="j1", language=language or "bo", engine="pieces:1")
        self.follower.turn(Way(source, None if language is None else lambda: self.engine.open(language)))

    def work(self) -> None:
        while self.follower.ready is not Ready.NOTHING:
            self.follower.work()

    @property
    def utterances(self) -> list[UtteranceHeard]:
        return [each for each in self.news if isinstance(each, UtteranceHeard)]

    @property
    def words(self) -> int:
        """That are in utterances."""
        return sum(len(each.words) for each in self.utterances)


def test_live_sound_becomes_text_and_the_end_is_noted() -> None:
    bench = Bench(PieceEngine(whole=True))
    for _ in range(8):
        bench.say(voice(), 0.5)
        bench.work()
    bench.say(hush(), 2)
    bench.end()
    bench.work()
    (heard,) = bench.utterances
    assert not heard.late
    assert abs(heard.from_ms - BEGIN_MS) < 300
    assert abs(heard.to_ms - BEGIN_MS - 4000) < 400
    assert any(isinstance(each, Interim) for each in bench.news)
    last = bench.news[-1]
    assert isinstance(last, TrackHeard)
    assert last.until_ms == bench.at_ms
    assert bench.follower.done
    assert bench.tape.reads == 0


def test_who_stops_sending_has_ended_the_sentence() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.say(voice(), 1)
    bench.work()
    bench.follower.tick(bench.at_ms * 1000 + 500_000)
    assert bench.follower.ready is Ready.NOTHING
    bench.follower.tick(bench.at_ms * 1000 + 1_500_000)
    bench.work()
    assert len(bench.utterances) == 1
    bench.follower.tick(bench.at_ms * 1000 + 2_500_000)
    assert bench.follower.ready is Ready.NOTHING


def test_who_goes_on_before_anybody_saw_to_the_silence_has_not_ended_the_new_sentence() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.say(voice(), 1)
    bench.work()
    bench.follower.tick(bench.at_ms * 1000 + 1_500_000)
    bench.at_ms += 1500
    bench.say(voice(), 0.5)
    bench.work()
    bench.say(voice(), 1)
    bench.end()
    bench.work()
    assert len(bench.utterances) == 2


def test_what_live_could_not_keep_is_heard_from_the_recording_and_then_live_again() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.say(voice(), 2)
    bench.work()
    for _ in range(8):
        bench.say(voice(), 5)
        bench.seal()
    assert bench.follower.ready is Ready.LATE
    assert bench.follower.lag_ms >= 39_000
    bench.say(voice(), 4)
    bench.work()
    assert bench.follower.lag_ms == 0
    reads = bench.tape.reads
    bench.say(voice(), 4)
    bench.end()
    bench.work()
    assert bench.tape.reads == reads
    assert bench.utterances[0].late
    assert not bench.utterances[-1].late
    assert bench.words == bench.engine.fed_words
    assert abs(bench.engine.fed_samples - 50 * 16_000) <= 16_000 * 0.4


def test_a_track_that_lost_its_place_waits_for_the_recording_and_ends_with_it() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.say(voice(), 60)
    bench.end()
    assert bench.follower.ready is Ready.NOTHING
    bench.close()
    bench.work()
    assert bench.follower.done
    assert bench.words == bench.engine.fed_words
    assert abs(bench.engine.fed_samples - 60 * 16_000) <= 16_000 * 0.4


def test_the_queue_is_bounded() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.say(voice(), 100)
    queue = bench.follower._queue
    assert len(queue) <= QUEUE_MS // FRAME_MS + 1


def test_after_a_restart_the_rest_is_heard_from_the_recording() -> None:
    first = Bench(PieceEngine(whole=True))
    first.say(voice(), 4)
    first.say(hush(), 2)
    first.work()
    first.say(voice(), 3)
    first.work()
    cursor_ms = max(each.until_ms for each in first.news if not isinstance(each, Interim))
    first.close()
    second = Bench(PieceEngine(whole=True), cursor_ms, first.tape, recalled=True)
    for each in first.tape.ranges:
        second.follower.sealed(each)
    second.follower.closed(first.at_ms - FRAME_MS)
    second.work()
    assert second.follower.done
    assert len(first.utterances) == len(second.utterances) == 1
    assert second.utterances[0].late
    assert abs(second.utterances[0].from_ms - BEGIN_MS - 6000) < 400


def test_an_engine_that_breaks_is_tried_once_more_with_what_was_recorded() -> None:
    bench = Bench(PieceEngine(whole=True, fails=[12]))
    bench.say(voice(), 4)
    bench.work()
    assert bench.utterances == []
    bench.say(hush(), 3)
    bench.end()
    bench.close()
    bench.work()
    assert bench.follower.done
    (heard,) = bench.utterances
    assert heard.trouble == ""
    assert abs(heard.from_ms - BEGIN_MS) < 300
    assert abs(heard.to_ms - BEGIN_MS - 4000) < 400


def test_an_engine_that_breaks_again_leaves_a_note_and_hears_what_follows() -> None:
    bench = Bench(PieceEngine(whole=True, fails=[12, 20]))
    bench.say(voice(), 4)
    bench.say(hush(), 2)
    bench.work()
    bench.say(voice(), 4)
    bench.end()
    bench.close()
    bench.work()
    spoilt, heard = bench.utterances
    assert (spoilt.trouble, spoilt.text) == (ENGINE_FAILED, "")
    assert abs(spoilt.to_ms - BEGIN_MS - 4000) < 400
    assert heard.trouble == ""
    assert bench.follower.done


def test_who_is_given_another_language_is_heard_in_it_from_then_on() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.say(voice(), 2)
    bench.work()
    bench.turn("bo")
    bench.work()
    bench.say(voice(), 2)
    bench.end()
    bench.work()
    first, second = bench.utterances
    assert (first.language, second.language) == ("zh-CN", "bo")
    assert first.to_ms <= second.from_ms
    assert BEGIN_MS + 1900 < first.until_ms <= BEGIN_MS + 2000


def test_what_nobody_listened_to_waits_in_the_recording_for_a_language_that_is_understood() -> None:
    bench = Bench(PieceEngine(whole=True))
    bench.turn(None)
    assert bench.follower.idle
    bench.work()
    for _ in range(20):
        bench.say(voice(), 1)
        bench.work()
    assert bench.utterances == []
    assert bench.follower.lag_ms == 0
    bench.seal()
    bench.turn("bo")
    bench.say(voice(), 1)
    bench.end()
    bench.close()
    bench.work()
    assert bench.follower.done
    assert {each.language for each in bench.utterances} == {"bo"}
    assert bench.utterances[0].from_ms < BEGIN_MS + 400
    assert bench.utterances[-1].to_ms > bench.at_ms - 400


def test_a_language_nobody_understands_is_a_problem_of_this_track_alone() -> None:
    tape = Tape(SOURCE.track)

    def refuse() -> PieceEngine:
        raise LanguageMissing("pieces:1", "bo")

    job = Job(source=SOURCE, file=Path("x"), rank=0, from_ms=0)
    follower = Follower(job, refuse, lambda news: None, read=tape.read)  # type: ignore[arg-type]
    for n, packet in enumerate(voice()):
        follower.given(n * FRAME_MS, packet, 0)
    while follower.ready is not Ready.NOTHING:
        follower.work()
    assert isinstance(follower.problem, LanguageMissing)


def test_a_file_that_is_gone_ends_the_track_and_nothing_else() -> None:
    def gone(*_: object) -> object:
        raise FileNotFoundError("x.mkv")

    job = Job(source=SOURCE, file=Path("x"), rank=0, from_ms=0)
    follower = Follower(
        job,
        lambda: PieceEngine(whole=True).open("zh-CN"),
        lambda news: None,
        recorded_only=True,
        read=gone,  # type: ignore[arg-type]
    )
    tape = Tape(SOURCE.track)
    tape.frames = [(0, voice()[0])]
    follower.sealed(tape.seal())
    follower.closed(20)
    while follower.ready is not Ready.NOTHING:
        follower.work()
    assert follower.done
    assert isinstance(follower.problem, TrackGivenUp)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["say", "hush", "work", "seal", "restart", "mute", "turn"]), st.integers(1, 12))
    ),
    st.lists(st.integers(1, 40), max_size=2),
)
def test_whatever_happens_every_sample_is_heard_once(steps: list[tuple[str, int]], fails: list[int]) -> None:
    bench = Bench(PieceEngine(whole=True, fails=fails))
    spoken: list[tuple[int, int]] = []
    for step, count in steps:
        if step in {"say", "hush"}:
            from_ms = bench.at_ms
            bench.say(voice() if step == "say" else hush(), count)
            if step == "say":
                spoken.append((from_ms, bench.at_ms))
        elif step == "mute":
            bench.at_ms += count * 1000
        elif step == "seal" and bench.tape.frames:
            bench.seal()
        elif step == "work":
            for _ in range(count):
                if bench.follower.ready is not Ready.NOTHING:
                    bench.follower.work()
        elif step == "turn":
            bench.turn((None, "bo", "zh-CN")[count % 3])
        elif step == "restart" and bench.tape.frames:
            cursor_ms = max((each.until_ms for each in bench.news if not isinstance(each, Interim)), default=0)
            news, engine, tape, at_ms = bench.news, bench.engine, bench.tape, bench.at_ms
            bench = Bench(engine, cursor_ms, tape, recalled=True)
            bench.news[:0], bench.at_ms = news, at_ms
            for each in tape.ranges:
                bench.follower.sealed(each)
    if not bench.tape.frames:
        return
    bench.turn("en")
    bench.end()
    bench.close()
    bench.work()
    assert bench.follower.done
    notes = [each for each in bench.news if not isinstance(each, Interim)]
    assert [each.until_ms for each in notes] == sorted(each.until_ms for each in notes)
    assert notes[-1].until_ms > bench.tape.frames[-1][0]
    words = sorted((word.from_ms, word.to_ms) for each in bench.utterances for word in each.words)
    assert all(b[0] >= a[1] for a, b in itertools.pairwise(words))
    covered = [(each.from_ms, each.to_ms) for each in bench.utterances]
    for from_ms, to_ms in spoken:
        # The buzz has a quiet part at each end of a syllable.
        for at_ms in range(from_ms + 400, to_ms - 400, 100):
            assert any(a <= at_ms < b for a, b in covered)
