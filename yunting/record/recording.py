"""Recording follows the session: joins a session's log, its media room and its recorder.

开庭 begins it, the three lawful breaks interrupt it, 闭庭 ends it; there is no other switch. What the recorder
tells (ranges, gaps, incidents) goes into the log in order; while the log cannot be written it waits here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import structlog

from hearing import events as ev
from hearing.events import Entry
from hearing.session import is_over, is_recording, lawful_pause
from hearing.state import Hearing
from media_server.ports import MediaRoom, SoundListener
from media_server.recorder import Recorder
from media_server.recording.health import TrackHealth
from media_server.recording.writer import Writer
from records.errors import StoreUnavailable
from records.ledger import Ledger

MAX_WAITING_EVENTS = 200_000
"""Ten hours of a hundred tracks. Beyond it events of the recorder would be lost: the oldest stay, and an
incident says so when the log works again."""
_RETRY_S = 1.0

_log = structlog.get_logger(__name__)


class SessionRecording:
    """One session's recording. `run` is to be run in a task group of the owner for the session's life."""

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        room: MediaRoom,
        taken: Collection[str] = (),
        listener: SoundListener | None = None,
        key: bytes | None = None,
    ) -> None:
        """With `key` what is recorded is sealed on the disk."""
        self._ledger = ledger
        self._waiting: deque[ev.AnyEvent] = deque()
        self._overflowed = 0
        self._news = asyncio.Event()
        self._noting = asyncio.Lock()
        self._recorder = Recorder(
            folder,
            emit=self._emit,
            request_keyframe=room.request_keyframe,
            seat_of=self._seat_of,
            taken=taken,
            level_of=room.level_dbov,
            listener=listener,
            writer=Writer(folder, key=key),
        )
        self._detach: list[Callable[[], None]] = [room.attach(self._recorder), ledger.subscribe(self._on_entries)]
        self._started = False
        self.incident: str | None = None
        """What the recorder cannot do at present, for the console; None when all is well."""
        self._follow(ledger.hearing)

    @property
    def recording(self) -> bool:
        """Whether media is to be recorded now."""
        return is_recording(self._ledger.hearing.state)

    def health(self) -> tuple[TrackHealth, ...]:
        """Facts of every running track, for the clerk's console."""
        return self._recorder.health()

    async def run(self) -> None:
        """Move media to disk and facts into the log until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._recorder.run(), name="recorder")
            tasks.create_task(self._note_all(), name="recorder's events")

    async def settled(self) -> None:
        """Complete all files and note everything: before an export, and at the end. Idempotent.

        Raises StoreUnavailable when the log refuses; nothing is lost then.
        """
        await self._recorder.finish()
        await self._note_waiting()

    async def close(self) -> None:
        """Detach from room and log, complete the files. Idempotent."""
        while self._detach:
            self._detach.pop()()
        with contextlib.suppress(StoreUnavailable):
            await self.settled()

    def _on_entries(self, entries: Sequence[Entry], hearing: Hearing) -> None:
        if any(isinstance(entry.event, ev.StateChanged) for entry in entries):
            self._follow(hearing)

    def _follow(self, hearing: Hearing) -> None:
        if is_recording(hearing.state):
            self._recorder.open(self._ledger.clock)
            self._started = True
        elif self._started and (pause := lawful_pause(hearing.state)) is not None:
            self._recorder.pause(pause)
        elif self._started and is_over(hearing.state):
            self._recorder.close()

    def _seat_of(self, participant: str) -> str:
        person = self._ledger.hearing.people.get(participant)
        return person.seat.seat if person is not None else "unknown"

    def _emit(self, event: ev.Event) -> None:
        if isinstance(event, ev.RecordingIncident):
            self.incident = event.detail if event.to_ms is None else None
        if len(self._waiting) >= MAX_WAITING_EVENTS:
            self._overflowed += 1
            return
        self._waiting.append(event)  # type: ignore[arg-type]  # the recorder speaks the catalogue
        self._news.set()

    async def _note_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._note_waiting()
            except StoreUnavailable as problem:
                _log.error("recording events wait for the log", waiting=len(self._waiting), code=problem.code)
                await asyncio.sleep(_RETRY_S)
                self._news.set()

    async def _note_waiting(self) -> None:
        async with self._noting:
            while self._waiting:
                batch = tuple(self._waiting)
                await self._ledger.note("server", batch)
                for _ in batch:
                    self._waiting.popleft()
            if self._overflowed:
                await self._ledger.note("server", [self._overflow()])
                self._overflowed = 0

    def _overflow(self) -> ev.RecordingIncident:
        now_ms = self._ledger.clock.now_ms()
        lost = f"{self._overflowed} events of the recorder could not be kept while the log was unavailable"
        return ev.RecordingIncident(cause="events-lost", from_ms=now_ms, to_ms=now_ms, detail=lost)
