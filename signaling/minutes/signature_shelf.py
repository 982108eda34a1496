"""Where the pictures of signatures, and the texts that were signed, lie: in the key-value store, by session and
SHA-256, for as long as the log.

A picture that is only handed in has a place of its own for each person, which the next one takes.
"""

from __future__ import annotations

import hashlib

from records.ports import KeyValueStore

HANDED_IN = "handed_in_signatures"
SIGNED = "signatures"
TEXTS = "signed_minutes"


class SignatureShelf:
    """The pictures of one session."""

    def __init__(self, store: KeyValueStore, session: str) -> None:
        self._store = store
        self._session = session

    async def hand_in(self, participant: str, picture: bytes) -> str:
        """Keep it until the person signs or hands in another; its SHA-256. Idempotent."""
        await self._store.put(HANDED_IN, f"{self._session}.{participant}", picture)
        return hashlib.sha256(picture).hexdigest()

    async def handed_in(self, participant: str, sha256: str) -> bytes | None:
        """The newest that this person handed in, if it is this one."""
        picture = await self._store.get(HANDED_IN, f"{self._session}.{participant}")
        return picture if picture is not None and hashlib.sha256(picture).hexdigest() == sha256 else None

    async def keep(self, picture: bytes) -> None:
        """For good: before the signature is in the log, so that the log names nothing that is not there."""
        await self._store.put(SIGNED, f"{self._session}.{hashlib.sha256(picture).hexdigest()}", picture)

    async def discard(self, sha256: str) -> None:
        """One that nobody has signed with after all. Idempotent."""
        await self._store.delete(SIGNED, f"{self._session}.{sha256}")

    async def signed(self, sha256: str) -> bytes | None:
        """The picture of a signature."""
        return await self._store.get(SIGNED, f"{self._session}.{sha256}")

    async def keep_text(self, text: bytes) -> None:
        """The minutes that somebody is about to sign, as they read then: a later program may compose the same log in
        other words. Idempotent."""
        await self._store.put(TEXTS, f"{self._session}.{hashlib.sha256(text).hexdigest()}", text)

    async def for_package(self) -> dict[str, bytes]:
        """Pictures and texts of this session by their SHA-256."""
        return {**await self._all(SIGNED), **await self._all(TEXTS)}

    async def all_signed(self) -> dict[str, bytes]:
        """Every picture of a signature of this session by its SHA-256."""
        return await self._all(SIGNED)

    async def _all(self, shelf: str) -> dict[str, bytes]:
        prefix = f"{self._session}."
        found = {}
        for key in await self._store.keys(shelf, prefix):
            kept = await self._store.get(shelf, key)
            if kept is not None:
                found[key.removeprefix(prefix)] = kept
        return found
