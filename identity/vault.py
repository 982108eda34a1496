"""Where face data lies: sealed under a key for each case, which is itself wrapped by the operator's key.

Templates, gate pictures, reference photos and contact data are in here and nowhere else. AES-256-GCM (NIST SP
800-38D) with random 96-bit nonces; the additional data binds every item to person, case, engine and purpose, so that
none can be put in another's place. Destroying a case's key makes everything sealed under it unreadable, also in
backups that were made without the operator's key; the rows are deleted besides. Keys and items are stored spread
(`records.vault.spread`), so that a deleted one leaves no piece that tells anything.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hearing.errors import UserError
from records.ports import KeyValueStore
from records.vault.case_keys import CaseKeys, OneKey, WrongKey
from records.vault.spread import gathered, spread

KEYS = "identity_keys"
SEALED = "identity_sealed"
ACCOUNTS = "accounts"
"""The case of the court's own people; their photos stay until the account's photo is removed."""

_NONCE_BYTES = 12


class Purpose(enum.StrEnum):
    """What an item is for; one item of each for a person in a case."""

    REFERENCE = "reference"
    """Photo to compare with (JPEG)."""
    PICTURE = "picture"
    """The picture that was compared, for the clerk (JPEG)."""
    TEMPLATE = "template"
    """What the watch compares with; readable by the engine that made it only."""
    NUMBER = "number"
    """Keyed hash of the document number in the case file."""
    PHONE = "phone"
    """Of the case file: where one-time codes are sent."""


FACE_DATA = (Purpose.REFERENCE, Purpose.PICTURE, Purpose.TEMPLATE)
"""What is of a face."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One item, opened."""

    purpose: Purpose
    engine_id: str
    media_type: str
    utc_ms: int
    data: bytes


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    engine_id: str
    media_type: str
    utc_ms: int
    box: bytes
    """Spread. Last, so that its noise ends the row."""


class Vault:
    """All sealed items of this server. `wrapping_key` is the operator's, KEY_BYTES long."""

    def __init__(self, store: KeyValueStore, wrapping_key: bytes, utc_ms: Callable[[], int]) -> None:
        self._store = store
        self._keys = CaseKeys(store, KEYS, "case key", OneKey(wrapping_key))
        self._utc_ms = utc_ms
        self._scrubbed = False

    async def put(
        self, case: str, person: str, purpose: Purpose, data: bytes, *, media_type: str, engine_id: str = ""
    ) -> None:
        """Seal; an older item of the same purpose is replaced. Raises UserError `vault-locked`."""
        try:
            cipher = AESGCM(await self._keys.key(case))
        except WrongKey:
            raise _locked() from None
        nonce = os.urandom(_NONCE_BYTES)
        box = nonce + cipher.encrypt(nonce, data, _bound_to(case, person, engine_id, purpose))
        row = _Row(engine_id=engine_id, media_type=media_type, utc_ms=self._utc_ms(), box=spread(box))
        await self._store.put(SEALED, _name(case, person, purpose), msgspec.msgpack.encode(row))

    async def get(self, case: str, person: str, purpose: Purpose) -> Kept | None:
        """The item, or None. Raises UserError `vault-locked` when the operator's key is not the one it was sealed
        with, or somebody has moved or changed it."""
        raw = await self._store.get(SEALED, _name(case, person, purpose))
        if raw is None:
            return None
        try:
            key = await self._keys.known(case)
            if key is None:
                return None
            row = msgspec.msgpack.decode(raw, type=_Row)
            data = _opened(AESGCM(key), row.box, _bound_to(case, person, row.engine_id, purpose))
        except (msgspec.MsgspecError, WrongKey):
            raise _locked() from None
        return Kept(purpose=purpose, engine_id=row.engine_id, media_type=row.media_type, utc_ms=row.utc_ms, data=data)

    async def has(self, case: str, person: str, purpose: Purpose) -> bool:
        """Whether there is such an item; opens nothing."""
        name = _name(case, person, purpose)
        return name in await self._store.keys(SEALED, name)

    async def all_of(self, case: str, person: str) -> list[Kept]:
        """Everything kept about this person in this case. Raises UserError `vault-locked`."""
        found = [await self.get(case, person, purpose) for purpose in Purpose]
        return [kept for kept in found if kept is not None]

    async def erase(self, case: str, person: str, purposes: Iterable[Purpose] = tuple(Purpose)) -> int:
        """Delete these items of one person; returns how many there were. Idempotent; needs no key. `scrub` then takes
        them out of the store's files too."""
        erased = 0
        for purpose in purposes:
            if await self.has(case, person, purpose):
                await self._delete(SEALED, _name(case, person, purpose))
                erased += 1
        return erased

    async def destroy(self, case: str) -> int:
        """Destroy the case's key, then every item of it; returns how many there were. Idempotent; needs no key.
        `scrub` then."""
        await self._delete(KEYS, case)
        names = [name for purpose in Purpose for name in await self._store.keys(SEALED, f"{purpose}.{case}.")]
        for name in names:
            await self._delete(SEALED, name)
        return len(names)

    async def scrub(self) -> None:
        """What was erased can no longer be read from the store's files; also what a process before this one erased,
        should it have been killed before its own scrub. Nothing to do where nothing was. Raises StoreUnavailable."""
        if not self._scrubbed:
            # First: what is deleted meanwhile wants a scrub of its own.
            self._scrubbed = True
            try:
                await self._store.scrub()
            except BaseException:
                self._scrubbed = False
                raise

    async def has_key(self, case: str) -> bool:
        """Whether anything of this case could still be read."""
        return await self._keys.has(case)

    async def count(self, purpose: Purpose) -> int:
        """How many people have an item of this purpose: from 100,000 stored faces on, the provincial CAC must be told
        (人脸识别技术应用安全管理办法 art. 15)."""
        return len(await self._store.keys(SEALED, f"{purpose}."))

    async def _delete(self, table: str, name: str) -> None:
        try:
            await self._store.delete(table, name)
        finally:
            self._scrubbed = False


def _opened(cipher: AESGCM, whole: bytes, bound_to: bytes) -> bytes:
    try:
        box = gathered(whole)
        return cipher.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise _locked() from None


def _name(case: str, person: str, purpose: Purpose) -> str:
    """By purpose first: a hundred thousand templates must be countable. `case` is an id without a dot."""
    return f"{purpose}.{case}.{person}"


def _bound_to(case: str, person: str, engine_id: str, purpose: Purpose) -> bytes:
    return msgspec.json.encode((person, case, engine_id, purpose))


def _locked() -> UserError:
    return UserError(
        "vault-locked",
        "人脸信息无法解密：identity.key 与封存时不一致，请联系技术人员",
        "sealed data cannot be opened: identity.key is not the key it was sealed with; tell the operator",
    )
