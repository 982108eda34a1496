"""One package into one place: every file that its signed manifests name, sent, then read back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from records import verify
from records.errors import BlobMismatch, BlobMissing
from records.package.seal_files import TAG_STAMP
from records.ports import BlobStore


class PackageFiles:
    """What is to be in the place. Blocks while it is made: reads the manifests. Raises OSError, ValueError for what
    is no package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = f"packages/{folder.parent.name}/{folder.name}/"
        digests: dict[str, str] = {}
        for name in (verify.MANIFESTS[0], verify.TAG_MANIFESTS[0]):
            for line in (folder / name).read_text("utf-8").splitlines():
                digest, _, path = line.partition("  ")
                digests[path] = digest
        # The seal itself is in no manifest, nor the time stamp over it, which may come days later.
        self.stamped = (folder / TAG_STAMP).is_file()
        stamp = (TAG_STAMP,) if self.stamped else ()
        for name in (*verify.TAG_MANIFESTS, verify.SIGNATURE_FILE, *stamp):
            digests[name] = hashlib.sha512((folder / name).read_bytes()).hexdigest()
        self.digests = dict(sorted(digests.items()))
        self.bytes_total = sum((folder / path).stat().st_size for path in digests)


async def send(files: PackageFiles, place: BlobStore, sent: Callable[[int], object]) -> None:
    """Send what is not there yet; `sent` gets the bytes of each file that is. Raises as `BlobStore.put`: BlobMismatch
    also when a file of the package is no longer what was sealed."""
    for path, digest in files.digests.items():
        source = files.folder / path
        await place.put(files.prefix + path, source, digest)
        sent((await asyncio.to_thread(source.stat)).st_size)


async def check(files: PackageFiles, place: BlobStore) -> None:
    """Read all of it back. Raises BlobMismatch, BlobMissing, BlobUnavailable."""
    surplus = set(await place.keys(files.prefix)) - {files.prefix + path for path in files.digests}
    if surplus:
        raise BlobMismatch(min(surplus), "the place")
    for path, digest in files.digests.items():
        hashed = hashlib.sha512()
        async for block in place.read(files.prefix + path):
            await asyncio.to_thread(hashed.update, block)
        if hashed.hexdigest() != digest:
            raise BlobMismatch(files.prefix + path, "the place")


def hopeless(problem: Exception) -> bool:
    """Whether trying again by itself cannot help: somebody has to look."""
    return not isinstance(problem, OSError) and getattr(problem, "code", "") != "copies-unavailable"


def said(problem: Exception) -> tuple[str, str]:
    """What the clerk is told: Chinese and English."""
    if isinstance(problem, BlobMismatch | BlobMissing):
        return f"副本内容不符或缺失：{problem.key}", str(problem)
    if isinstance(problem, OSError):
        text = f"{problem.filename or ''} {problem.strerror or problem}".strip()
        return f"卷宗包无法读取：{text}", f"the package cannot be read: {text}"
    zh, en = getattr(problem, "zh", ""), getattr(problem, "en", "")
    return zh or f"内部错误：{type(problem).__name__}", en or f"a fault of the server: {type(problem).__name__}"
