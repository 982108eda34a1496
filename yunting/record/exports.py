"""Record packages: for the clerk's page while the server runs, and for `yunting export` beside or without it."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from config import Settings
from hearing import events as ev
from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.seal_events import SealMade, SealStep
from hearing.session import State
from hearing.state import Hearing
from records import timeline, verify
from records.book import LedgerBook
from records.editions.make import edition_of, export_edition
from records.editions.withheld import Edition
from records.keys import CourtKey
from records.ledger import Ledger
from records.package import export as package
from records.package.reuse import final_package
from records.package.seal_files import STAMPED, Seal
from records.sealing.stamping import Due, Stamping
from records.vault.unlocked import recorded_bytes
from signaling.minutes.signature_shelf import SignatureShelf
from signaling.ports import Exported, ExportStep
from yunting.backends import Store, open_store
from yunting.record import composites
from yunting.record.catching_up import until_written
from yunting.record.editions import check_wanted, covers, in_part, newest_court
from yunting.record.packages import exported, packages_of
from yunting.record.pieces import discard_pieces
from yunting.record.recording_keys import open_recording_keys
from yunting.record.recordings import Recordings
from yunting.record.sealing import check_due, discard, holes_of, lock, told

_STEPS = {
    "render": ("合成音视频", "Composing audio and video"),
    "seal": ("计算校验值", "Computing digests"),
    "check": ("验证", "Verifying"),
    "done": ("完成", "Done"),
}
STAMP_PATIENCE_S = 5.0
"""For a time stamp that was just asked for, so that it comes into the package; then without it."""
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
    former_keys: tuple[str, ...] = ()
    """Other court keys that signed heads of this log: the key was changed since."""


class PackageExporter:
    """Implements `signaling.ports.Exporter`: packages go to `<storage.folder>/packages`."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        book: LedgerBook,
        key: CourtKey,
        recordings: Recordings,
        made: Callable[[], object] = lambda: None,
        stamping: Stamping | None = None,
    ) -> None:
        """`made` is called when a package was finished."""
        self._settings = settings
        self._store = store
        self._book = book
        self._key = key
        self._recordings = recordings
        self._made = made
        self._packages = Path(settings.storage.folder) / "packages"
        self._one_at_a_time = asyncio.Lock()
        self._listing = asyncio.Lock()
        self._stamping = stamping

    async def export(
        self,
        session: str,
        edition: str,
        actor_name: str,
        progress: Callable[[ExportStep], None],
        package_id: str | None = None,
        case_no: str | None = None,
    ) -> Exported:
        """See the port. One package is made at a time: it takes all cores it gets."""
        wanted = edition_of(edition)
        ledger = await self._book.get(session)
        await self._settle(ledger, progress, ledger.clock.now_ms() / 1000)
        async with self._one_at_a_time:
            sources = await self._sources(ledger)
            # A folder of its own: a session may be exported again after more was noted in its log.
            out = self._packages / (package_id or new_ulid(time.time_ns() // 1_000_000))
            if wanted is Edition.COURT and case_no is None:
                result = await _export(self._settings, sources, out, self._key, actor_name, progress)
                await self._note_made(ledger, result, actor_name)
                if sources.composed is not None:
                    await asyncio.to_thread(discard_pieces, self._packages.parent, session)
            else:
                await asyncio.to_thread(check_wanted, sources.entries, wanted, case_no)
                court = await asyncio.to_thread(newest_court, self._packages, session, sources.entries)
                if court is None:
                    whole = self._packages / new_ulid(time.time_ns() // 1_000_000)
                    first = in_part(progress, 0, 500)
                    made = await _export(self._settings, sources, whole, self._key, actor_name, first)
                    await self._note_made(ledger, made, actor_name)
                    court, progress = made.folder, in_part(progress, 500, 500)
                result = await _derive(self._settings, court, out, self._key, actor_name, progress, wanted, case_no)
                await self._note_made(ledger, result, actor_name)
        note_zh, note_en = _note(result)
        return await asyncio.to_thread(exported, result.folder, note_zh=note_zh, note_en=note_en)

    async def seal(
        self, session: str, step: SealStep, progress: Callable[[ExportStep], None], package_id: str
    ) -> Exported:
        """See the port."""
        ledger = await self._book.get(session)
        check_due(ledger.hearing, step)
        if step == "media":
            await self.list_holes(session)
        # The media seal holds a draft: what is not written down by then is named in it.
        await self._settle(ledger, progress, 0.0 if step == "media" else ledger.clock.now_ms() / 1000)
        async with self._one_at_a_time:
            sources = await self._sources(ledger)
            before = ledger.hearing.media_seal
            seal = Seal(step, before, self._stamping.where if self._stamping is not None else "")
            out = self._packages / package_id
            result = await _export(self._settings, sources, out, self._key, "server", progress, seal)
        made = SealMade(
            step=step, package=package_id, manifest_sha512=result.manifest_sha512, key=result.key, before=before
        )

        def still_due(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            check_due(hearing, step)
            return [made]

        try:
            await ledger.change("server", still_due)
        except UserError:
            await asyncio.to_thread(discard, result.folder)
            raise
        if step == "final":
            async with self._one_at_a_time:
                await asyncio.to_thread(discard_pieces, self._packages.parent, session)
        if self._settings.sealing.read_only:
            await asyncio.to_thread(lock, result.folder, self._recordings.folder_of(session), step)
        self._made()
        if self._stamping is not None:
            data = await asyncio.to_thread((result.folder / STAMPED).read_bytes)
            await self._stamping.want(Due(session=session, of=step, seq=0, package=package_id, data=data))
        note_zh, note_en = _note(result)
        return await asyncio.to_thread(exported, result.folder, note_zh=note_zh, note_en=note_en)

    async def list_holes(self, session: str) -> None:
        """See the port."""
        ledger = await self._book.get(session)
        async with self._listing:
            _check_over(ledger.hearing)
            await self._recordings.settle(session, ledger)
            entries = [entry async for entry in ledger.entries()]
            if found := await asyncio.to_thread(holes_of, entries):
                await ledger.note("server", found)

    async def _settle(self, ledger: Ledger, progress: Callable[[ExportStep], None], patience_s: float) -> None:
        """Complete the recording and wait for its text. Before the lock: who waits for a transcript must not keep
        other sessions waiting."""
        _check_over(ledger.hearing)
        await self._recordings.settle(ledger.session, ledger)
        if ledger.hearing.state is not State.SEALED:
            caught_up = functools.partial(self._recordings.caught_up, ledger.session)
            await until_written(caught_up, lambda: _check_over(ledger.hearing), patience_s, progress)
        if self._stamping is not None:
            await self._stamping.answered(ledger.session, STAMP_PATIENCE_S)

    async def _sources(self, ledger: Ledger) -> package.SessionSources:
        """What the package is made of. Under the lock: while this waited a mistaken 闭庭 may have been undone, and
        to settle the recording then would end it in an open session."""
        session = ledger.session
        _check_over(ledger.hearing)
        await self._recordings.settle(session, ledger)
        await self._recordings.composed(session)
        await ledger.sign()
        pictures = await SignatureShelf(self._store, session).for_package()
        pieces = composites.folder_of(Path(self._settings.storage.folder), session)
        recordings = self._recordings.folder_of(session)
        sources = await package.load_sources(self._store, session, recordings, pictures, pieces)
        stamps = await self._stamping.over_heads(session) if self._stamping is not None else {}
        composed = await asyncio.to_thread(final_package, self._packages, sources.entries)
        return replace(sources, stamps=told(stamps, sources.entries), composed=composed)

    async def _note_made(self, ledger: Ledger, result: package.PackageResult, actor_name: str) -> None:
        _check_over(ledger.hearing)
        made = ev.PackageMade(edition=result.edition, manifest_sha512=result.manifest_sha512, actor_name=actor_name)
        await ledger.note("server", [made])
        self._made()

    async def packages(self, session: str) -> Sequence[Exported]:
        """See the port."""
        return await asyncio.to_thread(packages_of, self._packages, session)


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
            result = await _export(settings, sources, out, key, "yunting export", show)
            court = result.folder
        if derived:
            result = await _derive(settings, court, out, key, "yunting export", show, wanted, case_no)
    if result.former_keys:
        console.print("\n".join(_note(result)))
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
    seal: Seal | None = None,
) -> package.PackageResult:
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    options = replace(_options(settings, actor), seal=seal)
    return await package.export_session(sources, out, key, options, _teller(progress))


async def _derive(
    settings: Settings,
    court: Path,
    out: Path,
    key: CourtKey,
    actor: str,
    progress: Callable[[ExportStep], None],
    edition: Edition,
    case_no: str | None,
) -> package.PackageResult:
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    options = _options(settings, actor)
    return await export_edition(court, out, key, edition, case_no, options, _teller(progress))


def _options(settings: Settings, actor: str) -> package.ExportOptions:
    return package.ExportOptions(look=composites.look_of(settings), actor=actor)


def _teller(progress: Callable[[ExportStep], None]) -> Callable[[int, str], None]:
    """Steps as the export tells them from its threads, in words on this event loop."""
    loop = asyncio.get_running_loop()

    def tell(permille: int, what: str) -> None:
        zh, en = _STEPS.get(what, (what, what))
        loop.call_soon_threadsafe(progress, ExportStep(permille=permille, step_zh=zh, step_en=en))

    return tell


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


def _check_over(hearing: Hearing) -> None:
    if hearing.state not in _EXPORTABLE:
        raise UserError("not-closed", "闭庭后才能导出卷宗包", "the package can be made once the session is closed")


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


def _note(result: package.PackageResult) -> tuple[str, str]:
    """What the court has to know of a package: Chinese and English, empty for nothing."""
    if not result.former_keys:
        return "", ""
    keys = ", ".join(result.former_keys)
    return (
        f"法院密钥已更换：庭审日志曾由密钥 {keys} 签名；本卷宗包由现用密钥 {result.key} 签署，请用现用密钥验证",
        f"The court's key was changed: the log had been signed with {keys}; this package is signed with "
        f"{result.key}: verify with that one",
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
