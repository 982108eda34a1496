"""Copies of finished packages in the places that the settings name, as pages and the sealing see them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Protocol

import msgspec


class CopyState(enum.StrEnum):
    """How far a copy is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """All of it is there; it was not read back yet."""
    VERIFIED = "verified"
    """Every file was read back from the place and has the digest that the package's signed manifests say."""
    FAILED = "failed"
    """See `reason_*`. Tried again by itself at `again_utc_ms`; when that is None only when it is asked for."""


class PackageCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One package in one place. `reason_*` is empty unless `failed`; `utc_ms` is of the newest change of state."""

    package: str
    """Its id (`signaling.ports.Exported.id`)."""
    session: str
    place: str
    """`first` (storage.blobs) or `second` (storage.second)."""
    address: str
    """Where that is, without options or keys."""
    state: CopyState
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    stamped: bool = False
    """Whether a time stamp over the seal, which may come later, is in it."""
    tries: int = 0
    reason_zh: str = ""
    reason_en: str = ""
    again_utc_ms: int | None = None
    utc_ms: int


class PackageCopies(Protocol):
    """Implemented by `yunting.record.copies`. What it knows survives a restart."""

    @property
    def places(self) -> Sequence[str]:
        """Those that the settings name, of `first` and `second`: a package is safe when each has it `verified`."""

    def wake(self) -> None:
        """A package was finished: look now. Without it a package is found within half a minute. Idempotent."""

    async def of(self, session: str) -> Sequence[PackageCopy]:
        """Copies of the session's packages, by package and place. Cheap."""

    async def retry(self, package: str) -> int:
        """Try the failed copies of this package now; returns how many. Idempotent."""

    async def run(self) -> None:
        """Look for packages and copy them until cancelled."""
