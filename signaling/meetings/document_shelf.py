"""Where documents of meetings lie: each a file named by its SHA-256, whole and synced before anything names it.

Nothing is removed here: what was laid before creditors stays with the record, also when it is shown no more. Blocks.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path

from records.errors import StoreUnavailable
from records.private_folder import private_folder
from signaling.meetings.document_kinds import MEDIA_TYPES

_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORGOTTEN_S = 3_600
"""An upload that was not finished after so long was cut off by a crash."""


class DocumentShelf:
    """The documents of all meetings, below the folder in which their rolls lie too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def draft(self, meeting: str) -> Path:
        """A new name for an upload, on the disk on which it is kept. Raises StoreUnavailable."""
        folder = self._of(meeting)
        try:
            private_folder(folder)
            for old in folder.glob(".*.partial"):
                if time.time() - old.stat().st_mtime > _FORGOTTEN_S:
                    old.unlink(missing_ok=True)
        except OSError as problem:
            raise StoreUnavailable(f"{folder}: {problem.strerror}") from problem
        return folder / f".{secrets.token_hex(12)}.partial"

    def keep(self, meeting: str, draft: Path, sha256: str, kind: str) -> None:
        """The draft is the document of this hash, durably. Idempotent. Raises StoreUnavailable."""
        file = self.file(meeting, sha256, kind)
        try:
            with draft.open("rb+") as written:
                os.fsync(written.fileno())
            draft.chmod(0o600)
            draft.replace(file)
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as problem:
            raise StoreUnavailable(f"{file}: {problem.strerror}") from problem

    def file(self, meeting: str, sha256: str, kind: str) -> Path:
        """Where the document of this hash lies. ValueError for what is no hash or kind."""
        if not _SHA256.fullmatch(sha256) or kind not in MEDIA_TYPES:
            raise ValueError(f"not a document: {sha256!r}.{kind!r}")
        return self._of(meeting) / f"{sha256}.{kind}"

    def _of(self, meeting: str) -> Path:
        if not _ID.fullmatch(meeting):
            raise ValueError(f"not a meeting: {meeting!r}")
        return self._folder / meeting / "documents"
