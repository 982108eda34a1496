"""Downloads that nobody finishes: the rest of the server has its threads."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path

import pytest

from signaling.record.exports import MAX_DOWNLOADS, zip_stream

pytestmark = pytest.mark.integration


@pytest.mark.timeout(30)
async def test_paused_downloads_hold_up_downloads_only(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "track.mkv").write_bytes(bytes(8_000_000))
    paused = [zip_stream(folder) for _ in range(MAX_DOWNLOADS)]
    for download in paused:
        await anext(download)
    one_more = asyncio.ensure_future(anext(zip_stream(folder)))
    async with asyncio.timeout(5):
        assert await asyncio.gather(*(asyncio.to_thread(len, "work") for _ in range(8))) == [4] * 8
    assert not one_more.done()
    await paused.pop().aclose()  # type: ignore[attr-defined]
    assert await asyncio.wait_for(one_more, 10)
    rest = paused.pop()
    data = b"".join([chunk async for chunk in rest])
    assert len(data) > 7_000_000
    for download in paused:
        await download.aclose()  # type: ignore[attr-defined]


async def test_a_whole_download_is_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "庭审.txt").write_text("笔录")
    archive = zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in zip_stream(folder)])))
    assert archive.testzip() is None
    assert archive.read("package/data/庭审.txt").decode() == "笔录"
