"""An archive of a model, unpacked so that nothing lands outside the folder, and no more than fits."""

from __future__ import annotations

import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import IO

from hearing.errors import UserError

MOST_BYTES = 16 << 30
MOST_FILES = 10_000
_BLOCK_BYTES = 1 << 20
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


class ArchiveRefused(UserError):
    """It is no archive, or none that may be unpacked."""


def unpack(archive: Path, into: Path, most_bytes: int = MOST_BYTES) -> None:
    """A zip or tar.gz, into a folder that does not exist yet. Raises ArchiveRefused, OSError (disk)."""
    into.mkdir()
    try:
        entries = _zip_entries(archive) if zipfile.is_zipfile(archive) else _tar_entries(archive)
        written = 0
        for files, (name, content) in enumerate(entries, 1):
            target = into.joinpath(*_parts(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            with content as source, target.open("xb") as out:
                while block := source.read(_BLOCK_BYTES):
                    written += len(block)
                    if written > most_bytes or files > MOST_FILES:
                        raise _refused("解压后过大", "it unpacks to more than a model has")
                    out.write(block)
    except (*_DAMAGED, EOFError, NotImplementedError, RuntimeError) as problem:
        raise _refused("不是完好的 zip 或 tar.gz", f"it is no whole zip or tar.gz ({problem})") from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _refused("包含重复的文件名", "it has two files in one place") from None
    except ValueError as problem:
        raise _refused("文件已损坏", f"it is damaged ({problem})") from None


def top_folder(unpacked: Path) -> Path:
    """The model's own folder: archives mostly hold one folder with everything in it."""
    inside = [path for path in unpacked.iterdir() if path.name != "__MACOSX"]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked


def room_for(archive: Path, folder: Path) -> None:
    """Raises OSError early where the disk cannot hold even what the archive says that it holds."""
    if zipfile.is_zipfile(archive):
        try:
            with zipfile.ZipFile(archive) as opened:
                needed = sum(each.file_size for each in opened.infolist())
        except (zipfile.BadZipFile, ValueError):
            return  # `unpack` will say so
        if needed > shutil.disk_usage(folder).free:
            raise OSError(28, f"{needed} bytes do not fit", str(folder))


def _zip_entries(archive: Path) -> Iterator[tuple[str, AbstractContextManager[IO[bytes]]]]:
    with zipfile.ZipFile(archive) as opened:
        for each in opened.infolist():
            kind = each.external_attr >> 28
            if kind not in (0, 0o4, 0o10):  # unknown, folder, file; links are 0o12
                raise _refused("包含链接", "it holds links or devices")
            if not each.is_dir():
                yield each.filename, opened.open(each)


def _tar_entries(archive: Path) -> Iterator[tuple[str, AbstractContextManager[IO[bytes]]]]:
    with tarfile.open(archive, "r:*") as opened:
        for each in opened:
            if each.isdir():
                continue
            content = opened.extractfile(each) if each.isfile() else None
            if content is None:
                raise _refused("包含链接", "it holds links or devices")
            yield each.name, content


def _parts(name: str) -> tuple[str, ...]:
    parts = PurePosixPath(name).parts
    bad = not parts or name.startswith("/") or "\\" in name or ":" in name or "\0" in name
    if bad or any(part == ".." or len(part) > 200 for part in parts):
        raise _refused("包含目录之外的路径", "it would write outside its folder")
    return parts


def _refused(zh: str, en: str) -> ArchiveRefused:
    return ArchiveRefused("model-archive", f"模型压缩包不可用：{zh}", f"the archive cannot be used: {en}")
