"""The drill: restore the newest backup into a folder of its own and look whether it is what the court would need."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from config import Settings
from hearing.errors import UserError
from hearing.events import Event
from media_server.recording.recovery import Condition, inspect
from records import verify
from records.chain import ChainCheck, head_is_valid
from records.errors import BrokenChain, KeyFault, RecordError, StoreUnavailable
from records.keys import CourtKey
from yunting.backends import Store, open_store
from yunting.backup import folder as folders
from yunting.backup.ballots import Recounted, recount
from yunting.backup.exhibits import exhibit_faults
from yunting.backup.folder import BALLOTS, About
from yunting.backup.restore import restore
from yunting.record.packages import all_packages
from yunting.record.recording_keys import RecordingKeys, case_keys, operator_key


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting backup --drill --json` prints. `wrong` is empty when the court could go on from this backup."""

    backup: str
    about: About
    sessions: int
    entries: int
    heads: int
    tracks: int
    packages: int
    ballots: Recounted
    """The trees of all ballot logs, made again from their leaves and compared with every signed head."""
    sample: str
    """The package that was verified: the newest, empty where there is none."""
    noted: tuple[str, ...]
    """What is not whole and was not before either: the log says so, or the track is being written."""
    wrong: tuple[str, ...]


async def drill(settings: Settings, folder: Path, copied: Callable[[int], object] = lambda count: None) -> Drill:
    """Restore the newest backup in `folder` beside it, look through all of it, remove it again. Raises as
    `restore`."""
    backup = await asyncio.to_thread(folders.newest, folder)
    place = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=".drill-", dir=backup.parent))
    try:
        moved = _moved(settings, place)
        told = await asyncio.to_thread(restore, backup, moved, copied)
        return await _Examiner(backup, told, moved).examine()
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


def _moved(settings: Settings, place: Path) -> Settings:
    """The same court in another folder, with the operator's own keys."""
    key_file = str(operator_key(settings).file.absolute())
    storage = msgspec.structs.replace(
        settings.storage,
        folder=str(place / "court"),
        store=f"sqlite:///{place / 'court' / 'yunting.db'}",
        ballots=f"sqlite:///{place / 'court' / BALLOTS}",
        key_file=key_file,
    )
    return msgspec.structs.replace(settings, storage=storage)


class _Examiner:
    def __init__(self, backup: Path, told: About, settings: Settings) -> None:
        self._backup, self._told, self._settings = backup, told, settings
        self._folder = Path(settings.storage.folder)
        self._wrong: list[str] = []
        self._noted: list[str] = []
        self._entries = self._heads = self._tracks = 0

    async def examine(self) -> Drill:
        for name in ("yunting.db", BALLOTS):
            await asyncio.to_thread(self._check_database, self._folder / name)
        key = await asyncio.to_thread(self._court_key)
        ballots = await self._recounted(key)
        store = await open_store(self._settings.storage.store)
        try:
            sessions = await store.sessions()
            keys = RecordingKeys(case_keys(self._settings, store), encrypt=False)
            for session in sessions:
                await self._examine_session(store, session, key, keys)
        finally:
            await store.close()
        packages = await asyncio.to_thread(all_packages, self._folder / "packages")
        sample = packages[-1][0] if packages else None
        if sample is not None:
            fingerprint = key.fingerprint if key is not None else None
            result = await asyncio.to_thread(verify.verify_path, str(sample), fingerprint)
            self._wrong += [f"{sample.name}/{each['file']}: {each['what']}" for each in result["wrong"]]
        return Drill(
            backup=str(self._backup),
            about=self._told,
            sessions=len(sessions),
            entries=self._entries,
            heads=self._heads,
            tracks=self._tracks,
            packages=len(packages),
            ballots=ballots,
            sample=sample.name if sample is not None else "",
            noted=tuple(self._noted),
            wrong=tuple(self._wrong),
        )

    async def _recounted(self, key: CourtKey | None) -> Recounted:
        try:
            found = await recount(self._folder / BALLOTS, key)
        except (RecordError, StoreUnavailable) as problem:
            found = Recounted(wrong=(str(problem),))
        self._wrong += found.wrong
        return found

    def _check_database(self, file: Path) -> None:
        if not file.is_file():
            return
        with closing(sqlite3.connect(file)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            self._wrong.append(f"{file.name}: {said}")

    def _court_key(self) -> CourtKey | None:
        file = self._folder / "keys" / "court.pem"
        try:
            if file.is_file():
                return CourtKey.load_or_create(file)
        except KeyFault as problem:
            self._wrong.append(str(problem))
            return None
        self._wrong.append("keys/court.pem: not in the backup: packages would be signed by another key")
        return None

    async def _examine_session(self, store: Store, session: str, key: CourtKey | None, keys: RecordingKeys) -> None:
        chain, hashes, events = ChainCheck(session), [""], list[Event]()
        try:
            async for entry in store.read(session):
                chain.feed(entry)
                hashes.append(entry.hash)
                events.append(entry.event)
        except BrokenChain as problem:
            self._wrong.append(str(problem))
            return
        self._entries += chain.seq
        for head in await store.heads(session):
            self._heads += 1
            # A head is signed after its entry is durable, and read after it: none is ahead of the log.
            if head.seq >= len(hashes) or head.hash != hashes[head.seq]:
                self._wrong.append(f"session {session}: the signed head at {head.seq} is not of this log")
            elif key is not None and head.key == key.fingerprint and not head_is_valid(head, key.public_bytes):
                self._wrong.append(f"session {session}: the signature of the head at {head.seq} does not verify")
        folder = self._folder / "recordings" / session
        try:
            await keys.unlock(session, folder)
            tracks = await asyncio.to_thread(inspect, folder, events)
            self._wrong += await asyncio.to_thread(exhibit_faults, session, folder, events)
        except UserError as problem:
            self._wrong.append(f"session {session}: {problem.en}")
            return
        for track in tracks:
            if track.condition is Condition.UNKNOWN:
                # Only what a log names is in a backup.
                continue
            self._tracks += 1
            said = f"session {session}: {track.file}: {track.condition} {track.detail}".rstrip()
            if track.condition in (Condition.DAMAGED, Condition.MISSING) and not track.noted:
                self._wrong.append(said)
            elif track.condition is not Condition.COMPLETE:
                self._noted.append(said)
