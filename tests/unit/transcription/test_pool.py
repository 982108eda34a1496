"""Many speak and the processor is too slow: the bench stays live, the others come late, nobody is left out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from hearing.transcript_events import UtteranceHeard
from tests.fakes.piece_engine import PieceEngine, PieceStream
from tests.fakes.spoken import FRAME_MS, Tape, voice
from transcription.ear import Interim, News, Source
from transcription.engine import Final, Result
from transcription.follower import QUEUE_MS, Follower, Job, Ready
from transcription.pool import Pool

pytestmark = pytest.mark.unit

SEATS = 12
SECONDS = 40
SEALED_MS = 5000


class Clock:
    """Simulated time: only the engine takes any."""

    def __init__(self) -> None:
        self.ms = 0.0


class SlowStream:
    """An engine's stream that takes `cost` of the length of the sound it hears."""

    def __init__(self, stream: PieceStream, clock: Clock, cost: float) -> None:
        self._stream = stream
        self._clock = clock
        self._cost = cost

    def accept(self, pcm16: bytes) -> Sequence[Result]:
        self._clock.ms += len(pcm16) / 32 * self._cost
        return self._stream.accept(pcm16)

    def flush(self) -> Sequence[Final]:
        return self._stream.flush()

    def close(self) -> None:
        self._stream.close()


class Seat:
    """Somebody who speaks without a pause, and what became of it."""

    def __init__(self, number: int, pool: Pool, clock: Clock, engine: PieceEngine, cost: float) -> None:
        name = f"seat{number}_1"
        self.tape = Tape(name)
        self.news: list[News] = []
        source = Source(track=name, participant=f"p{number}", language="zh-CN", engine=engine.name)
        self.follower = Follower(
            Job(source=source, file=Path("x"), rank=0 if number == 0 else 1, from_ms=0),
            lambda: SlowStream(engine.open("zh-CN"), clock, cost),
            self.news.append,
            read=self.tape.read,
        )
        pool.add(self.follower)

    @property
    def utterances(self) -> list[UtteranceHeard]:
        return [each for each in self.news if isinstance(each, UtteranceHeard)]

    @property
    def words(self) -> int:
        """One for each 100 ms of sound."""
        return sum(len(each.words) for each in self.utterances)


def test_twelve_speak_and_half_can_be_heard() -> None:
    clock, pool, engine = Clock(), Pool(), PieceEngine(endpoint_after=30, whole=True)
    seats = [Seat(number, pool, clock, engine, 2 / SEATS) for number in range(SEATS)]
    packets = voice()
    worst_ms = 0
    for number in range(SECONDS * 1000 // FRAME_MS):
        at_ms = number * FRAME_MS
        while clock.ms < at_ms:
            if not pool.turn():
                clock.ms = at_ms
        for seat in seats:
            seat.tape.frames.append((at_ms, packets[number % len(packets)]))
            seat.follower.given(at_ms, packets[number % len(packets)], at_ms * 1000)
            if at_ms % SEALED_MS == SEALED_MS - FRAME_MS:
                seat.follower.sealed(seat.tape.seal())
        worst_ms = max(worst_ms, seats[0].follower.lag_ms)
    for seat in seats:
        seat.follower.ended(SECONDS * 1000)
        seat.follower.closed(SECONDS * 1000 - FRAME_MS)
    while pool.turn():
        pass
    assert all(seat.follower.done for seat in seats)
    assert clock.ms <= 2 * SECONDS * 1000 * 1.02
    # The bench was heard as if nobody else spoke.
    assert worst_ms <= 2000
    assert not any(each.late for each in seats[0].utterances)
    assert seats[0].tape.reads == 0
    assert any(each.late for each in seats[-1].utterances)
    for seat in seats:
        assert abs(seat.words - SECONDS * 10) <= 4
        assert len({each.utterance for each in seat.utterances}) == len(seat.utterances)
        assert len(seat.follower._queue) <= QUEUE_MS // FRAME_MS + 1
    assert sum(seat.words for seat in seats) == engine.fed_words


def test_who_is_behind_is_not_shown_half_understood_words() -> None:
    clock, pool, engine = Clock(), Pool(), PieceEngine(whole=True)
    seat = Seat(1, pool, clock, engine, 0)
    packets = voice()
    for number in range(500):
        seat.follower.given(number * FRAME_MS, packets[number % len(packets)], 0)
    pool.turn()
    assert not any(isinstance(each, Interim) for each in seat.news)
    while pool.turn():
        pass
    assert any(isinstance(each, Interim) for each in seat.news)


def test_nobody_is_served_while_results_cannot_be_kept() -> None:
    clock, pool, engine = Clock(), Pool(), PieceEngine(whole=True)
    seat = Seat(1, pool, clock, engine, 0)
    seat.follower.given(0, voice()[0], 0)
    pool.hold(True)
    assert not pool.turn()
    assert seat.follower.ready is Ready.LIVE
    pool.hold(False)
    assert pool.turn()


def test_a_fault_in_one_track_ends_no_other() -> None:
    clock, pool, engine = Clock(), Pool(), PieceEngine(whole=True)
    bad, good = Seat(0, pool, clock, engine, 0), Seat(1, pool, clock, engine, 0)
    bad.follower._emit = lambda news: 1 / 0  # type: ignore[assignment,return-value]
    packets = voice()
    for seat in (bad, good):
        for number in range(100):
            seat.follower.given(number * FRAME_MS, packets[number], 0)
        seat.follower.ended(2000)
    while pool.turn():
        pass
    assert good.utterances
    assert good.follower.done
    assert bad.follower.done


def test_threads_serve_tracks_at_once_and_each_track_in_order() -> None:
    clock, pool = Clock(), Pool()
    meeting = threading.Barrier(2, timeout=30)
    seats = []
    for number in range(2):
        engine = PieceEngine(whole=True)
        seat = Seat(number, pool, clock, engine, 0)
        seats.append(seat)
        accept = engine.open

        def meets(language: str, hotwords: Sequence[str] = (), accept=accept) -> PieceStream:  # type: ignore[no-untyped-def]
            # Both threads must be within a track of their own to get past this.
            meeting.wait()
            return accept(language, hotwords)

        engine.open = meets  # type: ignore[method-assign]
    pool.start(2)
    packets = voice()
    for seat in seats:
        for number in range(200):
            seat.follower.given(number * FRAME_MS, packets[number % len(packets)], 0)
        seat.follower.ended(4000)
    pool.wake()
    pool.wake()
    waiting = threading.Event()
    for _ in range(600):
        if all(seat.follower.done for seat in seats):
            break
        waiting.wait(0.05)
    pool.close()
    assert all(seat.utterances for seat in seats)
    for seat in seats:
        untils = [each.until_ms for each in seat.news if not isinstance(each, Interim)]
        assert untils == sorted(untils)
