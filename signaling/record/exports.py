"""Export jobs: one runs at a time, a few wait, progress goes to the clerk's page; the package streams as a ZIP."""

from __future__ import annotations

import asyncio
import threading
import zipfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import RawIOBase
from pathlib import Path

import structlog
from msgspec.structs import replace

from hearing.errors import UserError
from hearing.ids import new_ulid, time_of
from hearing.seal_events import SealStep
from hearing.tasks import TaskSet
from signaling.bodies import ExportJob
from signaling.errors import error_message
from signaling.ports import Exported, ExportStep
from signaling.protocol import ExportProgress
from signaling.rooms import Rooms
from signaling.services import Services
from signaling.sessions.desk import SessionDesk

MAX_WAITING = 8
JOBS_KEPT = 200
CHUNK_BYTES = 256 * 1024
CHUNKS_AHEAD = 8
MAX_DOWNLOADS = 8

Make = Callable[[Callable[[ExportStep], None], str], Awaitable[Exported]]
"""(progress, id of the package): make a package."""

_downloads = ThreadPoolExecutor(MAX_DOWNLOADS, "download")

_log = structlog.get_logger("signaling")


class Exports:
    """Jobs by id; the oldest finished ones are forgotten beyond JOBS_KEPT (their packages stay on disk)."""

    def __init__(self, services: Services, rooms: Rooms, sessions: SessionDesk, tasks: TaskSet) -> None:
        self._services = services
        self._rooms = rooms
        self._sessions = sessions
        self._tasks = tasks
        self._jobs: OrderedDict[str, ExportJob] = OrderedDict()
        self._packages: dict[str, Exported] = {}
        self._one_at_a_time = asyncio.Semaphore(1)

    async def start(self, session: str, edition: str, account: str, name: str, case_no: str | None = None) -> str:
        """Queue an export; returns its job. Raises UserError `unknown-session`, `busy`."""
        await self._services.book.get(session)
        if sum(not job.done for job in self._jobs.values()) >= MAX_WAITING:
            raise UserError("busy", "导出任务过多，请稍后再试", "too many exports are waiting: try again later")
        owner = await self._sessions.seat_of(session, account)
        exporter = self._services.exporter

        def make(progress: Callable[[ExportStep], None], job: str) -> Awaitable[Exported]:
            return exporter.export(session, edition, name, progress, job, case_no)

        return self.begin(session, make, owner, edition, case_no)

    def begin(
        self,
        session: str,
        make: Make,
        owner: str | None = None,
        edition: str = "court",
        case_no: str | None = None,
        seal: SealStep | None = None,
    ) -> str:
        """Queue `make` as a job of the session, however many wait; `owner`'s page is told of the progress."""
        job = new_ulid(self._services.sources.utc_ms())
        self._jobs[job] = _waiting(job, session, edition, case_no, seal)
        self._forget_old()
        self._tasks.spawn(self._run(job, make, owner), "export")
        return job

    def job(self, job: str) -> ExportJob:
        """How far the job is. Raises UserError `unknown-job`."""
        found = self._jobs.get(job)
        if found is None:
            raise UserError("unknown-job", "没有这个导出任务", "there is no such export")
        return found

    def known(self, job: str) -> ExportJob | None:
        """As `job`; None for one that is not known any more."""
        return self._jobs.get(job)

    async def of(self, session: str) -> list[ExportJob]:
        """Jobs of the session, the oldest first: waiting, running, finished, and its packages on disk that were made
        before this process began. Raises UserError `unknown-session`."""
        await self._services.book.get(session)
        stored = await self._services.exporter.packages(session)
        for package in stored:
            # A job of this process that is not done yet may have its package on disk: it tells of it by itself.
            if package.id not in self._jobs:
                self._jobs[package.id] = _done(
                    _waiting(package.id, session, package.edition, package.case_no or None, package.seal), package
                )
                self._packages[package.id] = package
        self._forget_old()
        return sorted((job for job in self._jobs.values() if job.session == session), key=lambda job: job.job)

    def package(self, job: str) -> Exported:
        """The finished package. Raises UserError `unknown-job`, `not-ready`."""
        self.job(job)
        found = self._packages.get(job)
        if found is None:
            raise UserError("not-ready", "案卷包尚未完成", "the package is not ready")
        return found

    async def _run(self, job: str, make: Make, owner: str | None) -> None:
        def progress(step: ExportStep) -> None:
            was = self._jobs[job]
            permille = max(was.permille, min(step.permille, 999))
            self._set(replace(was, permille=permille, step_zh=step.step_zh, step_en=step.step_en), owner)

        try:
            async with self._one_at_a_time:
                made = await make(progress, job)
        except Exception as problem:
            error = error_message(None, problem, "export")
            failed = replace(self._jobs[job], done=True, error=error.code, step_zh=error.zh, step_en=error.en)
            self._set(failed, owner)
            return
        self._packages[job] = made
        self._set(_done(self._jobs[job], made), owner)

    def _set(self, now: ExportJob, owner: str | None) -> None:
        self._jobs[now.job] = now
        room = self._rooms.live(now.session)
        connection = room.connections.get(owner) if room is not None and owner is not None else None
        if connection is not None:
            connection.send(
                ExportProgress(
                    job=now.job,
                    permille=now.permille,
                    step_zh=now.step_zh,
                    step_en=now.step_en,
                    done=now.done,
                    url=now.url,
                    error=now.error,
                )
            )

    def _forget_old(self) -> None:
        for job in [job for job, state in self._jobs.items() if state.done][: max(0, len(self._jobs) - JOBS_KEPT)]:
            del self._jobs[job]
            self._packages.pop(job, None)


def _waiting(job: str, session: str, edition: str, case_no: str | None, seal: SealStep | None) -> ExportJob:
    return ExportJob(
        job=job,
        session=session,
        permille=0,
        step_zh="排队中",
        step_en="waiting",
        done=False,
        error=None,
        url=None,
        bytes=None,
        sha512=None,
        edition=edition,
        case_no=case_no,
        seal=seal or "",
        begun_utc_ms=time_of(job),
    )


def _done(job: ExportJob, made: Exported) -> ExportJob:
    return replace(
        job,
        permille=1000,
        step_zh=f"完成。{made.note_zh}" if made.note_zh else "完成",
        step_en=f"done. {made.note_en}" if made.note_en else "done",
        done=True,
        url=f"/api/v1/exports/{job.job}/package.zip",
        bytes=made.bytes_total,
        sha512=made.sha512,
    )


class _Pipe(RawIOBase):
    """A write-only file that hands its chunks to the event loop; the writer waits when the reader is slow."""

    def __init__(
        self, hand_over: Callable[[bytes], None], room: threading.Semaphore, stopped: threading.Event
    ) -> None:
        self._hand_over = hand_over
        self._room = room
        self._stopped = stopped

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        while not self._stopped.is_set():
            if self._room.acquire(timeout=0.5):
                self._hand_over(piece)
                return len(piece)
        raise BrokenPipeError("the download was given up")


async def zip_stream(folder: Path) -> AsyncIterator[bytes]:
    """The folder as a ZIP (stored, ZIP64), a few chunks in memory at a time. A reader that stops ends the writer.

    At most MAX_DOWNLOADS at a time, in threads of their own: a download that somebody lets lie holds up further
    downloads, and nothing else of the server.
    """
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
    room = threading.Semaphore(CHUNKS_AHEAD)
    stopped = threading.Event()

    def hand_over(chunk: bytes | None) -> None:
        loop.call_soon_threadsafe(chunks.put_nowait, chunk)

    def write() -> None:
        try:
            with zipfile.ZipFile(
                _Pipe(hand_over, room, stopped), "w", zipfile.ZIP_STORED, allowZip64=True
            ) as archive:
                for path in sorted(folder.rglob("*")):
                    if path.is_file():
                        _add(archive, path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
        except BrokenPipeError:
            return
        finally:
            if not stopped.is_set():
                hand_over(None)

    thread = _downloads.submit(write)
    writer = asyncio.wrap_future(thread)
    try:
        while (chunk := await chunks.get()) is not None:
            room.release()
            yield chunk
        await writer
    finally:
        stopped.set()
        if not thread.cancel():
            await asyncio.wait([writer])


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    info = zipfile.ZipInfo.from_file(path, name)
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while block := source.read(CHUNK_BYTES):
            target.write(block)
