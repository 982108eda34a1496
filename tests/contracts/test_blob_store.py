"""The BlobStore suite over every implementation, S3 against a real server on loopback."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import boto3
import pytest

from hearing.ids import new_ulid
from records.blobs.filesystem import FilesystemBlobs
from records.blobs.s3 import S3Blobs
from records.blobs.s3_address import S3Address
from records.errors import BlobUnavailable
from records.ports import BlobStore
from tests.contracts.blob_store import PART_BYTES, BlobStoreContract, Cut, sha512, whole
from tests.fakes.own_s3 import REGION, Wire, own_s3

pytestmark = pytest.mark.contract


class CutDisk:
    """A disk that takes so many bytes more: the writes beyond fail."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._uploads = folder / ".uploads"
        self._patch = monkeypatch
        self._allowed: int | None = None
        self._taken = 0
        truth = os.fsync
        self._fsync = truth

    def after(self, wire_bytes: int) -> None:
        def full(descriptor: int) -> None:
            size = os.fstat(descriptor).st_size
            if size > wire_bytes:
                os.ftruncate(descriptor, wire_bytes)
                raise OSError(28, "No space left on device")
            self._fsync(descriptor)

        self._patch.setattr(os, "fsync", full)

    def mend(self) -> None:
        self._patch.setattr(os, "fsync", self._fsync)
        self._taken -= sum(file.stat().st_size for file in self._uploads.iterdir())

    def taken(self) -> int:
        return self._taken


class TestFilesystem(BlobStoreContract):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "copies"

    @pytest.fixture
    def again(self, folder: Path) -> Callable[[], Awaitable[BlobStore]]:
        async def open_it() -> BlobStore:
            return FilesystemBlobs(folder)

        return open_it

    @pytest.fixture
    async def store(self, again: Callable[[], Awaitable[BlobStore]]) -> BlobStore:
        return await again()

    @pytest.fixture
    def cut(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cut:
        return CutDisk(folder, monkeypatch)

    async def test_a_disk_that_is_not_mounted_is_not_an_empty_one(self, tmp_path: Path) -> None:
        store = FilesystemBlobs(tmp_path / "mount" / "yunting")
        for call in (store.put("k", b"x", sha512(b"x")), store.keys(""), store.size_bytes("k")):
            with pytest.raises(BlobUnavailable):
                await call

    async def test_a_link_to_the_courts_own_file_is_no_copy_of_it(
        self, store: BlobStore, folder: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "packages").mkdir()
        (tmp_path / "packages" / "a").write_bytes(b"x")
        folder.mkdir()
        (folder / "packages").symlink_to(tmp_path / "packages")
        (folder / "b").symlink_to(tmp_path / "packages" / "a")
        for key in ("packages/a", "b"):
            with pytest.raises(BlobUnavailable):
                await whole(store, key)
            for call in (store.put(key, b"x", sha512(b"x")), store.size_bytes(key)):
                with pytest.raises(BlobUnavailable):
                    await call

    async def test_an_upload_never_writes_through_a_link(
        self, store: BlobStore, folder: Path, tmp_path: Path
    ) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"of somebody else")
        (folder / ".uploads").mkdir(parents=True)
        (folder / ".uploads" / hashlib.sha256(b"k").hexdigest()).symlink_to(victim)
        with pytest.raises(BlobUnavailable):
            await store.put("k", b"x", sha512(b"x"))
        (folder / "packages").symlink_to(tmp_path)
        with pytest.raises(BlobUnavailable):
            await store.put("packages/new/k", b"x", sha512(b"x"))
        assert victim.read_bytes() == b"of somebody else"
        assert not (tmp_path / "new").exists()

    async def test_a_place_that_is_itself_reached_by_a_link_is_a_place(self, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir()
        (tmp_path / "mount").symlink_to(tmp_path / "disk")
        store = FilesystemBlobs(tmp_path / "mount" / "copies")
        await store.put("packages/p/a", b"x", sha512(b"x"))
        assert list(await store.keys("packages/")) == ["packages/p/a"]
        assert await whole(store, "packages/p/a") == b"x"

    async def test_uploads_are_no_blobs(self, store: BlobStore, folder: Path, cut: Cut) -> None:
        cut.after(3)
        with pytest.raises(BlobUnavailable):
            await store.put("k", b"12345", sha512(b"12345"))
        assert list((folder / ".uploads").iterdir())
        assert list(await store.keys("")) == []


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    with own_s3() as port:
        yield port


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.mark.usefixtures("credentials")
class TestS3(BlobStoreContract):
    @pytest.fixture
    def bucket(self, s3_port: int) -> str:
        name = f"court-{new_ulid(0).lower()}"
        boto3.client("s3", endpoint_url=f"http://127.0.0.1:{s3_port}", region_name=REGION).create_bucket(Bucket=name)
        return name

    @pytest.fixture
    def cut(self, s3_port: int) -> Iterator[Wire]:
        wire = Wire(s3_port)
        yield wire
        wire.close()

    @pytest.fixture
    def again(self, bucket: str, cut: Wire) -> Callable[[], Awaitable[BlobStore]]:
        address = S3Address.of(f"s3://{bucket}/yunting/court?endpoint=http://127.0.0.1:{cut.port}")
        return lambda: S3Blobs.open(address, PART_BYTES, attempts=1)

    @pytest.fixture
    async def store(self, again: Callable[[], Awaitable[BlobStore]]) -> AsyncIterator[BlobStore]:
        store = await again()
        yield store
        await store.close()

    async def test_prefixes_of_one_bucket_are_apart(self, store: BlobStore, bucket: str, s3_port: int) -> None:
        await store.put("k", b"x", sha512(b"x"))
        other = await S3Blobs.open(S3Address.of(f"s3://{bucket}?endpoint=http://127.0.0.1:{s3_port}"))
        assert list(await other.keys("")) == ["yunting/court/k"]
        await other.close()

    async def test_a_cut_now_and_then_is_tried_again(self, bucket: str, cut: Wire) -> None:
        store = await S3Blobs.open(S3Address.of(f"s3://{bucket}?endpoint=http://127.0.0.1:{cut.port}"), attempts=3)
        await store.put("k", b"x" * 100, sha512(b"x" * 100))
        cut.after(0)
        with pytest.raises(BlobUnavailable):
            await store.size_bytes("k")
        cut.mend()
        assert await whole(store, "k") == b"x" * 100
        await store.close()

    async def test_a_bucket_that_is_not_there_is_named_without_keys(self, s3_port: int) -> None:
        store = await S3Blobs.open(S3Address.of(f"s3://nobody-has-this?endpoint=http://127.0.0.1:{s3_port}"))
        with pytest.raises(BlobUnavailable, match="NoSuchBucket"):
            await store.put("k", b"x", sha512(b"x"))
        await store.close()
