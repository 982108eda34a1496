"""What the bench of captions counts, and that what it sends is what it says it sends."""

from __future__ import annotations

import numpy as np
import pytest

from media_server.ports import SenderReport
from tests.fakes.piece_engine import PieceEngine
from transcription.audio import opus_ms
from yunting.bench.captions import edits
from yunting.bench.metered import Metered
from yunting.bench.spoken_source import RATE_HZ, Clip, Speaker, speech_bounds

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "heard", "count"),
    [
        ("请求判令", "请求判令", 0),
        ("请求判令", "", 4),
        ("", "请求", 2),
        ("请求判令", "请球判令", 1),
        ("请求判令", "请求判", 1),
        ("请求判令", "青请求判令", 1),
        ("请求判令", "判令请求", 4),
    ],
)
def test_edits_are_the_fewest_changes(said: str, heard: str, count: int) -> None:
    assert edits(said, heard) == count


def a_clip() -> Clip:
    sound = np.zeros(2 * RATE_HZ, dtype=np.int16)
    times = np.arange(RATE_HZ) / RATE_HZ
    sound[RATE_HZ // 2 : RATE_HZ * 3 // 2] = (9000 * np.sin(2 * np.pi * 300 * times)).astype(np.int16)
    return Clip("made", sound, "啊")


def test_speech_is_found_where_it_is_loud() -> None:
    assert speech_bounds(a_clip().sound) == (0.5, 1.5)


def test_a_speaker_says_each_clip_where_it_says_so_and_packets_come_in_order() -> None:
    speaker = Speaker("p0", [a_clip(), a_clip()], seed=3, jitter_ms=30, lead_s=1)
    first, second = speaker.said
    assert (first.clip_s, first.from_s, first.to_s) == (1.0, 1.5, 2.5)
    assert second.clip_s == 4.5
    events = list(speaker.events(1_000_000))
    packets = [(at, each) for at, each in events if not isinstance(each, SenderReport)]
    arrivals = [at for at, _ in packets]
    assert arrivals == sorted(arrivals)
    assert sum(opus_ms(each[12:]) for _, each in packets) >= speaker.seconds * 1000
    assert all(0 <= at - 1_000_000 - number * 20_000 <= 30_000 for number, at in enumerate(arrivals))


def test_the_time_of_an_engine_is_that_of_its_calls_alone() -> None:
    metered = Metered(PieceEngine(whole=True))
    stream = metered.open("zh-CN")
    burn()
    assert metered.cpu_s == 0
    (said,) = stream.accept(bytes(3200))
    assert metered.call(burn) > 0
    assert metered.cpu_s > 0
    before_s = metered.cpu_s
    (final,) = stream.flush()
    assert (said.text, final.text) == ("0 ", "0 ")
    assert metered.cpu_s >= before_s
    stream.close()


def burn() -> int:
    return sum(range(100_000))
