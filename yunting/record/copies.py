"""Finished packages are copied to the places of `storage.blobs` and `storage.second`, in the background.

What lies in `<storage.folder>/packages` is the work list, so that no package is forgotten by a crash; how far each
copy is stands in the store. The places go on independently, one package at a time each, the oldest first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog
from msgspec.structs import replace

from config import Settings
from hearing.tasks import log_fault
from records.errors import BlobUnavailable, StoreUnavailable
from records.package.seal_files import TAG_STAMP
from records.ports import BlobStore, KeyValueStore
from signaling.record.copies import CopyState, PackageCopy
from yunting.backends import open_blobs
from yunting.record.packages import all_packages
from yunting.record.sending import PackageFiles, check, hopeless, said, send

TABLE = "package_copies"
LOOK_S = 30.0
PAUSES_S = (10, 60, 300, 1_800)
"""Before the second, third, ... try; the last for all that follow."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is `first` or `second`, `address` what may be shown of its setting."""

    name: str
    address: str
    blobs: BlobStore


async def open_copies(
    settings: Settings, store: KeyValueStore, utc_ms: Callable[[], int], stack: AsyncExitStack
) -> Copies | None:
    """Those of the settings; `stack` closes their connections. None where no place is set. Raises SettingsError."""
    told = (("first", "storage.blobs", settings.storage.blobs), ("second", "storage.second", settings.storage.second))
    places = []
    for name, setting, url in told:
        if url:
            blobs = await open_blobs(url, setting)
            stack.push_async_callback(blobs.close)
            places.append(Place(name, url.partition("?")[0], blobs))
    return Copies(Path(settings.storage.folder) / "packages", store, places, utc_ms) if places else None


class Copies:
    """Implements `signaling.record.copies.PackageCopies`; nothing is sent unless `run` runs."""

    def __init__(
        self,
        packages: Path,
        store: KeyValueStore,
        places: Sequence[Place],
        utc_ms: Callable[[], int],
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._packages = packages
        self._store = store
        self._places = tuple(places)
        self._utc_ms = utc_ms
        self._pauses_s = pauses_s
        self._rows: dict[tuple[str, str], PackageCopy] | None = None
        self._folders: dict[str, Path] = {}
        self._news = {place.name: asyncio.Event() for place in places}
        self._look = asyncio.Event()
        self._loading = asyncio.Lock()

    @property
    def places(self) -> Sequence[str]:
        return tuple(place.name for place in self._places)

    def wake(self) -> None:
        self._look.set()

    async def of(self, session: str) -> Sequence[PackageCopy]:
        rows = await self._known()
        return tuple(rows[key] for key in sorted(rows) if rows[key].session == session)

    async def retry(self, package: str) -> int:
        rows = await self._known()
        failed = [row for key, row in rows.items() if key[0] == package and row.state is CopyState.FAILED]
        for row in failed:
            await self._keep(replace(row, state=CopyState.QUEUED, again_utc_ms=None, reason_zh="", reason_en=""))
        for event in self._news.values():
            event.set()
        return len(failed)

    async def run(self) -> None:
        """Look for packages and copy them until cancelled."""
        if not self._places:
            return
        async with asyncio.TaskGroup() as tasks:
            for place in self._places:
                tasks.create_task(self._serve(place), name=f"copies {place.name}")
            while True:
                try:
                    await self._find()
                except (StoreUnavailable, OSError) as problem:
                    log_fault("packages were not looked for", problem)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), LOOK_S)
                self._look.clear()

    async def _known(self) -> dict[tuple[str, str], PackageCopy]:
        async with self._loading:
            if self._rows is None:
                decoded = [
                    msgspec.json.decode(value, type=PackageCopy) for _, value in await self._store.items(TABLE)
                ]
                self._rows = {(row.package, row.place): row for row in decoded}
            return self._rows

    async def _find(self) -> None:
        """A row for each package and place that has none, or whose place has moved; and again for a package that got
        its time stamp since."""
        rows = await self._known()
        found = await asyncio.to_thread(all_packages, self._packages, set(self._folders))
        for package, session in found:
            self._folders[package.parent.name] = package
            for place in self._places:
                row = rows.get((package.parent.name, place.name))
                if row is None or row.address != place.address:
                    queued = PackageCopy(
                        package=package.parent.name,
                        session=session,
                        place=place.name,
                        address=place.address,
                        state=CopyState.QUEUED,
                        utc_ms=self._utc_ms(),
                    )
                    await self._keep(queued)
        bare = [row for row in rows.values() if row.state is CopyState.VERIFIED and not row.stamped]
        for row in await asyncio.to_thread(self._stamped_since, bare):
            await self._keep(replace(row, state=CopyState.QUEUED, utc_ms=self._utc_ms()))
        for event in self._news.values():
            event.set()

    def _stamped_since(self, rows: Sequence[PackageCopy]) -> list[PackageCopy]:
        """Blocks."""
        return [row for row in rows if (folder := self._folders.get(row.package)) and (folder / TAG_STAMP).is_file()]

    async def _serve(self, place: Place) -> None:
        while True:
            row = await self._next(place)
            if row is None:
                # Also woken by every look for packages, so that a pause that is over is noticed.
                self._news[place.name].clear()
                await self._news[place.name].wait()
                continue
            try:
                await self._copy(place, row)
            except StoreUnavailable as problem:
                log_fault("the state of a copy was not noted", problem, package=row.package)
                await asyncio.sleep(self._pauses_s[0])

    async def _next(self, place: Place) -> PackageCopy | None:
        """The oldest package whose copy is due. What failed and what waits for its pause lets others pass."""
        now = self._utc_ms()
        rows = await self._known()
        due = [
            row
            for row in rows.values()
            if row.place == place.name
            and row.package in self._folders
            and row.state is not CopyState.VERIFIED
            and (row.state is not CopyState.FAILED or (row.again_utc_ms is not None and row.again_utc_ms <= now))
        ]
        return min(due, key=lambda row: row.package, default=None)

    async def _copy(self, place: Place, row: PackageCopy) -> None:
        tries = row.tries + 1
        try:
            files = await asyncio.to_thread(PackageFiles, self._folders[row.package])
            row = replace(
                row,
                state=CopyState.SENDING,
                files_done=0,
                files_total=len(files.digests),
                bytes_done=0,
                bytes_total=files.bytes_total,
                stamped=files.stamped,
                tries=tries,
                again_utc_ms=None,
                utc_ms=self._utc_ms(),
            )
            await self._keep(row)
            await send(files, place.blobs, lambda count: self._progress(row, count))
            row = replace(
                row,
                state=CopyState.SENT,
                files_done=row.files_total,
                bytes_done=row.bytes_total,
                utc_ms=self._utc_ms(),
            )
            await self._keep(row)
            await check(files, place.blobs)
            row = replace(row, state=CopyState.VERIFIED, reason_zh="", reason_en="", utc_ms=self._utc_ms())
            await self._keep(row)
        except StoreUnavailable:
            raise
        except Exception as problem:
            await self._failed(replace(row, tries=tries), problem)

    async def _failed(self, row: PackageCopy, problem: Exception) -> None:
        if isinstance(problem, BlobUnavailable):
            _log.warning("a copy failed", package=row.package, place=row.place, detail=problem.detail)
        else:
            log_fault("a copy failed", problem, package=row.package, place=row.place)
        now = self._utc_ms()
        pause_s = self._pauses_s[min(row.tries, len(self._pauses_s)) - 1]
        again = None if hopeless(problem) else now + round(pause_s * 1000)
        zh, en = said(problem)
        failed = replace(row, state=CopyState.FAILED, reason_zh=zh, reason_en=en, again_utc_ms=again, utc_ms=now)
        await self._keep(failed)

    def _progress(self, row: PackageCopy, count: int) -> None:
        """In memory only: after a restart the place is asked."""
        assert self._rows is not None
        now = self._rows[row.package, row.place]
        done = replace(now, files_done=now.files_done + 1, bytes_done=now.bytes_done + count)
        self._rows[row.package, row.place] = done

    async def _keep(self, row: PackageCopy) -> None:
        rows = await self._known()
        await self._store.put(TABLE, f"{row.package}.{row.place}", msgspec.json.encode(row))
        rows[row.package, row.place] = row
