"""All recordings of this server: made when a courtroom opens, watched over, settled before an export."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import cast

import structlog

from hearing import events as ev
from hearing.errors import UserError
from hearing.session import State
from hearing.tasks import TaskSet, log_fault
from media_server.ports import MediaRoom
from media_server.recording import health as track
from media_server.recording.recovery import crash_events, inspect, track_names
from records.errors import StoreUnavailable
from records.ledger import Ledger
from signaling import protocol as wire
from signaling.ports import CaptionSink
from yunting.record.composites import Composites
from yunting.record.recording import SessionRecording
from yunting.record.recording_keys import RecordingKeys
from yunting.record.sounds import Sounds
from yunting.speech.listening import Speech
from yunting.speech.transcribing import SessionTranscriber

FAULT_NOTED_MS = 60_000
_RESTART_S = 1.0

_log = structlog.get_logger(__name__)


class Recordings:
    """Recordings by session. Implements `signaling.ports.OnRoomOpened` by `open`."""

    def __init__(
        self,
        folder: Path,
        tasks: TaskSet,
        speech: Speech | None = None,
        keys: RecordingKeys | None = None,
        composites: Composites | None = None,
    ) -> None:
        self._speech = speech
        self._keys = keys
        self._composites = composites
        self._folder = folder
        self._tasks = tasks
        self.sounds = Sounds(self.folder_of, self.unlock)
        self._running: dict[str, OpenRecording] = {}

    def folder_of(self, session: str) -> Path:
        """Where the session's tracks lie."""
        return self._folder / session

    async def open(self, session: str, room: MediaRoom, ledger: Ledger, captions: CaptionSink) -> OpenRecording:
        """Begin to follow a session; what an earlier process left on disk is looked through and noted first.

        A folder that cannot be read keeps nobody out of the courtroom: it becomes an incident, and the recorder,
        which overwrites no file, tries on.
        """
        folder = self.folder_of(session)
        taken: Collection[str] = ()
        key = await self._key_for_new(session, ledger)
        try:
            await self.recover(session, ledger)
            taken = await asyncio.to_thread(track_names, folder)
        except (OSError, UserError) as problem:
            log_fault("recordings were not looked through", problem, session=session)
            now_ms = ledger.clock.now_ms()
            if not _is_sealed(ledger):
                await ledger.note("server", [_unreadable(now_ms, problem)])
        # What a sealed record says of the recording, and in words, is final.
        heard = self._speech if not _is_sealed(ledger) else None
        listener = await heard.open(session, ledger, folder, captions) if heard is not None else None
        recording = SessionRecording(folder, ledger, room, taken, listener, key)
        opened = OpenRecording(
            recording, folder, ledger, lambda: self._running.pop(session, None), listener, self.sounds
        )
        opened.task = self._tasks.spawn(_watch(recording, ledger), f"recording {session}")
        self._running[session] = opened
        if self._composites is not None:
            self._composites.follow(ledger, folder)
        return opened

    async def recover(self, session: str, ledger: Ledger) -> None:
        """Note what a crash left on disk, unless the session is being recorded now or sealed for good. Idempotent."""
        if session in self._running:
            return
        await self.unlock(session)
        if _is_sealed(ledger):
            return
        events = [entry.event async for entry in ledger.entries()]
        tracks = await asyncio.to_thread(inspect, self.folder_of(session), events)
        found = crash_events(tracks, ledger.clock.now_ms())
        if found:
            await ledger.note("server", cast(Sequence[ev.AnyEvent], found))

    async def unlock(self, session: str) -> None:
        """Make the session's sealed tracks readable in this process. Idempotent. Raises UserError `recording-locked`,
        StoreUnavailable."""
        if self._keys is not None:
            await self._keys.unlock(session, self.folder_of(session))

    async def _key_for_new(self, session: str, ledger: Ledger) -> bytes | None:
        """What new tracks are to be sealed with. A key that cannot be had keeps nobody from being recorded: it
        becomes an incident, and the tracks lie open."""
        if self._keys is None:
            return None
        try:
            return await self._keys.for_new(session, self.folder_of(session))
        except UserError as problem:
            log_fault("recordings are not sealed", problem, session=session)
            now_ms = ledger.clock.now_ms()
            detail = f"tracks are not encrypted on the disk: {problem.en}"
            incident = ev.RecordingIncident(cause="fault", from_ms=now_ms, to_ms=now_ms, detail=detail)
            await ledger.note("server", [incident])
            return None

    async def settle(self, session: str, ledger: Ledger) -> None:
        """Before an export: every file complete, everything noted. Raises StoreUnavailable."""
        if opened := self._running.get(session):
            await opened.recording.settled()
        else:
            await self.recover(session, ledger)

    async def composed(self, session: str) -> None:
        """Before an export, which makes what is missing: nobody else composes this session any more, unless it is
        opened again. Idempotent."""
        if self._composites is not None:
            await self._composites.settle(session)

    def caught_up(self, session: str) -> bool:
        """Whether everything that was recorded and can be listened to is in the log as text."""
        return self._speech is None or self._speech.caught_up(session)

    async def close(self) -> None:
        """Settle and end all. Idempotent."""
        for opened in tuple(self._running.values()):
            await opened.close()


class OpenRecording:
    """One courtroom's recording as signaling sees it (`signaling.ports.RoomRecording`)."""

    def __init__(
        self,
        recording: SessionRecording,
        folder: Path,
        ledger: Ledger,
        forget: Callable[[], object],
        transcriber: SessionTranscriber | None,
        sounds: Sounds,
    ) -> None:
        self.recording = recording
        self._transcriber = transcriber
        self._ledger = ledger
        self._sounds = sounds
        self.task: asyncio.Task[None] | None = None
        self._folder = folder
        self._forget = forget

    def health(self) -> wire.RecordingHealth | None:
        """See `signaling.ports.RoomRecording`."""
        lines = self.recording.health()
        if not lines and not self.recording.recording:
            return None
        free = next((line.disk_free_bytes for line in lines if line.disk_free_bytes is not None), None)
        return wire.RecordingHealth(
            recording=self.recording.recording,
            tracks=tuple(_line(each) for each in lines),
            disk_free_bytes=free if free is not None else _free_bytes(self._folder),
            incident=self.recording.incident,
        )

    async def sound(self, track: str, from_ms: int, to_ms: int) -> bytes:
        """See `signaling.ports.RoomRecording`."""
        return await self._sounds.cut(self._ledger, track, from_ms, to_ms)

    async def close(self) -> None:
        """See `signaling.ports.RoomRecording`."""
        self._forget()
        await self.recording.close()
        if self._transcriber is not None:
            self._transcriber.close()
        if self.task is not None:
            self.task.cancel()


async def _watch(recording: SessionRecording, ledger: Ledger) -> None:
    """Keep the recording running: a fault of ours becomes an incident in the log, never a silent end.

    A fault that comes again at each restart is noted once in FAULT_NOTED_MS: the log is kept for ever.
    """
    noted_ms: int | None = None
    while True:
        try:
            await recording.run()
        except Exception as fault:
            log_fault("recording failed", fault, session=ledger.session)
            now_ms = ledger.clock.now_ms()
            incident = ev.RecordingIncident(cause="fault", from_ms=now_ms, to_ms=None, detail=type(fault).__name__)
            recording.incident = incident.detail
            try:
                if noted_ms is None or now_ms - noted_ms >= FAULT_NOTED_MS:
                    await ledger.note("server", [incident])
                    noted_ms = now_ms
            except StoreUnavailable:
                _log.error("the incident could not be noted", session=ledger.session)
            await asyncio.sleep(_RESTART_S)


def _is_sealed(ledger: Ledger) -> bool:
    return ledger.hearing.state is State.SEALED


def _unreadable(now_ms: int, problem: OSError | UserError) -> ev.RecordingIncident:
    why = problem.en if isinstance(problem, UserError) else problem.strerror
    what = f"earlier recordings could not be looked through: {why}"
    return ev.RecordingIncident(cause="disk-error", from_ms=now_ms, to_ms=now_ms, detail=what)


def _line(health: track.TrackHealth) -> wire.TrackHealth:
    return wire.TrackHealth(
        track=health.track or "",
        participant=health.participant,
        kind=health.kind,
        bytes_total=health.bytes_written,
        sealed_age_ms=health.sealed_ms_ago,
        level_dbov=health.level_dbov,
        drift_ms=round(health.drift_ms),
        gaps=health.gaps,
    )


def _free_bytes(folder: Path) -> int:
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    return shutil.disk_usage(existing).free
