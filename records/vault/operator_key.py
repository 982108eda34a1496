"""The operator's key in a file of its own (64 hex digits, mode 0600), and its change in steps that survive a kill.

A change writes the new key as `<file>.next`, which wraps from then on; when everything was rewrapped it takes the
file's name, the former one lies as `<file>.former` until a second pass has found nothing more of it, then it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from records.errors import KeyFault
from records.private_folder import private_folder
from records.vault.case_keys import KEY_BYTES, CaseKeys

_DRAFT_BYTES = 8
"""Of a random name."""


class OperatorKey:
    """A `records.vault.case_keys.KeyRing`. Reads its files at each use: another process may be changing the key."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._next = file.with_name(f"{file.name}.next")
        self._former = file.with_name(f"{file.name}.former")

    async def keys(self) -> Sequence[bytes]:
        """Raises KeyFault: absent, unreadable, open to others or no key."""
        return await asyncio.to_thread(self._keys)

    async def make(self) -> None:
        """Make the file when there is none. Idempotent. OSError when it cannot be kept."""
        await asyncio.to_thread(_create, self.file)

    async def exists(self) -> bool:
        """Whether there is a key."""
        return await asyncio.to_thread(self.file.exists)

    async def change(self, wrapped: CaseKeys) -> int:
        """A new key for all that this one wraps; returns how many keys of cases were rewrapped. Goes on with a change
        that was cut off. Raises `records.vault.case_keys.WrongKey` (the old key stays then), KeyFault, OSError,
        StoreUnavailable."""
        done = 0
        if not await asyncio.to_thread(self._former.exists):
            await asyncio.to_thread(_create, self._next)
            done = await wrapped.rewrap()
            await asyncio.to_thread(self._advance)
        elif await asyncio.to_thread(self._next.exists):
            done = await wrapped.rewrap()
            await asyncio.to_thread(self._advance)
        # A server that had read the old key before may have wrapped one more with it.
        done += await wrapped.rewrap()
        await asyncio.to_thread(self._forget)
        return done

    def _keys(self) -> Sequence[bytes]:
        # In this order: a file that is renamed between two looks is seen twice rather than never.
        found = [key for file in (self._next, self.file, self._former) if (key := _read(file)) is not None]
        if not found:
            raise KeyFault(f"{self.file}: no such file")
        return tuple(dict.fromkeys(found))

    def _advance(self) -> None:
        with contextlib.suppress(FileExistsError):
            os.link(self.file, self._former)
        _sync(self.file.parent)
        self._next.replace(self.file)
        _sync(self.file.parent)

    def _forget(self) -> None:
        self._former.unlink(missing_ok=True)
        # Of one that was killed while it made a key: the key that is in use may stand in it.
        for draft in self.file.parent.glob(f".{glob.escape(self.file.name)}*.{'[0-9a-f]' * 2 * _DRAFT_BYTES}"):
            draft.unlink(missing_ok=True)
        _sync(self.file.parent)


def _read(file: Path) -> bytes | None:
    try:
        with file.open(encoding="ascii", errors="replace") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            text = opened.read(1_000)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyFault(f"{file}: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFault(f"{file}: 权限 / mode {mode:03o}: 他人可读，请执行 / others may read it, run chmod 600")
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        # The key itself is never repeated.
        raise KeyFault(f"{file}: 应为 64 位十六进制 / must be {KEY_BYTES * 2} hex digits")
    return key


def _create(file: Path) -> None:
    """Whole or not at all, never over an existing one."""
    if file.exists():
        return
    private_folder(file.parent)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(_DRAFT_BYTES)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(KEY_BYTES) + "\n")
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        _sync(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
