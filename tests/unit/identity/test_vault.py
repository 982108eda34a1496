"""Sealed items: bound to whom they are of, unreadable without the key, and gone when erased."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from hearing.errors import UserError
from identity.vault import KEYS, SEALED, Purpose, Vault
from records.errors import StoreUnavailable
from records.memory import MemoryStore
from records.sqlite import SqliteStore
from records.vault.spread import NOISE_BYTES

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


@pytest.mark.parametrize("moved_to", ["reference.case.li", "template.case.zhang", "reference.other.zhang"])
async def test_an_item_in_anothers_place_does_not_open(moved_to: str) -> None:
    store = MemoryStore()
    safe = vault(store)
    await put(safe)
    await put(safe, "other", "wang")
    raw = await store.get(SEALED, "reference.case.zhang")
    assert raw is not None
    await store.put(SEALED, moved_to, raw)
    purpose, case, person = moved_to.split(".")
    with pytest.raises(UserError):
        await safe.get(case, person, Purpose(purpose))


async def test_an_item_said_to_be_of_another_engine_does_not_open() -> None:
    store = MemoryStore()
    safe = vault(store)
    await put(safe)
    raw = await store.get(SEALED, "reference.case.zhang")
    assert raw is not None
    row = msgspec.msgpack.decode(raw)
    await store.put(SEALED, "reference.case.zhang", msgspec.msgpack.encode({**row, "engine_id": "other"}))
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
        await safe.scrub()
        assert not any(box[-64:] in _on_disk(tmp_path) for box in boxes)
        assert await store.keys(SEALED) == ()
    finally:
        await store.close()


async def test_of_many_items_that_come_and_go_none_can_be_put_together_from_the_files(tmp_path: Path) -> None:
    """Rows beside others are moved when others come and go, and copies stay in gaps: never all of a row."""
    chance = random.Random(7)
    store = await SqliteStore.open(tmp_path / "yunting.db")
    try:
        safe = vault(store)
        gone: list[bytes] = []
        for turn in range(400):
            case = f"case{chance.randrange(12)}"
            if chance.random() < 0.75:
                data = chance.randbytes(chance.choice((11, 64, 560, 900, 1_500, 9_000)))
                await safe.put(case, f"p{turn}", chance.choice(list(Purpose)), data, media_type="x")
                await store.put("other", f"{turn}", chance.randbytes(chance.randrange(700)))
                continue
            of_case = [name for name in await store.keys(SEALED) if name.split(".")[1] == case]
            gone += [raw for raw in [await store.get(KEYS, case)] if raw is not None]
            gone += [raw for name in of_case if (raw := await store.get(SEALED, name)) is not None]
            await safe.destroy(case)
        await safe.scrub()
        on_disk = _on_disk(tmp_path)
        assert len(gone) > 100
        for whole in gone:
            # Its noise, looked for piece by piece: without one of them nothing can be read.
            noise = whole[-NOISE_BYTES:]
            pieces = [noise[at : at + 32] for at in range(0, NOISE_BYTES, 32)]
            assert sum(piece in on_disk for piece in pieces) < len(pieces) // 2
            assert pieces[-1] not in on_disk
    finally:
        await store.close()


async def test_a_scrub_that_failed_is_done_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store, tries = MemoryStore(), []

    async def refuse() -> None:
        tries.append(1)
        raise StoreUnavailable("busy")

    safe = vault(store)
    await put(safe)
    await safe.erase("case", "zhang")
    with monkeypatch.context() as patch:
        patch.setattr(store, "scrub", refuse)
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await safe.scrub()
    await safe.scrub()
    monkeypatch.setattr(store, "scrub", refuse)
    await safe.scrub()
    assert len(tries) == 2


async def test_what_a_killed_process_had_erased_is_scrubbed_by_the_next(tmp_path: Path) -> None:
    """Killed after the rows were deleted and before the write-ahead log, which has them still, was emptied."""
    deleting = """
import asyncio, os, sys
from pathlib import Path
from identity.vault import Purpose, Vault
from records.sqlite import SqliteStore

async def main():
    safe = Vault(await SqliteStore.open(Path(sys.argv[1])), bytes(range(32)), lambda: 0)
    for case in ("case", "other"):
        await safe.put(case, "zhang", Purpose.TEMPLATE, b"face" * 100, media_type="x")
    for table in ("identity_sealed", "identity_keys"):
        for _, raw in await safe._store.items(table):
            print(raw[-64:].hex())
    await safe.destroy("case")
    await safe.erase("other", "zhang")
    sys.stdout.flush()
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""
    database = tmp_path / "files" / "yunting.db"
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", deleting, str(database), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    printed, _ = await killed.communicate()
    pieces = [bytes.fromhex(line) for line in printed.decode().split()]
    assert killed.returncode == -signal.SIGKILL
    assert len(pieces) == 4
    assert all(piece in _on_disk(database.parent) for piece in pieces), "the log has them still"
    store = await SqliteStore.open(database)
    try:
        await vault(store).scrub()
        left = [piece for piece in pieces if piece in _on_disk(database.parent)]
        # The other case has not ended: its key stays.
        key = await store.get(KEYS, "other")
        assert key is not None
        assert left == [key[-64:]]
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
