"""A package as it lies there: a folder or a zip. `strange` is what no sealed package holds, with the reason."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from records.verify.names import EVENTS, SIGNATURE_FILE, TAG_FILES, TAG_MANIFESTS

_LOCAL_HEADER_BYTES = 30
_MOST_DESCRIPTOR_BYTES = 24
_ENCRYPTED, _DESCRIBED_AFTER, _NAMED_IN_UTF8 = 0x1, 0x8, 0x800
_NO_FILE = "不是普通文件 / not a plain file"


class NotAPackage(Exception):
    """The path does not lead to anything that could be a package: the call was wrong."""


class DamagedArchive(Exception):
    """A zip that cannot be opened."""


class Folder:
    """A package as a folder."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self.files: dict[str, int] = {}
        self.strange: dict[str, str] = {}
        for item in sorted(self.root.rglob("*")):
            path = item.relative_to(self.root).as_posix()
            if item.is_symlink() or not (item.is_file() or item.is_dir()):
                self.strange[path] = _NO_FILE
            elif item.is_file():
                self.files[path] = item.stat().st_size

    def open(self, path: str) -> IO[bytes]:
        """The file at this path inside the package."""
        return (self.root / path).open("rb")


class Archive:
    """A package as a zip with one folder at its top."""

    def __init__(self, path: str) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error, struct.error) as error:
            raise DamagedArchive(str(error)) from error
        self.files: dict[str, int] = {}
        self.strange: dict[str, str] = {}
        self._names: dict[str, zipfile.ZipInfo] = {}
        tops = set()
        for info in self._zip.infolist():
            name = _name_of(info)
            top, _, inner = name.partition("/")
            tops.add(top)
            why = _strangeness(info, name, inner in self.files)
            if why:
                self.strange[name] = why
            if inner and not info.is_dir():
                self.files[inner] = info.file_size
                self._names[inner] = info
        if len(tops) > 1:
            self.strange[", ".join(sorted(tops))] = "压缩包内有多个顶层文件夹 / more than one folder at the top"
        if _has_foreign_bytes(path, self._zip):
            self.strange[Path(path).name] = "压缩包内有不属于任何文件的数据 / holds bytes that belong to no file"

    def open(self, path: str) -> IO[bytes]:
        """The file at this path inside the package."""
        return self._zip.open(self._names[path])


class Nothing:
    """What a zip holds that cannot be opened."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.strange: dict[str, str] = {}

    def open(self, path: str) -> IO[bytes]:
        """There is no file."""
        raise FileNotFoundError(path)


def open_package(path: str) -> Folder | Archive:
    """Folder or Archive. NotAPackage when there is nothing that could be one, DamagedArchive for a broken zip."""
    if Path(path).is_dir():
        package: Folder | Archive = Folder(path)
    elif zipfile.is_zipfile(path):
        package = Archive(path)
    elif _begins_as_zip(path):
        raise DamagedArchive("incomplete 不完整")
    else:
        raise NotAPackage(f"{path} is neither a folder nor a zip file")
    marks = TAG_FILES + TAG_MANIFESTS + (SIGNATURE_FILE, EVENTS)
    if not any(mark in package.files for mark in marks):
        raise NotAPackage(f"{path} holds no record package")
    return package


def _name_of(info: zipfile.ZipInfo) -> str:
    """The path of an entry. Windows in China packs names as GBK and does not say so; Python takes them for cp437."""
    if not info.flag_bits & _NAMED_IN_UTF8:
        for code in ("utf-8", "gb18030"):
            try:
                return info.filename.encode("cp437").decode(code)
            except UnicodeError:
                continue
    return info.filename


def _strangeness(info: zipfile.ZipInfo, name: str, listed: bool) -> str | None:
    """Why an entry of a zip is none that a sealed package has; None for an ordinary one."""
    parts = name.rstrip("/").split("/")
    if "\\" in name or any(part in ("", ".", "..") for part in parts):
        return "路径不安全 / a path that leads elsewhere"
    if info.is_dir():
        return "文件夹带有数据 / a folder with data in it" if info.file_size else None
    if len(parts) == 1:
        return "不在卷宗文件夹内 / not in the package's folder"
    if listed:
        return "同名文件出现两次 / there twice"
    if info.flag_bits & _ENCRYPTED:
        return "已加密 / encrypted"
    kind = stat.S_IFMT(info.external_attr >> 16)
    return None if kind in (0, stat.S_IFREG) else _NO_FILE


def _has_foreign_bytes(path: str, archive: zipfile.ZipFile) -> bool:
    """Whether there is anything before, between or behind the entries: another program may see other files there."""
    end = 0
    with Path(path).open("rb") as file:
        for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
            spare = _MOST_DESCRIPTOR_BYTES if info.flag_bits & _DESCRIBED_AFTER else 0
            if info.header_offset > end:
                return True
            file.seek(info.header_offset)
            header = file.read(_LOCAL_HEADER_BYTES)
            if len(header) < _LOCAL_HEADER_BYTES:
                return False  # opening the entry names it
            name_bytes, extra_bytes = struct.unpack("<HH", header[26:])
            end = info.header_offset + _LOCAL_HEADER_BYTES + name_bytes + extra_bytes + info.compress_size + spare
    return archive.start_dir > end


def _begins_as_zip(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == b"PK\3\4"
    except OSError:
        return False
