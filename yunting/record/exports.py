"""Record packages for the pages of a running server: made one at a time, noted in the log, sealed."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from config import Settings
from hearing import events as ev
from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.seal_events import SealMade, SealStep
from hearing.session import State
from hearing.state import Hearing
from records.book import LedgerBook
from records.editions.make import edition_of
from records.editions.withheld import Edition
from records.keys import CourtKey
from records.ledger import Ledger
from records.package import export as package
from records.package.reuse import final_package
from records.package.seal_files import STAMPED, Seal
from records.sealing.stamping import Due, Stamping
from signaling.minutes.signature_shelf import SignatureShelf
from signaling.ports import Exported, ExportStep
from yunting.backends import Store
from yunting.record import composites
from yunting.record.catching_up import until_written
from yunting.record.editions import check_wanted, in_part, newest_court
from yunting.record.making import derive, export_court, note_of
from yunting.record.packages import exported, packages_of
from yunting.record.pieces import discard_pieces
from yunting.record.recordings import Recordings
from yunting.record.sealing import check_due, discard, holes_of, lock, told

STAMP_PATIENCE_S = 5.0
"""For a time stamp that was just asked for, so that it comes into the package; then without it."""
_EXPORTABLE = frozenset({State.CLOSED, State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED, State.CONVERTED_OFFLINE})


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
                result = await export_court(self._settings, sources, out, self._key, actor_name, progress)
                await self._note_made(ledger, result, actor_name)
                if sources.composed is not None:
                    await asyncio.to_thread(discard_pieces, self._packages.parent, session)
            else:
                await asyncio.to_thread(check_wanted, sources.entries, wanted, case_no)
                court = await asyncio.to_thread(newest_court, self._packages, session, sources.entries)
                if court is None:
                    whole = self._packages / new_ulid(time.time_ns() // 1_000_000)
                    first = in_part(progress, 0, 500)
                    made = await export_court(self._settings, sources, whole, self._key, actor_name, first)
                    await self._note_made(ledger, made, actor_name)
                    court, progress = made.folder, in_part(progress, 500, 500)
                result = await derive(self._settings, court, out, self._key, actor_name, progress, wanted, case_no)
                await self._note_made(ledger, result, actor_name)
        note_zh, note_en = note_of(result)
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
            result = await export_court(self._settings, sources, out, self._key, "server", progress, seal)
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
        note_zh, note_en = note_of(result)
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


def _check_over(hearing: Hearing) -> None:
    if hearing.state not in _EXPORTABLE:
        raise UserError("not-closed", "闭庭后才能导出卷宗包", "the package can be made once the session is closed")
