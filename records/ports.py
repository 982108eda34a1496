"""What the record needs from a store: small Protocols, one contract suite each (`tests/contracts/`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

from hearing.events import Entry, Head


class EventStore(Protocol):
    """Append-only store of the sessions' logs. Implementations: `memory`, `sqlite`.

    Entries of one session are appended by one writer in order; readers see only what is durable.
    """

    async def append(self, entries: Sequence[Entry]) -> None:
        """Make the entries durable (fsync) before returning; all or none. Raises `records.errors.OutOfOrder`
        when the first `seq` or `prev` does not follow the stored log, `StoreUnavailable` when the disk refuses."""

    def read(self, session: str, after_seq: int = 0) -> AsyncIterator[Entry]:
        """Entries with seq > after_seq, in order. An unknown session yields nothing."""

    async def last(self, session: str) -> Entry | None:
        """The newest entry, or None."""

    async def sessions(self) -> Sequence[str]:
        """Ids of all sessions that have a log, oldest first."""

    async def add_head(self, head: Head) -> None:
        """Keep a signed head. Idempotent for the same head."""

    async def heads(self, session: str) -> Sequence[Head]:
        """All signed heads of the session, by seq."""

    async def close(self) -> None:
        """Flush and release. Idempotent."""


class KeyValueStore(Protocol):
    """Small mutable facts beside the logs: accounts, credentials, invitations, used tickets.

    Every value is bytes (canonical JSON of a struct owned by the caller), grouped by `table`.
    """

    async def put(self, table: str, key: str, value: bytes) -> None:
        """Insert or replace, durable before returning."""

    async def add(self, table: str, key: str, value: bytes) -> bool:
        """Insert only when absent, durable before returning True; False when the key exists. Atomic: of two
        concurrent calls exactly one gets True (single-use tickets rest on this)."""

    async def get(self, table: str, key: str) -> bytes | None:
        """The value or None."""

    async def delete(self, table: str, key: str) -> None:
        """Remove. Idempotent."""

    async def items(self, table: str) -> Sequence[tuple[str, bytes]]:
        """All pairs, by key."""

    async def keys(self, table: str, prefix: str = "") -> Sequence[str]:
        """The keys that begin with `prefix`, in order; their values are not read."""

    async def scrub(self) -> None:
        """What was deleted or replaced so far can no longer be read from this store's files (copies made of them
        earlier are out of its reach). Idempotent. Raises StoreUnavailable when it could not be done now."""


class BlobStore(Protocol):
    """Finished files under names, written once: a second place for the record. Implementations: `records.blobs`.

    A key is a relative path of safe names joined by `/`. What was put is never changed; what `put` returned for is
    durable and whole under its key, and nothing is to be seen of it before.
    """

    async def put(self, key: str, source: Path | bytes, sha512: str) -> None:
        """Keep the bytes, which must have this SHA-512 (lower-case hex). One call for a key at a time. Idempotent and
        resumed: after a cut the same call goes on where the bytes got to. Raises Refused `blob-exists` when other
        bytes are there already, `BlobMismatch` when the source or what the store received is not what was said,
        BlobUnavailable; OSError for a source that cannot be opened."""

    async def size_bytes(self, key: str) -> int | None:
        """Its length, None when there is no such blob. Raises BlobUnavailable."""

    def read(self, key: str, first_byte: int = 0, end_byte: int | None = None) -> AsyncIterator[bytes]:
        """The bytes first..end (exclusive; None = to the end), in blocks of at most a MiB. Raises BlobMissing,
        BlobUnavailable, ValueError for a range that is none."""

    async def keys(self, prefix: str) -> Sequence[str]:
        """Keys that begin with `prefix`, in order of their code points. Raises BlobUnavailable."""

    async def delete(self, key: str) -> None:
        """Remove. Idempotent. Raises Refused `blob-kept` for everything outside `records.blobs.keys.SCRATCH`."""

    async def close(self) -> None:
        """Release connections. Idempotent."""
