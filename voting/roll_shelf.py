"""Where rolls lie: a file each in a folder of the meeting's, readable by the server alone. Blocks.

A roll that was frozen into a log must be there as long as the log is; nothing is ever replaced: a new import is a new
file, and `current` names the one that the next motion is opened with.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from records.errors import UNREADABLE, StoreUnavailable
from records.private_folder import private_folder
from voting.rolls import RollTable

_CURRENT = "current"
_NAME = re.compile(r"[A-Za-z0-9]{1,64}")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RollTable)


def salts(key: bytes, meeting: str) -> Callable[[str], str]:
    """A creditor's salt: not to be guessed without the server's key, and the same each time, so that the same table
    makes the same roll."""

    def salt_of(creditor: str) -> str:
        return hmac.new(key, f"{meeting}\x00{creditor}".encode(), hashlib.sha256).hexdigest()[:32]

    return salt_of


class RollShelf:
    """The rolls of all meetings below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, meeting: str, roll: RollTable) -> None:
        """Keep the roll, and make it the current one. Idempotent. Raises StoreUnavailable."""
        folder = self._of(meeting)
        try:
            private_folder(folder)
            _write(folder / f"{_checked(roll.id)}.roll", _encoder.encode(roll))
            _write(folder / _CURRENT, roll.id.encode())
        except OSError as problem:
            raise StoreUnavailable(f"{folder}: {problem.strerror}") from problem

    def current_id(self, meeting: str) -> str | None:
        """The id of the roll that was imported last, or None. Raises StoreUnavailable."""
        try:
            return (self._of(meeting) / _CURRENT).read_text("ascii")
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise StoreUnavailable(f"{meeting}: {problem.strerror}") from problem

    def current(self, meeting: str) -> RollTable | None:
        """The roll that was imported last, or None. Raises StoreUnavailable."""
        roll = self.current_id(meeting)
        return None if roll is None else self.get(meeting, roll)

    def get(self, meeting: str, roll: str) -> RollTable:
        """The roll of this id. Raises StoreUnavailable when it is not there or not readable."""
        file = self._of(meeting) / f"{_checked(roll)}.roll"
        try:
            return _decoder.decode(file.read_bytes())
        except (OSError, *UNREADABLE) as problem:
            raise StoreUnavailable(f"{file}: {problem}") from problem

    def all(self, meeting: str) -> list[RollTable]:
        """Every roll that was ever imported, in no order. Raises StoreUnavailable."""
        return [self.get(meeting, file.stem) for file in sorted(self._of(meeting).glob("*.roll"))]

    def _of(self, meeting: str) -> Path:
        return self._folder / _checked(meeting)


def _checked(name: str) -> str:
    """ValueError for what could lead out of the folder."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name of a meeting or roll: {name!r}")
    return name


def _write(file: Path, data: bytes) -> None:
    """Whole and durable, or not at all."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)
