"""Which class a storage URL means. Nothing else in the code asks which backend it has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from config import SettingsError
from records.address import is_plain, shown
from records.blobs.filesystem import FilesystemBlobs
from records.blobs.s3_address import S3Address
from records.errors import BlobUnavailable
from records.ports import BlobStore, EventStore, KeyValueStore
from records.private_folder import private_folder
from voting.ports import LeafStore


class Store(EventStore, KeyValueStore, Protocol):
    """One object that keeps the logs and the small facts beside them."""


async def open_store(url: str) -> Store:
    """The store that `url` names, ready for use: `sqlite:///relative`, `sqlite:////absolute` or `memory:`.

    Raises SettingsError for another scheme, StoreUnavailable when it cannot be opened.
    """
    scheme, _, rest = url.partition(":")
    match scheme:
        case "sqlite" if rest.startswith("///"):
            from records.sqlite import SqliteStore

            file = Path(rest.removeprefix("///"))
            await asyncio.to_thread(private_folder, file.parent)
            return await SqliteStore.open(file)
        case "memory":
            from records.memory import MemoryStore

            return MemoryStore()
        case _:
            known = "sqlite:///文件 / file, memory:"
            raise SettingsError(f"storage.store: 未知的存储 / unknown store {url!r} ({known})")


async def open_blobs(url: str, setting: str) -> BlobStore:
    """The place for copies that `url` names: `file:///folder` or `s3://bucket/prefix?endpoint=...`. Nobody is asked
    yet. Raises SettingsError, which names the setting and no secret."""
    scheme = url.partition(":")[0]
    match scheme:
        case "file" if url.startswith("file:///"):
            return FilesystemBlobs(Path("/") / url.removeprefix("file:///"))
        case "s3":
            try:
                from records.blobs.s3 import S3Blobs
            except ModuleNotFoundError as problem:
                raise SettingsError(
                    f"{setting}: 需要安装 boto3 / boto3 is needed: pip install 'yunting[s3]'"
                ) from problem
            try:
                return await S3Blobs.open(S3Address.of(url))
            except (ValueError, BlobUnavailable) as problem:
                raise SettingsError(f"{setting}: {problem}") from None
        case _:
            known = "file:///目录 / folder, s3://bucket/prefix?endpoint=https://host"
            raise SettingsError(f"{setting}: 未知的存储 / unknown place {shown(url)!r} ({known})")


async def open_leaf_store(url: str) -> LeafStore:
    """The store of ballot logs that `url` names: `sqlite:///relative`, `sqlite:////absolute`, `redis://host:port`
    (`rediss://`, `redis+unix://`; see `voting.stores.redis_address`), `postgresql://user:password@host:port/database`
    or `memory:`.

    Raises SettingsError for another one, StoreUnavailable when it cannot be opened or could lose a ballot. Neither
    names a password.
    """
    scheme = url.partition(":")[0]
    if "://" in url and not is_plain(url):
        raise SettingsError(
            f"storage.ballots: {shown(url)} 地址无法识别；用户名和密码中的 @ : / ? # 须百分号编码 / "
            "unreadable address: @ : / ? # in user and password must be percent-encoded"
        )
    match scheme:
        case "sqlite" if url.startswith("sqlite:///"):
            from voting.stores.sqlite import SqliteLeafStore

            return await SqliteLeafStore.open(Path(url.removeprefix("sqlite:///")))
        case "redis" | "rediss" | "redis+unix" if "://" in url:
            from voting.stores.redis import RedisLeafStore

            try:
                return await RedisLeafStore.open(url)
            except ValueError as problem:
                raise SettingsError(f"storage.ballots: {problem}") from None
        case "postgresql" | "postgres" if "://" in url:
            return await _postgresql(url)
        case "memory":
            from voting.stores.memory import MemoryLeafStore

            return MemoryLeafStore()
        case _:
            known = "sqlite:///文件 / file, redis://host:port, postgresql://user@host/database, memory:"
            raise SettingsError(f"storage.ballots: 未知的存储 / unknown store {shown(url)} ({known})")


async def _postgresql(url: str) -> LeafStore:
    try:
        from voting.stores.postgresql import PostgresqlLeafStore
    except ModuleNotFoundError as problem:
        raise SettingsError(
            f"storage.ballots: {shown(url)} 需要安装 asyncpg / asyncpg is needed: pip install 'yunting[postgres]'"
        ) from problem
    return await PostgresqlLeafStore.open(url)
