"""`yunting export`: a package from the store and the recordings, beside a running server or without one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from config import Settings
from hearing.errors import UserError
from records import timeline, verify
from records.editions.make import edition_of
from records.editions.withheld import Edition
from records.keys import CourtKey
from records.package import export as package
from records.package.reuse import final_package
from records.vault.unlocked import recorded_bytes
from signaling.minutes.signature_shelf import SignatureShelf
from signaling.ports import ExportStep
from yunting.backends import open_store
from yunting.record import composites
from yunting.record.editions import check_wanted, covers, newest_court
from yunting.record.making import derive, export_court, note_of
from yunting.record.recording_keys import open_recording_keys


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting export --json` prints."""

    package: str
    session: str
    manifest_sha512: str
    key: str
    files: int
    bytes: int
    coverage_ppm: int
    former_keys: tuple[str, ...] = ()
    """Other court keys that signed heads of this log: the key was changed since."""


async def export_offline(
    settings: Settings,
    session: str,
    out: Path,
    edition: str,
    console: Console,
    case_no: str | None = None,
    court: Path | None = None,
) -> Package:
    """`yunting export`: read the store and recordings, make the package in `out`; a progress bar on a terminal.
    Another edition than the court's is made from the package `court`, or from the newest there is, or both are made.

    Changes nothing in the log: a server may be running on it. So a session that a server left unfinished is refused
    (`not-closed`, `recording-unfinished`): only a server may complete it. UserError, SettingsError, OSError.
    """
    wanted = edition_of(edition)
    folder = Path(settings.storage.folder)
    store = await open_store(settings.storage.store)
    try:
        await (await open_recording_keys(settings, store)).unlock(session, folder / "recordings" / session)
        pictures = await SignatureShelf(store, session).for_package()
        pieces = composites.folder_of(folder, session)
        sources = await package.load_sources(store, session, folder / "recordings" / session, pictures, pieces)
    finally:
        await store.close()
    await asyncio.to_thread(_check_complete, sources)
    composed = await asyncio.to_thread(final_package, folder / "packages", sources.entries)
    sources = replace(sources, composed=composed)
    derived = wanted is not Edition.COURT or case_no is not None
    if derived:
        await asyncio.to_thread(check_wanted, sources.entries, wanted, case_no)
        court = await asyncio.to_thread(_court_for, court, folder / "packages", session, sources)
    key = await asyncio.to_thread(CourtKey.load_or_create, folder / "keys" / "court.pem")
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("导出 / export", total=1000)

        def show(step: ExportStep) -> None:
            bar.update(task, completed=step.permille, description=f"{step.step_zh} / {step.step_en}")

        if not derived or court is None:
            result = await export_court(settings, sources, out, key, "yunting export", show)
            court = result.folder
        if derived:
            result = await derive(settings, court, out, key, "yunting export", show, wanted, case_no)
    if result.former_keys:
        console.print("\n".join(note_of(result)))
    return _summary(result)


async def verify_package(folder: Path, key: str) -> dict[str, Any]:
    """Run the verifier on a finished package with the court's key; its result as the verifier reports it."""
    return await asyncio.to_thread(verify.verify_path, str(folder), key)


def _court_for(court: Path | None, packages: Path, session: str, sources: package.SessionSources) -> Path | None:
    """The court edition to start from, None where one has to be made. Blocks. UserError `court-edition-old`."""
    if court is None:
        return newest_court(packages, session, sources.entries)
    if not covers(court, sources.entries):
        raise UserError(
            "court-edition-old",
            "所指法院版不是本庭次的，或其后日志又有新内容（例如新设的不公开片段）；请先重新导出法院版",
            "that court edition is not of this session, or its log has grown since (a part may be restricted now): "
            "export the court edition again first",
        )
    return court


def _check_complete(sources: package.SessionSources) -> None:
    """Refuse what only a server can complete, and say how. Blocks. A broken log is left to the export to name."""
    try:
        line = timeline.read(sources.entries)
    except ValueError:
        return
    if line.stretches and not line.finished:
        raise UserError(
            "not-closed",
            "尚未闭庭，不能导出。如服务器曾异常停止，请运行 yunting serve：它会恢复该庭次；闭庭后再导出",
            "the session is not closed. If the server died, run `yunting serve`: it recovers the session; "
            "close it there, then export",
        )
    for track in line.tracks:
        path = sources.recordings / track.file
        sealed_bytes = track.ranges[-1].end_byte if track.ranges else 0
        if path.is_file() and (not track.closed or recorded_bytes(path) > sealed_bytes):
            raise UserError(
                "recording-unfinished",
                f"轨道 {track.file} 尚未封存完毕：服务器仍在写入，或曾异常停止。"
                "请运行 yunting serve 并在书记员页面导出：服务器会封存剩余部分并列明缺失",
                f"the track {track.file} is not sealed to its end: a server is writing it, or died. Run "
                "`yunting serve` and export on the clerk's page: the server seals the rest and lists what is missing",
            )


def _summary(result: package.PackageResult) -> Package:
    return Package(
        package=str(result.folder),
        session=result.session,
        manifest_sha512=result.manifest_sha512,
        key=result.key,
        files=result.files,
        bytes=result.bytes_total,
        coverage_ppm=result.coverage.ppm,
        former_keys=result.former_keys,
    )
