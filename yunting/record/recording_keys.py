"""The keys of sealed recordings: one for each session, wrapped by the operator's (`storage.key_file`)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from config import Settings, SettingsError
from hearing.errors import UserError
from records.errors import KeyFault
from records.ports import KeyValueStore
from records.vault.case_keys import CaseKeys, WrongKey
from records.vault.operator_key import OperatorKey
from records.vault.unlocked import key_of, unlock
from yunting.backends import open_store

TABLE = "recording_keys"
PURPOSE = "recording key"


class RecordingKeys:
    """`encrypt`: whether what is recorded from now on is sealed. What was sealed is readable either way."""

    def __init__(self, keys: CaseKeys, encrypt: bool) -> None:
        self._keys = keys
        self._encrypt = encrypt

    async def unlock(self, session: str, folder: Path) -> None:
        """Make sealed files in the session's `folder` readable in this process, where there are any. Idempotent.
        Raises UserError `recording-locked`, StoreUnavailable."""
        if key_of(folder) is not None:
            return
        try:
            key = await self._keys.known(session)
        except (WrongKey, KeyFault) as problem:
            raise _locked(problem) from problem
        if key is not None:
            unlock(folder, key)

    async def for_new(self, session: str, folder: Path) -> bytes | None:
        """The key for new files in `folder`, which is unlocked; None when they are not to be sealed. Raises as
        `unlock`."""
        if not self._encrypt:
            return None
        try:
            key = await self._keys.key(session)
        except (WrongKey, KeyFault) as problem:
            raise _locked(problem) from problem
        unlock(folder, key)
        return key


async def open_recording_keys(settings: Settings, store: KeyValueStore) -> RecordingKeys:
    """Those of the settings. The operator's key is made where there is none and nothing was sealed yet. Raises
    SettingsError for a key that is lost or cannot be used, OSError."""
    ring, keys = operator_key(settings), case_keys(settings, store)
    if settings.storage.encrypt:
        if not await ring.exists() and await keys.any():
            raise SettingsError(
                f"{ring.file}: 密钥文件不存在，但已有用它加密的录音录像 / the key is not there, and recordings are "
                "sealed with it: put it back, or set storage.key_file"
            )
        await ring.make()
        try:
            await ring.keys()
        except KeyFault as problem:
            raise SettingsError(str(problem)) from None
    return RecordingKeys(keys, settings.storage.encrypt)


def operator_key(settings: Settings) -> OperatorKey:
    """The key that wraps every session's."""
    told = settings.storage.key_file
    return OperatorKey(Path(told) if told else Path(settings.storage.folder) / "keys" / "storage.key")


def case_keys(settings: Settings, store: KeyValueStore) -> CaseKeys:
    """The sessions' keys."""
    return CaseKeys(store, TABLE, PURPOSE, operator_key(settings))


def _locked(problem: Exception) -> UserError:
    return UserError(
        "recording-locked",
        "录音录像的密钥无法使用：请检查 storage.key_file",
        f"the key of recordings cannot be used, look at storage.key_file ({type(problem).__name__})",
    )


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting storage rotate --json` prints."""

    key_file: str
    rewrapped: int


async def rotate(settings: Settings) -> Rotated:
    """A new operator's key; the sessions' own keys, and so the recordings, stay as they are. A server may be running,
    and what was cut off is gone on with. Raises UserError `no-storage-key`, `recording-locked` (the old key stays),
    SettingsError, OSError, StoreUnavailable."""
    ring = operator_key(settings)
    if not await ring.exists():
        raise UserError(
            "no-storage-key", f"没有主密钥：{ring.file}", f"there is no operator's key to change: {ring.file}"
        )
    store = await open_store(settings.storage.store)
    try:
        rewrapped = await ring.change(case_keys(settings, store))
        # What the old key opens must not be read from a page that is free now.
        await store.scrub()
    except (WrongKey, KeyFault) as problem:
        raise _locked(problem) from problem
    finally:
        await store.close()
    return Rotated(key_file=str(ring.file), rewrapped=rewrapped)
