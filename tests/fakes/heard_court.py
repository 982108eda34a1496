"""An open session whose recorder is played to in simulated time and whose transcript goes into a real log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from hearing import events as ev
from hearing.roles import Role
from hearing.tasks import TaskSet
from hearing.transcript_events import UtteranceHeard
from media_server.ports import Kind, PublicationInfo, SenderReport
from media_server.recorder import TICK_S, Recorder
from records.ledger import Ledger
from tests.fakes.captions import KeptCaptions
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY, FailingStore, log_of
from transcription.engine import Engine
from yunting.speech.listening import Speech

PEOPLE = (("judge", Role.PRESIDING_JUDGE), ("plaintiff", Role.PLAINTIFF))
SEATS = tuple(ev.Seat(participant=who, seat=who, role=role, name=who) for who, role in PEOPLE)


class Microphone(Protocol):
    """What sends sound: `yunting.bench.spoken_source.Speaker` is one."""

    publication: PublicationInfo
    ssrc: int

    def events(self, begin_us: int) -> Iterator[tuple[int, bytes | SenderReport]]: ...


class Court:
    """An open session whose recorder is played to in simulated time, never faster than it is listened to."""

    def __init__(self, folder: Path, store: FailingStore, time: FakeTime, ledger: Ledger, speech: Speech) -> None:
        self.folder = folder
        self.store = store
        self.time = time
        self.ledger = ledger
        self.speech = speech
        self.captions = KeptCaptions()
        self.waiting: list[ev.AnyEvent] = []

    async def listen(self) -> None:
        self.transcriber = await self.speech.open("s", self.ledger, self.folder, self.captions)
        self.recorder = Recorder(
            self.folder,
            emit=self.waiting.append,  # type: ignore[arg-type]
            request_keyframe=lambda _: None,
            seat_of=lambda participant: participant,
            monotonic_us=lambda: self.time.monotonic_us,
            listener=self.transcriber,
        )

    async def play(
        self,
        speakers: Sequence[Microphone],
        *,
        patient: bool = True,
        until_s: float = 1e9,
        also: Sequence[tuple[float, Callable[[Court], Awaitable[None]]]] = (),
    ) -> None:
        """`also` is what else happens, each at its second."""
        for speaker in speakers:
            rate = 90_000 if speaker.publication.kind is Kind.VIDEO else 48_000
            self.recorder.track_started(speaker.publication, speaker.ssrc, rate)
        begin_us = self.time.monotonic_us
        feeds = sorted(
            (
                (at_us, speaker.publication.id, item)
                for speaker in speakers
                for at_us, item in speaker.events(begin_us)
            ),
            key=lambda event: event[0],
        )
        place = 0
        while place < len(feeds) and self.time.monotonic_us < begin_us + until_s * 1e6:
            self.time.pass_ms(round(TICK_S * 1000))
            while also and begin_us + also[0][0] * 1e6 <= self.time.monotonic_us:
                await also[0][1](self)
                also = also[1:]
            while place < len(feeds) and feeds[place][0] <= self.time.monotonic_us:
                at_us, publication, item = feeds[place]
                if isinstance(item, SenderReport):
                    self.recorder.track_report(publication, item)
                else:
                    self.recorder.track_packet(publication, at_us, item)
                place += 1
            await self.tick()
            # Who is behind when a pause ends is heard from the recording, which does not grow while this waits.
            while patient and any(each.lag_ms > 0 for each in self.transcriber._followers.values()):
                await asyncio.sleep(0.001)

    async def tick(self) -> None:
        self.recorder.tick()
        batch, self.waiting[:] = tuple(self.waiting), []
        if batch:
            await self.ledger.note("server", batch)
        await asyncio.sleep(0)

    async def close(self) -> None:
        self.recorder.close()
        await asyncio.to_thread(self.recorder.stop_writing)
        await self.tick()
        self.transcriber.close()
        async with asyncio.timeout(60):
            while self.speech._sessions:
                await asyncio.sleep(0.02)

    async def utterances(self) -> list[UtteranceHeard]:
        return [entry.event for entry in await log_of(self.ledger) if isinstance(entry.event, UtteranceHeard)]


@asynccontextmanager
async def heard_court(folder: Path, engines: Mapping[str, Engine], *, waiting: bool = False) -> AsyncIterator[Court]:
    """`PEOPLE` sit in it; it records from now on, or with `waiting` once it is opened."""
    store, time, tasks = FailingStore(), FakeTime(), TaskSet()
    ledger = await Ledger.create(store, KEY, time.sources(), "s", created(SEATS), "server")
    if not waiting:
        ledger.clock.start()
    speech = Speech(lambda: engines, "zh-CN", tasks)
    await speech.start()
    court = Court(folder, store, time, ledger, speech)
    await court.listen()
    if not waiting:
        court.recorder.open(ledger.clock)
    yield court
    await asyncio.to_thread(court.recorder.stop_writing)
    await speech.close()
    await tasks.close()
