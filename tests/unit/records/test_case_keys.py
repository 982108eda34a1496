"""Keys of cases, and the change of the operator's key: at every moment of it everything can be read."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from records.errors import KeyFault
from records.memory import MemoryStore
from records.vault.case_keys import CaseKeys, OneKey, WrongKey
from records.vault.operator_key import OperatorKey

pytestmark = pytest.mark.unit


class Killed(BaseException):
    pass


class MortalStore(MemoryStore):
    """Dies at the n-th `put`."""

    def __init__(self) -> None:
        super().__init__()
        self.puts_left: int | None = None

    async def put(self, table: str, key: str, value: bytes) -> None:
        if self.puts_left is not None:
            if self.puts_left == 0:
                raise Killed
            self.puts_left -= 1
        await super().put(table, key, value)


async def made_key(folder: Path) -> OperatorKey:
    key = OperatorKey(folder / "keys" / "storage.key")
    await key.make()
    return key


def keys_of(store: MemoryStore, ring: OperatorKey | OneKey) -> CaseKeys:
    return CaseKeys(store, "recording_keys", "recording key", ring)


async def test_the_same_key_each_time_another_for_each_case() -> None:
    keys = keys_of(MemoryStore(), OneKey(bytes(32)))
    assert await keys.known("a") is None
    first = await keys.key("a")
    assert len(first) == 32
    assert await keys.key("a") == await keys.known("a") == first
    assert await keys.key("b") != first


async def test_of_two_that_race_both_get_the_same() -> None:
    store = MemoryStore()
    found = await asyncio.gather(*(keys_of(store, OneKey(bytes(32))).key("a") for _ in range(8)))
    assert len(set(found)) == 1


async def test_a_row_in_anothers_place_opens_with_no_key() -> None:
    store = MemoryStore()
    keys = keys_of(store, OneKey(bytes(32)))
    await keys.key("a")
    await store.put("recording_keys", "b", await store.get("recording_keys", "a") or b"")
    with pytest.raises(WrongKey):
        await keys.known("b")
    with pytest.raises(WrongKey):
        await CaseKeys(store, "recording_keys", "case key", OneKey(bytes(32))).known("a")
    with pytest.raises(WrongKey):
        await keys_of(store, OneKey(bytes(31) + b"x")).known("a")


async def test_a_change_leaves_the_data_keys_and_lets_the_old_one_open_nothing(tmp_path: Path) -> None:
    store, ring = MemoryStore(), await made_key(tmp_path)
    keys = keys_of(store, ring)
    before = {case: await keys.key(case) for case in "abc"}
    [old] = await ring.keys()
    assert await ring.change(keys) == 3
    [new] = await ring.keys()
    assert new != old
    assert {case: await keys.known(case) for case in "abc"} == before
    for case in "abc":
        with pytest.raises(WrongKey):
            await keys_of(store, OneKey(old)).known(case)
    assert [file.name for file in ring.file.parent.iterdir()] == ["storage.key"]


@pytest.mark.parametrize("puts", range(4))
async def test_killed_while_rewrapping(tmp_path: Path, puts: int) -> None:
    store, ring = MortalStore(), await made_key(tmp_path)
    keys = keys_of(store, ring)
    before = {case: await keys.key(case) for case in "abc"}
    [old] = await ring.keys()
    store.puts_left = puts
    if puts < 3:
        with pytest.raises(Killed):
            await ring.change(keys)
    store.puts_left = None
    assert {case: await keys.known(case) for case in "abc"} == before
    await keys.key("made in between")
    await ring.change(keys)
    [new] = await ring.keys()
    assert {case: await keys_of(store, OneKey(new)).known(case) for case in "abc"} == before
    assert await keys_of(store, OneKey(new)).known("made in between")
    assert old != new


@pytest.mark.parametrize("step", range(12))
async def test_killed_at_a_step_of_the_files(tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    store, ring = MemoryStore(), await made_key(tmp_path)
    keys = keys_of(store, ring)
    before = {case: await keys.key(case) for case in "abc"}
    left = step

    def mortal(name: str, truth: object) -> object:
        def call(*args: object, **options: object) -> object:
            nonlocal left
            if left == 0:
                raise Killed(name)
            left -= 1
            return truth(*args, **options)  # type: ignore[operator]

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", mortal("link", os.link))
        patch.setattr(os, "fsync", mortal("fsync", os.fsync))
        patch.setattr(Path, "replace", mortal("replace", Path.replace))
        patch.setattr(Path, "unlink", mortal("unlink", Path.unlink))
        with contextlib.suppress(Killed):
            await ring.change(keys)
    assert {case: await keys.known(case) for case in "abc"} == before
    await ring.change(keys)
    assert {case: await keys.known(case) for case in "abc"} == before
    assert len(await ring.keys()) == 1


async def test_a_server_that_read_the_old_key_just_before_loses_no_case(tmp_path: Path) -> None:
    """It wraps by the old key, and stores it after the change has looked through all rows."""
    store, ring = MemoryStore(), await made_key(tmp_path)
    old = await ring.keys()

    class Late(OneKey):
        """The ring as it was at the first look, then as it is."""

        looked = False

        async def keys(self) -> Sequence[bytes]:
            if not self.looked:
                self.looked = True
                await ring.change(keys_of(store, ring))
                return old
            return await ring.keys()

    made = await keys_of(store, Late(b"")).key("late")
    assert await keys_of(store, ring).known("late") == made


async def test_a_key_that_opens_nothing_stops_the_change_and_the_old_one_stays(tmp_path: Path) -> None:
    store, ring = MemoryStore(), await made_key(tmp_path)
    keys = keys_of(store, ring)
    await keys.key("a")
    await store.put("recording_keys", "z", b"damaged" * 1000)
    old = (await ring.keys())[0]
    with pytest.raises(WrongKey):
        await ring.change(keys)
    assert old in await ring.keys()
    assert await keys.known("a")


async def test_a_key_open_to_others_or_no_key_is_refused(tmp_path: Path) -> None:
    ring = OperatorKey(tmp_path / "storage.key")
    with pytest.raises(KeyFault, match="no such file"):
        await ring.keys()
    await ring.make()
    ring.file.chmod(0o640)
    with pytest.raises(KeyFault, match="640"):
        await ring.keys()
    ring.file.chmod(0o600)
    ring.file.write_text("secretsecret")
    with pytest.raises(KeyFault) as refused:
        await ring.keys()
    assert "secretsecret" not in str(refused.value)
