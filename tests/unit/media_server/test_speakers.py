"""Active speakers from audio levels."""

from __future__ import annotations

import pytest

from media_server.speakers import Speakers

pytestmark = pytest.mark.unit

LOUD, SOFT, SILENT = 20, 32, 127


def run(speakers: Speakers, levels: dict[str, int], from_ms: int, until_ms: int) -> list[tuple[str, ...]]:
    """Packets each 20 ms of everybody named; the lists told."""
    told = []
    for now_ms in range(from_ms, until_ms, 20):
        for participant, level in levels.items():
            speakers.heard(participant, level)
        changed = speakers.update(now_ms)
        if changed is not None:
            told.append(changed)
    return told


def test_somebody_who_speaks_is_told_within_a_second() -> None:
    assert run(Speakers(), {"judge": LOUD, "clerk": SILENT}, 0, 1000) == [("judge",)]


def test_the_louder_comes_first_and_three_at_most() -> None:
    speakers = Speakers()
    run(speakers, {"a": SOFT, "b": LOUD, "c": 25, "d": 34}, 0, 2000)
    assert speakers.current == ("b", "c", "a")


def test_a_pause_between_words_does_not_end_a_speaker() -> None:
    speakers = Speakers()
    run(speakers, {"a": LOUD}, 0, 1000)
    assert run(speakers, {"a": SILENT}, 1000, 1800) == []
    assert run(speakers, {"a": SILENT}, 1800, 3000) == [()]


def test_a_short_noise_is_nobody() -> None:
    speakers = Speakers()
    told = run(speakers, {"a": LOUD}, 0, 100) + run(speakers, {"a": SILENT}, 100, 1000)
    assert told == []


def test_two_equally_loud_do_not_swap() -> None:
    speakers = Speakers()
    run(speakers, {"a": 25, "b": 26}, 0, 1000)
    first = speakers.current
    told = []
    for start in range(1000, 5000, 400):
        swing = {"a": 25 + start // 400 % 2 * 3, "b": 27 - start // 400 % 2 * 3}
        told += run(speakers, swing, start, start + 400)
    assert told == []
    assert speakers.current == first


def test_a_muted_speaker_is_gone_with_the_next_window() -> None:
    speakers = Speakers()
    run(speakers, {"a": LOUD}, 0, 1000)
    speakers.forget("a")
    assert run(speakers, {}, 1000, 1500) == [()]


def test_the_level_of_a_microphone_is_the_loudest_of_the_newest_window() -> None:
    speakers = Speakers()
    assert speakers.level_dbov("judge") is None
    run(speakers, {"judge": SILENT}, 0, 400)
    speakers.heard("judge", LOUD)
    run(speakers, {"judge": SILENT}, 400, 800)
    assert speakers.level_dbov("judge") == -LOUD
    run(speakers, {"judge": SILENT}, 800, 1640)
    assert speakers.level_dbov("judge") == -SILENT
    run(speakers, {}, 1640, 2500)
    assert speakers.level_dbov("judge") is None
    speakers.forget("judge")
    assert speakers.level_dbov("judge") is None
