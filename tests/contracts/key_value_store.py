"""What every KeyValueStore promises. A runner module gives the `store` fixture and subclasses the suite."""

from __future__ import annotations

import asyncio

import pytest

from records.ports import KeyValueStore


class KeyValueStoreContract:
    async def test_put_replaces(self, store: KeyValueStore) -> None:
        await store.put("accounts", "li", b"1")
        await store.put("accounts", "li", b"2")
        assert await store.get("accounts", "li") == b"2"

    async def test_absent_is_none(self, store: KeyValueStore) -> None:
        assert await store.get("accounts", "li") is None
        assert await store.items("accounts") == ()

    async def test_tables_are_apart(self, store: KeyValueStore) -> None:
        await store.put("a", "k", b"1")
        await store.put("b", "k", b"2")
        await store.delete("a", "k")
        assert await store.get("a", "k") is None
        assert await store.get("b", "k") == b"2"

    async def test_add_only_when_absent(self, store: KeyValueStore) -> None:
        assert await store.add("tickets", "t", b"first") is True
        assert await store.add("tickets", "t", b"second") is False
        assert await store.get("tickets", "t") == b"first"

    async def test_a_deleted_key_may_be_added_again(self, store: KeyValueStore) -> None:
        await store.add("tickets", "t", b"1")
        await store.delete("tickets", "t")
        assert await store.add("tickets", "t", b"2") is True

    async def test_of_many_concurrent_adds_exactly_one_wins(self, store: KeyValueStore) -> None:
        for ticket in ("t1", "t2", "t3"):
            won = await asyncio.gather(*(store.add("tickets", ticket, str(n).encode()) for n in range(40)))
            assert sum(won) == 1
            assert await store.get("tickets", ticket) == str(won.index(True)).encode()

    async def test_deleting_is_idempotent(self, store: KeyValueStore) -> None:
        await store.delete("accounts", "nobody")
        await store.put("accounts", "li", b"1")
        await store.delete("accounts", "li")
        await store.delete("accounts", "li")
        assert await store.items("accounts") == ()

    async def test_items_by_key(self, store: KeyValueStore) -> None:
        for key in ("b", "张", "a", ""):
            await store.put("t", key, key.encode())
        assert await store.items("t") == (("", b""), ("a", b"a"), ("b", b"b"), ("张", "张".encode()))

    async def test_keys_by_their_beginning(self, store: KeyValueStore) -> None:
        for key in ("b.1", "a.2", "a.1", "a", "a%x", "a_x", "张.1"):
            await store.put("t", key, b"")
        await store.put("other", "a.9", b"")
        assert await store.keys("t", "a.") == ("a.1", "a.2")
        assert await store.keys("t", "a%") == ("a%x",)
        assert await store.keys("t", "张") == ("张.1",)
        assert await store.keys("t", "z") == ()
        assert await store.keys("t") == tuple(key for key, _ in await store.items("t"))

    @pytest.mark.parametrize("value", [b"", b"\x00\xff" * 10, b"x" * 1_000_000], ids=["empty", "binary", "large"])
    async def test_any_bytes_come_back(self, store: KeyValueStore, value: bytes) -> None:
        await store.put("t", "k", value)
        assert await store.get("t", "k") == value

    async def test_names_are_data(self, store: KeyValueStore) -> None:
        hostile = "x'; DROP TABLE fact; --"
        await store.put(hostile, hostile, b"1")
        assert await store.get(hostile, hostile) == b"1"
        assert await store.items("fact") == ()

    async def test_scrubbing_keeps_what_is_there(self, store: KeyValueStore) -> None:
        await store.put("a", "gone", b"1")
        await store.put("a", "kept", b"2")
        await store.delete("a", "gone")
        await store.scrub()
        await store.scrub()
        assert await store.items("a") == (("kept", b"2"),)
