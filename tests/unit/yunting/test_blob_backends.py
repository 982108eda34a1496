"""Which place for copies a setting means, and what is said of one that means none."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from config import SettingsError, load
from records.memory import MemoryStore
from yunting.backends import open_blobs
from yunting.record.copies import open_copies

pytestmark = pytest.mark.unit


async def test_a_folder(tmp_path: Path) -> None:
    place = await open_blobs(f"file://{tmp_path}/copies", "storage.blobs")
    assert await place.size_bytes("nothing") is None


@pytest.mark.parametrize(
    "url", ["ftp://x", "file:relative", "s3://UPPER", "copies", "s3://b-b-b?profile=nobody-has-it"]
)
async def test_what_is_none_is_named_with_its_setting(url: str) -> None:
    with pytest.raises(SettingsError, match=r"storage\.second"):
        await open_blobs(url, "storage.second")


async def test_no_setting_no_copies(tmp_path: Path) -> None:
    settings = await asyncio.to_thread(load)
    async with AsyncExitStack() as stack:
        assert await open_copies(settings, MemoryStore(), lambda: 0, stack) is None


async def test_the_second_alone_will_do(tmp_path: Path) -> None:
    settings = await asyncio.to_thread(load, None, {"YUNTING_STORAGE_SECOND": f"file://{tmp_path}/copies"})
    async with AsyncExitStack() as stack:
        copies = await open_copies(settings, MemoryStore(), lambda: 0, stack)
        assert copies is not None
        assert list(copies.places) == ["second"]
