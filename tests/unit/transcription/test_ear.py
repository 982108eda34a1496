"""Every piece of sound is in one utterance or was silence, once; and each word knows when it was said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing.transcript_events import TrackHeard, UtteranceHeard
from tests.fakes.piece_engine import PieceEngine, numbered
from transcription.audio import Piece
from transcription.ear import ENGINE_FAILED, LONGEST_MS, TELL_MS, Ear, Interim, Source
from transcription.engine import EngineFailed

pytestmark = pytest.mark.unit

SOURCE = Source(track="judge_j1_1", participant="j1", language="zh-CN", engine="pieces:1")


def by_number(spoken: set[int]) -> object:
    return lambda pcm16: bool(spoken & set(np.frombuffer(pcm16, dtype=np.int16).tolist()))


def an_ear(engine: PieceEngine, spoken: set[int], from_ms: int = 0) -> Ear:
    return Ear(SOURCE, lambda: engine.open("zh-CN"), from_ms, is_speech=by_number(spoken))  # type: ignore[arg-type]


def utterances(ear: Ear) -> list[UtteranceHeard]:
    return [news for news in ear.news if isinstance(news, UtteranceHeard)]


def numbers(heard: UtteranceHeard) -> list[int]:
    return [int(each) for each in heard.text.split()]


def run(ear: Ear, pieces: list[Piece]) -> None:
    for piece in pieces:
        ear.hear(piece)


def test_speech_is_given_with_a_moment_before_and_after_it_and_silence_is_not() -> None:
    pieces = [numbered(n + 1, n * 20) for n in range(200)]
    engine = PieceEngine()
    ear = an_ear(engine, spoken=set(range(101, 111)))
    run(ear, pieces)
    ear.end(4000)
    (heard,) = utterances(ear)
    assert numbers(heard) == list(range(86, 151))
    assert engine.fed_samples == 65 * 320


def test_words_stand_where_they_were_said_although_silence_was_left_out() -> None:
    pieces = [numbered(n + 1, 5000 + n * 20) for n in range(400)]
    ear = an_ear(PieceEngine(), spoken={50, 51, 300, 301})
    run(ear, pieces)
    ear.end(13_000)
    first, second = utterances(ear)
    for heard in (first, second):
        assert "".join(word.text for word in heard.words) == heard.text
        for word in heard.words:
            at_ms = 5000 + (int(word.text) - 1) * 20
            assert (word.from_ms, word.to_ms) == (
                min(max(at_ms, heard.from_ms), heard.to_ms),
                min(max(at_ms + 20, heard.from_ms), heard.to_ms),
            )
    assert first.utterance != second.utterance


def test_an_utterance_does_not_begin_in_the_silence_that_a_model_counts_in() -> None:
    ear = an_ear(PieceEngine(), spoken=set(range(101, 111)))
    run(ear, [numbered(n + 1, n * 20) for n in range(200)])
    ear.end(4000)
    (heard,) = utterances(ear)
    assert (heard.from_ms, heard.to_ms) == (2000, 2200)


def test_missing_sound_ends_the_utterance_where_it_is_long_and_moves_the_words_where_it_is_short() -> None:
    before = [numbered(n + 1, n * 20) for n in range(10)]
    loss = [numbered(n + 11, 260 + n * 20) for n in range(10)]
    mute = [numbered(n + 21, 3000 + n * 20) for n in range(10)]
    ear = an_ear(PieceEngine(), spoken=set(range(1, 31)))
    run(ear, before + loss + mute)
    ear.end(3200)
    first, second = utterances(ear)
    assert numbers(first) == list(range(1, 21))
    assert first.words[10].from_ms == 260
    assert first.to_ms == 460
    assert (second.from_ms, second.to_ms) == (3000, 3200)


def test_a_muted_microphone_ends_what_was_said_without_more_sound() -> None:
    ear = an_ear(PieceEngine(), spoken=set(range(1, 31)))
    run(ear, [numbered(n + 1, n * 20) for n in range(13)])
    assert ear.listening
    ear.pause()
    (heard,) = utterances(ear)
    assert numbers(heard) == list(range(1, 14))
    assert heard.until_ms == 241
    assert not ear.listening


def test_who_does_not_stop_is_cut() -> None:
    count = 5000
    ear = an_ear(PieceEngine(), spoken=set(range(1, count + 1)))
    run(ear, [numbered(n + 1, n * 20) for n in range(count)])
    ear.end(count * 20)
    heard = utterances(ear)
    assert max(each.to_ms - each.from_ms for each in heard) <= LONGEST_MS
    assert sorted(n for each in heard for n in numbers(each)) == list(range(1, count + 1))


def test_silence_is_noted_at_least_once_a_minute_and_at_the_end() -> None:
    ear = an_ear(PieceEngine(), spoken=set())
    run(ear, [numbered(1, n * 20) for n in range(10_000)])
    ear.end(200_000)
    notes = [news.until_ms for news in ear.news if isinstance(news, TrackHeard)]
    assert all(b - a <= TELL_MS + 100 for a, b in zip([0, *notes], notes, strict=False))
    assert notes[-1] == 200_000


def test_what_is_understood_so_far_is_told_under_the_name_of_the_utterance() -> None:
    ear = an_ear(PieceEngine(), spoken=set(range(1, 200)))
    run(ear, [numbered(n + 1, n * 20) for n in range(20)])
    ear.pause()
    names = {news.utterance for news in ear.news if isinstance(news, Interim | UtteranceHeard)}
    assert names == {"judge_j1_1@0"}
    assert len(ear.news) > 2


def test_where_the_engine_fails_a_person_is_asked_to_listen_and_what_follows_is_heard() -> None:
    ear = an_ear(PieceEngine(fails=[3]), spoken=set(range(1, 31)) | set(range(101, 111)))
    with pytest.raises(EngineFailed):
        run(ear, [numbered(n + 1, n * 20) for n in range(15)])
    ear.give_up()
    run(ear, [numbered(n + 1, n * 20) for n in range(15, 200)])
    ear.end(4000)
    spoilt, heard = utterances(ear)
    assert (spoilt.trouble, spoilt.text, spoilt.words) == (ENGINE_FAILED, "", ())
    assert (spoilt.from_ms, spoilt.to_ms) == (0, 600)
    assert heard.trouble == ""
    assert set(range(101, 111)) <= set(numbers(heard))
    assert heard.words[20].from_ms == (int(heard.words[20].text) - 1) * 20


def test_an_engine_that_always_fails_costs_one_note_for_each_utterance() -> None:
    ear = an_ear(PieceEngine(fails=range(1, 10_000)), spoken=set(range(1, 31)) | set(range(101, 131)))
    for n in range(200):
        try:
            ear.hear(numbered(n + 1, n * 20))
        except EngineFailed:
            ear.give_up()
    ear.end(4000)
    assert [each.trouble for each in utterances(ear)] == [ENGINE_FAILED] * 2


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_piece_is_understood_or_silent_exactly_once(data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.sampled_from([10, 20, 20, 20, 40, 60, 120]), min_size=1, max_size=300))
    gaps = data.draw(st.lists(st.sampled_from([0, 0, 0, 0, 0, 1, -1, 20, 300, 5000]), min_size=len(lengths)))
    runs = data.draw(st.lists(st.tuples(st.booleans(), st.integers(1, 80)), min_size=1, max_size=20))
    endpoint = data.draw(st.sampled_from([0, 3, 20, 60]))
    restarts = data.draw(st.lists(st.integers(0, len(lengths)), max_size=4))
    pauses = set(data.draw(st.lists(st.integers(0, len(lengths)), max_size=4)))
    fails = data.draw(st.lists(st.integers(1, 60), max_size=3))

    pieces: list[Piece] = []
    at_ms = 1000
    for number, (length, gap) in enumerate(zip(lengths, gaps, strict=False), 1):
        at_ms += gap
        pieces.append(numbered(number, at_ms, length))
        at_ms += length
    spoken: set[int] = set()
    number = 0
    for speech, count in runs:
        spoken |= set(range(number, number + count)) if speech else set()
        number += count

    engine = PieceEngine(endpoint, fails)
    noted: list[UtteranceHeard | TrackHeard] = []
    covered: list[int] = []

    def note(ear: Ear) -> None:
        for news in ear.news:
            if isinstance(news, UtteranceHeard):
                covered.extend(numbers(news))
                if news.trouble:
                    covered.extend(
                        n
                        for n, piece in enumerate(pieces, 1)
                        if int(news.utterance.split("@")[1]) <= piece.at_ms < news.until_ms
                    )
            if not isinstance(news, Interim):
                noted.append(news)
        ear.news.clear()

    def attempt(ear: Ear, *pieces: Piece) -> None:
        try:
            run(ear, list(pieces))
            if not pieces:
                ear.pause()
        except EngineFailed:
            while True:
                try:
                    ear.give_up()
                except EngineFailed:
                    # Of the next utterance, which was pending already.
                    continue
                break

    ear = an_ear(engine, spoken, 0)
    place = 0
    while place < len(pieces):
        if place in restarts:
            restarts.remove(place)
            note(ear)
            cursor_ms = max((news.until_ms for news in noted), default=0)
            ear = an_ear(engine, spoken, cursor_ms)
            place = next((n for n, piece in enumerate(pieces) if piece.at_ms >= cursor_ms), len(pieces))
            continue
        if place in pauses:
            pauses.remove(place)
            attempt(ear)
        attempt(ear, pieces[place])
        place += 1
    attempt(ear)
    ear.end(round(at_ms))
    note(ear)

    assert len(covered) == len(set(covered))
    assert spoken & set(range(1, len(pieces) + 1)) <= set(covered)
    assert max(news.until_ms for news in noted) > pieces[-1].at_ms
    untils = [news.until_ms for news in noted]
    assert untils == sorted(untils)
    names = [news.utterance for news in noted if isinstance(news, UtteranceHeard)]
    assert len(names) == len(set(names))
