"""A real server with two places, a folder and an S3 service: what is finished in its folder is copied and checked."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import boto3
import msgspec
import pytest

from records.blobs.s3 import S3Blobs
from records.blobs.s3_address import S3Address
from records.keys import CourtKey
from records.sqlite import SqliteStore
from signaling.record.copies import CopyState, PackageCopy
from tests.fakes.own_s3 import REGION, own_s3
from tests.fakes.serving import serving
from tests.fakes.small_package import small_package
from yunting.record.copies import TABLE

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


async def verified(database: Path, count: int) -> list[PackageCopy]:
    store = await SqliteStore.open(database)
    try:
        async with asyncio.timeout(90):
            while True:
                rows = [msgspec.json.decode(value, type=PackageCopy) for _, value in await store.items(TABLE)]
                if len(rows) == count and all(row.state is CopyState.VERIFIED for row in rows):
                    return rows
                await asyncio.sleep(0.1)
    finally:
        await store.close()


async def test_a_folder_and_an_s3_service_get_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    key = CourtKey.generate()
    data = tmp_path / "var"
    data.mkdir()
    with own_s3() as port:
        endpoint = f"http://127.0.0.1:{port}"
        client = await asyncio.to_thread(boto3.client, "s3", endpoint_url=endpoint, region_name=REGION)
        await asyncio.to_thread(client.create_bucket, Bucket="court-copies")
        url = f"s3://court-copies/first?endpoint={endpoint}"
        first = await asyncio.to_thread(small_package, data / "packages", key, 1)
        async with serving(
            data, YUNTING_STORAGE_BLOBS=f"file://{tmp_path}/mount", YUNTING_STORAGE_SECOND=url
        ) as server:
            rows = await verified(data / "yunting.db", 2)
            assert {row.place for row in rows} == {"first", "second"}
            await server.stop(signal.SIGKILL)
            await asyncio.to_thread(small_package, data / "packages", key, 2)
            await server.start()
            await verified(data / "yunting.db", 4)
        names = {path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file()}
        there = await S3Blobs.open(S3Address.of(url))
        prefix = f"packages/{first.parent.name}/{first.name}/"
        assert {key.removeprefix(prefix) for key in await there.keys(prefix)} == names
        await there.close()
        assert (tmp_path / "mount" / prefix / "verify.py").is_file()
        assert "very-secret" not in (data / "server.log").read_text()
