"""What every BlobStore promises. A runner module gives the fixtures `store`, `cut` and subclasses the suite."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest

from hearing.errors import Refused
from records.errors import BlobMismatch, BlobMissing, BlobUnavailable
from records.ports import BlobStore

PART_BYTES = 5 << 20
"""The least that S3 takes as a part: what is larger goes up in several."""


class Cut(Protocol):
    """Cuts uploads off, and counts what gets through."""

    def after(self, wire_bytes: int) -> None:
        """The place takes so many bytes more, then nothing."""

    def mend(self) -> None:
        """It takes everything again."""

    def taken(self) -> int:
        """Bytes of blobs that reached the place so far, counted or bounded from above."""


def sha512(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()


async def whole(store: BlobStore, key: str, first_byte: int = 0, end_byte: int | None = None) -> bytes:
    return b"".join([block async for block in store.read(key, first_byte, end_byte)])


class BlobStoreContract:
    async def test_what_was_put_is_read(self, store: BlobStore, tmp_path: Path) -> None:
        data = os.urandom(300_000)
        source = tmp_path / "source"
        source.write_bytes(data)
        await store.put("packages/p/a.mkv", source, sha512(data))
        await store.put("packages/p/b.txt", b"text", sha512(b"text"))
        assert await whole(store, "packages/p/a.mkv") == data
        assert await whole(store, "packages/p/b.txt") == b"text"
        assert await store.size_bytes("packages/p/a.mkv") == 300_000

    async def test_names_of_a_court(self, store: BlobStore) -> None:
        key = "packages/01/（2018）粤01破1号_20260101/data/reports/录音录像情况记录.html"
        await store.put(key, b"x", sha512(b"x"))
        assert list(await store.keys("packages/01/（2018）粤01")) == [key]
        assert await whole(store, key) == b"x"

    async def test_an_empty_file(self, store: BlobStore) -> None:
        await store.put("empty", b"", sha512(b""))
        assert await store.size_bytes("empty") == 0
        assert await whole(store, "empty") == b""

    async def test_ranges(self, store: BlobStore) -> None:
        await store.put("r", b"0123456789", sha512(b"0123456789"))
        for first_byte, end_byte in ((0, 1), (1, 5), (5, None), (9, 10), (3, 3), (10, None), (4, 99)):
            assert await whole(store, "r", first_byte, end_byte) == b"0123456789"[first_byte:end_byte]

    async def test_what_is_no_range(self, store: BlobStore) -> None:
        await store.put("r", b"0123456789", sha512(b"0123456789"))
        for first_byte, end_byte in ((-1, None), (3, 2)):
            with pytest.raises(ValueError):
                await whole(store, "r", first_byte, end_byte)

    async def test_absent(self, store: BlobStore) -> None:
        assert await store.size_bytes("no") is None
        assert list(await store.keys("no")) == []
        with pytest.raises(BlobMissing):
            await whole(store, "no")

    async def test_put_again_is_nothing(self, store: BlobStore) -> None:
        await store.put("k", b"one", sha512(b"one"))
        await store.put("k", b"one", sha512(b"one"))
        assert await whole(store, "k") == b"one"

    async def test_nothing_is_replaced(self, store: BlobStore) -> None:
        await store.put("k", b"one", sha512(b"one"))
        with pytest.raises(Refused) as refused:
            await store.put("k", b"two", sha512(b"two"))
        assert refused.value.code == "blob-exists"
        assert await whole(store, "k") == b"one"

    @pytest.mark.parametrize("size", [10, PART_BYTES + 10])
    async def test_a_source_that_is_not_what_was_said_is_not_kept(self, store: BlobStore, size: int) -> None:
        data = os.urandom(size)
        with pytest.raises(BlobMismatch):
            await store.put("k", data, sha512(data[:-1]))
        assert await store.size_bytes("k") is None
        await store.put("k", data, sha512(data))
        assert await whole(store, "k") == data

    async def test_keys_by_prefix_in_order(self, store: BlobStore) -> None:
        for key in ("a/2", "a/10", "ab", "b/1", "a/1/x"):
            await store.put(key, b"", sha512(b""))
        assert list(await store.keys("a/")) == ["a/1/x", "a/10", "a/2"]
        assert list(await store.keys("a")) == ["a/1/x", "a/10", "a/2", "ab"]
        assert len(await store.keys("")) == 5

    async def test_only_scratch_is_deleted(self, store: BlobStore) -> None:
        await store.put("scratch/trial", b"x", sha512(b"x"))
        await store.put("packages/p", b"x", sha512(b"x"))
        await store.delete("scratch/trial")
        await store.delete("scratch/trial")
        assert await store.size_bytes("scratch/trial") is None
        with pytest.raises(Refused) as refused:
            await store.delete("packages/p")
        assert refused.value.code == "blob-kept"
        assert await store.size_bytes("packages/p") == 1

    async def test_what_is_no_key(self, store: BlobStore) -> None:
        for key in ("", "/a", "a//b", "../a", "a/../b", "a/.hidden", "a\\b", "CON", "x" * 1_100):
            with pytest.raises(ValueError):
                await store.put(key, b"", sha512(b""))

    async def test_an_upload_that_was_cut_is_gone_on_with(
        self, store: BlobStore, again: Callable[[], Awaitable[BlobStore]], cut: Cut, tmp_path: Path
    ) -> None:
        data = os.urandom(3 * PART_BYTES + 1_000)
        source = tmp_path / "source"
        source.write_bytes(data)
        cut.after(2 * PART_BYTES + 20_000)
        with pytest.raises(BlobUnavailable):
            await store.put("k", source, sha512(data))
        cut.mend()
        assert await store.size_bytes("k") is None
        before = cut.taken()
        second = await again()
        await second.put("k", source, sha512(data))
        assert cut.taken() - before <= len(data) - 2 * PART_BYTES + 100_000
        assert await whole(second, "k") == data
        await second.close()

    async def test_another_source_after_a_cut_is_not_mixed_with_the_first(self, store: BlobStore, cut: Cut) -> None:
        first, other = os.urandom(2 * PART_BYTES + 1_000), os.urandom(2 * PART_BYTES + 1_000)
        cut.after(PART_BYTES + 20_000)
        with pytest.raises(BlobUnavailable):
            await store.put("k", first, sha512(first))
        cut.mend()
        await store.put("k", other, sha512(other))
        assert await whole(store, "k") == other
        with pytest.raises(Refused):
            await store.put("k", first, sha512(first))
        await store.put("k", other, sha512(other))
