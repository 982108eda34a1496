"""Twelve people speak at once and the engine hears half of it in time: media loses nothing, captions come late.

Real sockets, SRTP, room, recorder, log, listening threads and recording; only the engine is slow by order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hearing import events as ev
from hearing.roles import Role
from hearing.session import Move, State
from hearing.tasks import TaskSet
from hearing.transcript_events import UtteranceHeard
from records.keys import CourtKey
from records.ledger import Ledger
from records.memory import MemoryStore
from tests.fakes.captions import KeptCaptions
from tests.fakes.hearings import created
from tests.fakes.hummed import VOICES, HumEngine, hum
from tests.fakes.ledgers import log_of
from tests.fakes.made_peers import MadePublisher, MadeViewer
from tests.fakes.made_room import MadeRoom, made_room, plane_named, until
from tests.fakes.spoken import hush
from transcription.recorded import opus_frames
from yunting.bench.captions import REAL_TIME
from yunting.record.recordings import OpenRecording, Recordings
from yunting.speech.listening import Speech

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SEATS, THREADS = 12, 2
COST = 2 * THREADS / SEATS
"""Of the length of the sound: half of real time for all threads and twelve who speak without a pause."""
SPOKE_S, PAUSE_S = 4.0, 2.5
WITHIN_MS = 300
log = logging.getLogger(__name__)
OPENED = ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION)
CLOSED = ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED)


@dataclass
class Seat:
    """One of the twelve, with voices of his own; `frames` is what he says."""

    name: str
    number: int
    voices: Sequence[int]
    frames: tuple[bytes, ...]
    publisher: MadePublisher | None = None
    viewer: MadeViewer | None = None


@dataclass
class Court:
    """An open courtroom."""

    folder: Path
    media: MadeRoom
    ledger: Ledger
    engine: HumEngine
    speech: Speech
    recording: OpenRecording
    captions: KeptCaptions
    seats: list[Seat] = field(default_factory=list)


@pytest.fixture(scope="module")
def seats() -> list[Seat]:
    found = []
    for number in range(SEATS):
        voices = range(number, VOICES, SEATS)
        found.append(Seat(f"seat-{number}", number, voices, hum(voices, SPOKE_S, PAUSE_S)))
    return found


@pytest.fixture
async def court(tmp_path: Path, seats: list[Seat]) -> AsyncIterator[Court]:
    async with AsyncExitStack() as stack:
        media = await stack.enter_async_context(made_room(plane_named("native")))
        tasks = TaskSet()
        stack.push_async_callback(tasks.close)
        roles = [Role.PRESIDING_JUDGE, *[Role.PLAINTIFF] * SEATS]
        people = [
            ev.Seat(participant=seat.name, seat=seat.name, role=role, name=seat.name)
            for seat, role in zip(seats, roles, strict=False)
        ]
        ledger = await Ledger.create(MemoryStore(), CourtKey.generate(), REAL_TIME, "s", created(people), "server")
        engine = HumEngine(COST)
        speech = Speech(lambda: {"zh-CN": engine}, "zh-CN", tasks, threads=THREADS)
        await speech.start()
        stack.push_async_callback(speech.close)
        captions = KeptCaptions()
        recording = await Recordings(tmp_path, tasks, speech).open("s", media.room, ledger, captions)
        stack.push_async_callback(recording.close)
        yield Court(tmp_path / "s", media, ledger, engine, speech, recording, captions)


@pytest.mark.long
async def test_media_loses_nothing_and_the_transcript_is_whole_soon_after_closing(
    court: Court, seats: list[Seat]
) -> None:
    media, clock = court.media, court.ledger.clock
    for seat in seats:
        seat.publisher = await media.publish(seat.name, 1 + seat.number, layers="l")
        seat.publisher.hush = hush()[5]
    # Each has the floor: else five of them would be forwarded.
    media.room.set_floor([seat.name for seat in seats])
    for seat in seats:
        own = [info for info in media.told.added if info.participant == seat.name]
        seat.viewer = await media.view(f"viewer of {seat.name}", 101 + seat.number, own)
    await until(lambda: all(seat.viewer and seat.viewer.sound for seat in seats))

    await court.ledger.note("judge", [OPENED])
    await until(lambda: clock.now_ms() > 500)
    for seat in seats:
        assert seat.publisher is not None
        # What is under way while the session opens and closes may not be recorded: silence.
        seat.publisher.sound.extend([*seat.frames, *hush()[:50]])
    await until(lambda: not any(seat.publisher.sound for seat in seats if seat.publisher), timeout_s=60)
    await court.ledger.note("judge", [CLOSED])
    session_ms = clock.now_ms()
    await court.recording.close()
    assert max(state.behind_ms for state in court.captions.states) > 2000
    for task in media.tasks:
        task.cancel()
    # A busy machine takes longer than the engine does: the engine's time is what counts, here is only an end to it.
    await until(lambda: not court.speech._sessions, timeout_s=60)
    log.info(
        "all was heard %.1f s after a session of %.1f s", (clock.now_ms() - session_ms) / 1000, session_ms / 1000
    )
    assert court.engine.heard_s * COST / THREADS <= 2 * session_ms / 1000

    entries = [entry.event for entry in await log_of(court.ledger)]
    assert not [each for each in entries if isinstance(each, ev.GapRecorded | ev.RecordingIncident)]
    for seat in seats:
        assert seat.viewer is not None
        assert in_a_row(seat.frames, seat.viewer.sound)
        assert in_a_row(seat.frames, await asyncio.to_thread(recorded, court.folder, entries, seat))
    heard = [each for each in entries if isinstance(each, UtteranceHeard)]
    assert any(each.late for each in heard)
    assert not any(each.late for each in heard if each.participant == seats[0].name)
    for seat in seats:
        own = sorted((each for each in heard if each.participant == seat.name), key=lambda each: each.from_ms)
        assert [each.raw for each in own] == [str(voice) for voice in seat.voices]
        assert seat.publisher is not None
        begin_ms = clock.at_us(seat.publisher.spoke_us)
        for number, each in enumerate(own):
            from_ms = begin_ms + number * (SPOKE_S + PAUSE_S) * 1000
            assert abs(each.from_ms - from_ms) <= WITHIN_MS
            assert abs(each.to_ms - from_ms - SPOKE_S * 1000) <= WITHIN_MS


def in_a_row(frames: Sequence[bytes], among: Sequence[bytes]) -> bool:
    """Whether all of these were there, in order, once and with nothing between."""
    begin = among.index(frames[0])
    return list(among[begin : begin + len(frames)]) == list(frames)


def recorded(folder: Path, entries: Sequence[ev.AnyEvent], seat: Seat) -> list[bytes]:
    """The sound in this seat's track file."""
    (opened,) = (each for each in entries if isinstance(each, ev.TrackOpened) and each.seat == seat.name)
    ranges = [each for each in entries if isinstance(each, ev.RangeSealed) and each.track == opened.track]
    return [opus for _, opus in opus_frames(folder / opened.file, ranges, 0)]
