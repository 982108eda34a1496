"""A data key for each case, wrapped by the operator's key: destroying one key makes all that it sealed unreadable.

AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces; the additional data binds a wrapped key to purpose and case.
Rows lie spread (`records.vault.spread`), so that a deleted one leaves no piece that tells anything. The operator's
key may be changed while servers run (`rewrap`): the data keys, and with them all that is sealed, stay as they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.ports import KeyValueStore
from records.vault.spread import gathered, spread

KEY_BYTES = 32
_NONCE_BYTES = 12


class WrongKey(Exception):
    """No key of the operator's ring opens this, or it was changed."""


class KeyRing(Protocol):
    """The operator's keys of KEY_BYTES each."""

    async def keys(self) -> Sequence[bytes]:
        """Those that may have wrapped something, the newest first; it wraps. More than one only while the key is
        being changed."""


class OneKey:
    """A ring of one key that stays."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def keys(self) -> Sequence[bytes]:
        return (self._key,)


class CaseKeys:
    """Keys by case, in one table. `purpose` is part of what a wrapped key is bound to."""

    def __init__(self, store: KeyValueStore, table: str, purpose: str, ring: KeyRing) -> None:
        self._store = store
        self._table = table
        self._purpose = purpose
        self._ring = ring

    async def key(self, case: str) -> bytes:
        """The case's key, made at first use; of two that race one wins and both get it. Raises WrongKey,
        StoreUnavailable."""
        if (known := await self.known(case)) is not None:
            return known
        fresh = os.urandom(KEY_BYTES)
        newest, *_ = await self._ring.keys()
        if not await self._store.add(self._table, case, self._wrapped(newest, case, fresh)):
            found = await self.known(case)
            return found if found is not None else await self.key(case)
        await self._settle(case, fresh, newest)
        return fresh

    async def known(self, case: str) -> bytes | None:
        """The case's key; None when it has none. Raises WrongKey, StoreUnavailable."""
        row = await self._store.get(self._table, case)
        if row is None:
            return None
        try:
            return self._opened(await self._ring.keys(), case, row)
        except WrongKey:
            # The operator's key may have been changed between the two reads.
            row = await self._store.get(self._table, case)
            return None if row is None else self._opened(await self._ring.keys(), case, row)

    async def has(self, case: str) -> bool:
        """Whether anything of this case could still be read. Opens nothing."""
        return await self._store.get(self._table, case) is not None

    async def any(self) -> bool:
        """Whether there is a key of any case."""
        return bool(await self._store.keys(self._table))

    async def rewrap(self) -> int:
        """Wrap by the ring's newest key what an older one of it wrapped; returns how many. Idempotent, and may be
        killed at any moment. Raises WrongKey when one opens with no key of the ring: all others are done then."""
        newest, *older = await self._ring.keys()
        done, wrong = 0, 0
        for case in await self._store.keys(self._table):
            row = await self._store.get(self._table, case)
            if row is None:
                continue
            try:
                self._opened((newest,), case, row)
            except WrongKey:
                try:
                    data_key = self._opened(older, case, row)
                except WrongKey:
                    wrong += 1
                    continue
                await self._store.put(self._table, case, self._wrapped(newest, case, data_key))
                done += 1
        if wrong:
            raise WrongKey(f"{wrong} keys of cases")
        return done

    async def _settle(self, case: str, data_key: bytes, wrapped_by: bytes) -> None:
        """A change of the operator's key that began meanwhile may have passed over the row that was just added."""
        newest, *_ = await self._ring.keys()
        if newest != wrapped_by:
            await self._store.put(self._table, case, self._wrapped(newest, case, data_key))

    def _wrapped(self, by: bytes, case: str, data_key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return spread(nonce + AESGCM(by).encrypt(nonce, data_key, self._bound_to(case)))

    def _opened(self, ring: Sequence[bytes], case: str, row: bytes) -> bytes:
        try:
            box = gathered(row)
        except ValueError:
            raise WrongKey(case) from None
        for key in ring:
            try:
                return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], self._bound_to(case))
            except (InvalidTag, ValueError):
                continue
        raise WrongKey(case)

    def _bound_to(self, case: str) -> bytes:
        return msgspec.json.encode((self._purpose, case))
