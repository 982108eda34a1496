"""Ten hours of a hearing, in simulated time: the last line stands where it was said, and no memory was gathered."""

from __future__ import annotations

import gc
import resource
from pathlib import Path

import pytest

from hearing.events import RangeSealed
from hearing.transcript_events import UtteranceHeard
from tests.fakes.hummed import HumEngine, hum
from tests.fakes.spoken import FRAME_MS, Tape
from transcription.ear import News, Source
from transcription.follower import Follower, Job, Ready

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

HOURS = 10
VOICES = 10
MINUTE_MS = 60_000
SPOKE_S = 1.5
WITHIN_MS = 50
MOST_BYTES = 1 << 20
SEALED_MS = 5_000


def resident_bytes() -> int:
    """Of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def sealed(from_ms: int) -> RangeSealed:
    at = from_ms * 3
    return RangeSealed(
        track="seat_1",
        file="seat_1.mkv",
        first_byte=at,
        end_byte=at + SEALED_MS * 3,
        sha512=f"{from_ms:0128x}",
        from_ms=from_ms,
        to_ms=from_ms + SEALED_MS,
    )


def test_ten_hours_of_one_seat() -> None:
    said = [hum([voice], SPOKE_S, 1.0) for voice in range(VOICES)]
    heard: list[tuple[str, int, int]] = []

    def take(news: News) -> None:
        if isinstance(news, UtteranceHeard):
            heard.append((news.raw, news.from_ms, news.to_ms))

    tape, engine = Tape("seat_1"), HumEngine(0)
    source = Source(track="seat_1", participant="seat", language="zh-CN", engine=engine.name)
    job = Job(source=source, file=Path("x"), rank=0, from_ms=0)
    follower = Follower(job, lambda: engine.open("zh-CN"), take, read=tape.read)
    held_bytes: list[int] = []
    for minute in range(HOURS * 60):
        for number, frame in enumerate(said[minute % VOICES]):
            at_ms = minute * MINUTE_MS + number * FRAME_MS
            follower.given(at_ms, frame, at_ms * 1000)
            if number % 25 == 24:
                while follower.ready is not Ready.NOTHING:
                    follower.work()
        for from_ms in range(minute * MINUTE_MS, (minute + 1) * MINUTE_MS, SEALED_MS):
            follower.sealed(sealed(from_ms))
        follower.tick((minute + 1) * MINUTE_MS * 1000)
        while follower.ready is not Ready.NOTHING:
            follower.work()
        if minute % 60 == 59:
            gc.collect()
            held_bytes.append(resident_bytes())
    follower.ended(HOURS * 60 * MINUTE_MS)
    while follower.ready is not Ready.NOTHING:
        follower.work()

    assert follower.done
    assert [raw for raw, _, _ in heard] == [str(minute % VOICES) for minute in range(HOURS * 60)]
    for minute, (_, from_ms, to_ms) in enumerate(heard):
        assert abs(from_ms - minute * MINUTE_MS) <= WITHIN_MS
        assert abs(to_ms - minute * MINUTE_MS - SPOKE_S * 1000) <= WITHIN_MS
    assert max(held_bytes[1:]) - held_bytes[0] <= MOST_BYTES
