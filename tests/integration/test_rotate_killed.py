"""`yunting storage rotate` killed (`kill -9`) before each of its steps: every sealed recording can still be read, a
second run finishes, and then neither the old key nor one that was in the making lies anywhere."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hearing.ids import new_ulid
from records.sqlite import SqliteStore
from records.vault.case_keys import CaseKeys, OneKey, WrongKey
from records.vault.sealed_file import SealedReader, SealedWriter
from tests.integration.rotate_until_killed import settings_of
from yunting.record.recording_keys import PURPOSE, TABLE, case_keys, operator_key, rotate

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
SESSIONS = [new_ulid(at) for at in range(3)]


def recording(folder: Path, session: str) -> Path:
    return folder / "recordings" / session / "a.mkv"


def hold(folder: Path) -> bytes:
    """A court with sealed recordings; the operator's key."""
    settings = settings_of(folder)

    async def made() -> tuple[bytes, list[bytes]]:
        ring = operator_key(settings)
        await ring.make()
        store = await SqliteStore.open(folder / "yunting.db")
        keys = case_keys(settings, store)
        found = [await keys.key(session) for session in SESSIONS]
        await store.close()
        (operators,) = await ring.keys()
        return operators, found

    operators, keys = asyncio.run(made())
    for session, key in zip(SESSIONS, keys, strict=True):
        file = recording(folder, session)
        file.parent.mkdir(parents=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
        SealedWriter(descriptor, key, file.name).write(session.encode())
        os.close(descriptor)
    return operators


def readable(folder: Path) -> list[bytes]:
    """What the court reads of its recordings, whatever keys it has now."""
    settings = settings_of(folder)

    async def keys() -> list[bytes]:
        store = await SqliteStore.open(folder / "yunting.db")
        ring = case_keys(settings, store)
        found = [await ring.known(session) or b"" for session in SESSIONS]
        await store.close()
        return found

    found = []
    for session, key in zip(SESSIONS, asyncio.run(keys()), strict=True):
        with SealedReader(recording(folder, session), key, "a.mkv") as file:
            found.append(file.readall() or b"")
    return found


async def opened_by(folder: Path, key: bytes) -> list[str]:
    """Sessions that this key opens."""
    store = await SqliteStore.open(folder / "yunting.db")
    keys, found = CaseKeys(store, TABLE, PURPOSE, OneKey(key)), []
    for session in SESSIONS:
        try:
            await keys.known(session)
        except WrongKey:
            continue
        found.append(session)
    await store.close()
    return found


def test_killed_before_each_step(tmp_path: Path) -> None:
    old = hold(tmp_path / "court")
    words = [sys.executable, "-m", "tests.integration.rotate_until_killed", str(tmp_path / "court"), str(tmp_path)]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    lines = [line.split() for line in told.stdout.splitlines()]
    assert lines[-1][-1] == "end"
    assert {"open", "link", "fsync", "replace", "unlink", "put", "scrub"} <= set(lines[-1])
    whole = [session.encode() for session in SESSIONS]
    for steps, line in enumerate(lines):
        folder = tmp_path / str(steps)
        settings = settings_of(folder)
        assert readable(folder) == whole, f"after {line}"
        asyncio.run(rotate(settings))
        assert readable(folder) == whole, f"run again after {line}"
        assert [file.name for file in (folder / "own").iterdir()] == ["storage.key"], f"after {line}"
        assert asyncio.run(opened_by(folder, old)) == []
        (new,) = asyncio.run(operator_key(settings).keys())
        assert asyncio.run(opened_by(folder, new)) == SESSIONS
