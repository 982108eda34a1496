"""Record packages: for the clerk's page while the server runs, and for `yunting export` beside or without it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from config import Settings
from hearing import events as ev
from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.session import State
from hearing.state import Hearing
from records import package, verify
from records.book import LedgerBook
from records.composite import Look
from records.keys import CourtKey
from records.ports import EventStore
from signaling.ports import Exported, ExportStep
from yunting.backends import open_store
from yunting.recordings import Recordings

_STEPS = {
    "render": ("合成音视频", "Composing audio and video"),
    "seal": ("计算校验值", "Computing digests"),
    "check": ("验证", "Verifying"),
    "done": ("完成", "Done"),
}
_EXPORTABLE = frozenset({State.CLOSED, State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED, State.CONVERTED_OFFLINE})


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting export --json` prints."""

    package: str
    session: str
    manifest_sha512: str
    key: str
    files: int
    bytes: int
    coverage_ppm: int


class PackageExporter:
    """Implements `signaling.ports.Exporter`: packages go to `<storage.folder>/packages`."""

    def __init__(
        self, settings: Settings, store: EventStore, book: LedgerBook, key: CourtKey, recordings: Recordings
    ) -> None:
        self._settings = settings
        self._store = store
        self._book = book
        self._key = key
        self._recordings = recordings
        self._one_at_a_time = asyncio.Lock()

    async def export(
        self, session: str, edition: str, actor_name: str, progress: Callable[[ExportStep], None]
    ) -> Exported:
        """See the port. One package is made at a time: it takes all cores it gets."""
        _check_edition(edition)
        ledger = await self._book.get(session)
        async with self._one_at_a_time:
            # Not before the lock: while this one waited a mistaken 闭庭 may have been undone, and to settle the
            # recording then would end it in an open session.
            _check_over(ledger.hearing)
            await self._recordings.settle(session, ledger)
            await ledger.sign()
            result = await self._make(session, actor_name, progress)
        _check_over(ledger.hearing)
        made = ev.PackageMade(edition=edition, manifest_sha512=result.manifest_sha512, actor_name=actor_name)
        await ledger.note("server", [made])
        tag_sha512 = await asyncio.to_thread(_sha512_of, result.folder / "tagmanifest-sha512.txt")
        return Exported(folder=result.folder, sha512=tag_sha512, bytes_total=result.bytes_total)

    async def _make(
        self, session: str, actor_name: str, progress: Callable[[ExportStep], None]
    ) -> package.PackageResult:
        # A folder of its own: a session may be exported again after more was noted in its log.
        out = Path(self._settings.storage.folder) / "packages" / new_ulid(time.time_ns() // 1_000_000)
        sources = await package.load_sources(self._store, session, self._recordings.folder_of(session))
        return await _export(self._settings, sources, out, self._key, actor_name, progress)


async def export_offline(settings: Settings, session: str, out: Path, edition: str, console: Console) -> Package:
    """`yunting export`: read the store and recordings, make the package in `out`; a progress bar on a terminal.

    Changes nothing in the log: a server may be running on it. UserError, SettingsError, OSError.
    """
    _check_edition(edition)
    folder = Path(settings.storage.folder)
    store = await open_store(settings.storage.store)
    try:
        sources = await package.load_sources(store, session, folder / "recordings" / session)
    finally:
        await store.close()
    key = await asyncio.to_thread(CourtKey.load_or_create, folder / "keys" / "court.pem")
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("导出 / export", total=1000)

        def show(step: ExportStep) -> None:
            bar.update(task, completed=step.permille, description=f"{step.step_zh} / {step.step_en}")

        result = await _export(settings, sources, out, key, "yunting export", show)
    return _summary(result)


async def verify_package(folder: Path, key: str) -> dict[str, Any]:
    """Run the verifier on a finished package with the court's key; its result as the verifier reports it."""
    return await asyncio.to_thread(verify.verify_path, str(folder), key)


async def _export(
    settings: Settings,
    sources: package.SessionSources,
    out: Path,
    key: CourtKey,
    actor: str,
    progress: Callable[[ExportStep], None],
) -> package.PackageResult:
    composite = settings.composite
    look = Look(width=composite.width, height=composite.height, fps=composite.fps, time_zone=settings.court.time_zone)
    options = package.ExportOptions(look=look, actor=actor)
    loop = asyncio.get_running_loop()

    def tell(permille: int, what: str) -> None:
        zh, en = _STEPS.get(what, (what, what))
        loop.call_soon_threadsafe(progress, ExportStep(permille=permille, step_zh=zh, step_en=en))

    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    return await package.export_session(sources, out, key, options, tell)


def _check_edition(edition: str) -> None:
    if edition != package.EDITION:
        raise UserError(
            "edition-unknown",
            f"目前只能导出法院版，没有“{edition}”版",
            f"only the court edition so far, not {edition!r}",
        )


def _check_over(hearing: Hearing) -> None:
    if hearing.state not in _EXPORTABLE:
        raise UserError("not-closed", "闭庭后才能导出卷宗包", "the package can be made once the session is closed")


def _summary(result: package.PackageResult) -> Package:
    return Package(
        package=str(result.folder),
        session=result.session,
        manifest_sha512=result.manifest_sha512,
        key=result.key,
        files=result.files,
        bytes=result.bytes_total,
        coverage_ppm=result.coverage.ppm,
    )


def _sha512_of(file: Path) -> str:
    return hashlib.sha512(file.read_bytes()).hexdigest()
