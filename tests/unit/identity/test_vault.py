"""Sealed items: bound to whom they are of, unreadable without the key, and gone when erased."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hearing.errors import UserError
from identity.vault import INDEX, KEYS, SEALED, Purpose, Vault
from records.memory import MemoryStore
from records.sqlite import SqliteStore

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
FACE = b"\xff\xd8 a face that must not be found again " * 40


def vault(store: MemoryStore | SqliteStore, key: bytes = KEY) -> Vault:
    return Vault(store, key, lambda: 1_795_000_000_000)


async def put(safe: Vault, case: str = "case", person: str = "zhang", purpose: Purpose = Purpose.REFERENCE) -> None:
    await safe.put(case, person, purpose, FACE, media_type="image/jpeg", engine_id="dlib")


async def test_what_was_sealed_comes_back_whole() -> None:
    safe = vault(MemoryStore())
    await put(safe)
    kept = await safe.get("case", "zhang", Purpose.REFERENCE)
    assert kept is not None
    assert (kept.data, kept.engine_id, kept.media_type) == (FACE, "dlib", "image/jpeg")
    assert await safe.get("case", "li", Purpose.REFERENCE) is None
    assert await safe.get("case", "zhang", Purpose.TEMPLATE) is None


async def test_another_key_opens_nothing() -> None:
    store = MemoryStore()
    await put(vault(store))
    with pytest.raises(UserError) as locked:
        await vault(store, bytes(32)).get("case", "zhang", Purpose.REFERENCE)
    assert locked.value.code == "vault-locked"


@pytest.mark.parametrize("moved_to", ["case.li.reference", "case.zhang.template", "other.zhang.reference"])
async def test_an_item_in_anothers_place_does_not_open(moved_to: str) -> None:
    store = MemoryStore()
    safe = vault(store)
    await put(safe)
    await put(safe, "other", "wang")
    raw = await store.get(SEALED, "case.zhang.reference")
    assert raw is not None
    await store.put(SEALED, moved_to, raw)
    case, person, purpose = moved_to.split(".")
    with pytest.raises(UserError):
        await safe.get(case, person, Purpose(purpose))


async def test_an_item_said_to_be_of_another_engine_does_not_open() -> None:
    store = MemoryStore()
    safe = vault(store)
    await put(safe)
    raw = await store.get(SEALED, "case.zhang.reference")
    assert raw is not None
    row = msgspec.msgpack.decode(raw)
    await store.put(SEALED, "case.zhang.reference", msgspec.msgpack.encode({**row, "engine_id": "other"}))
    with pytest.raises(UserError):
        await safe.get("case", "zhang", Purpose.REFERENCE)


async def test_erasing_one_person_leaves_the_others() -> None:
    safe = vault(MemoryStore())
    await put(safe)
    await put(safe, purpose=Purpose.TEMPLATE)
    await put(safe, person="li")
    assert await safe.count(Purpose.REFERENCE) == 2
    assert await safe.erase("case", "zhang") == 2
    assert await safe.erase("case", "zhang") == 0
    assert await safe.all_of("case", "zhang") == []
    assert len(await safe.all_of("case", "li")) == 1
    assert await safe.count(Purpose.TEMPLATE) == 0


async def test_destroying_the_key_ends_the_case_and_no_other() -> None:
    store = MemoryStore()
    safe = vault(store)
    await put(safe)
    await put(safe, "other")
    backup = await store.items(SEALED)
    assert await safe.destroy("case") == 1
    assert await safe.destroy("case") == 0
    assert not await safe.has_key("case")
    assert await safe.get("other", "zhang", Purpose.REFERENCE) is not None
    # Rows that somebody had copied open no more: their key is gone.
    for name, raw in backup:
        await store.put(SEALED, name, raw)
    assert await safe.get("case", "zhang", Purpose.REFERENCE) is None
    await put(safe, person="somebody-new")
    with pytest.raises(UserError):
        await safe.get("case", "zhang", Purpose.REFERENCE)


async def test_after_erasure_neither_boxes_nor_key_are_in_the_files(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "yunting.db")
    try:
        safe = vault(store)
        for person in ("zhang", "li"):
            await put(safe, person=person)
        boxes = [raw for table in (SEALED, KEYS) for _, raw in await store.items(table)]
        assert len(boxes) == 3
        assert all(box[-64:] in _on_disk(tmp_path) for box in boxes)
        await safe.destroy("case")
        assert not any(box[-64:] in _on_disk(tmp_path) for box in boxes)
        assert await store.items(INDEX) == ()
    finally:
        await store.close()


async def test_plain_faces_are_never_in_the_files(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "yunting.db")
    try:
        await put(vault(store))
        assert FACE[:32] not in _on_disk(tmp_path)
    finally:
        await store.close()


def _on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
