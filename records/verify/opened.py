"""A package as it lies there: a folder or a zip."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO

from records.verify.names import EVENTS, SIGNATURE_FILE, TAG_FILES, TAG_MANIFESTS


class NotAPackage(Exception):
    """The path does not lead to anything that could be a package: the call was wrong."""


class Folder:
    """A package as a folder. `strange` are things that are no plain files."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self.files: dict[str, int] = {}
        self.strange: list[str] = []
        for item in sorted(self.root.rglob("*")):
            path = item.relative_to(self.root).as_posix()
            if item.is_symlink() or not (item.is_file() or item.is_dir()):
                self.strange.append(path)
            elif item.is_file():
                self.files[path] = item.stat().st_size

    def open(self, path: str) -> IO[bytes]:
        """The file at this path inside the package."""
        return (self.root / path).open("rb")


class Archive:
    """A package as a zip with one folder at its top."""

    def __init__(self, path: str) -> None:
        self._zip = zipfile.ZipFile(path)
        self.files: dict[str, int] = {}
        self.strange: list[str] = []
        self._names: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.is_dir():
                continue
            inner = info.filename.split("/", 1)[-1]
            if inner in self.files or "/" not in info.filename:
                self.strange.append(info.filename)
            self.files[inner] = info.file_size
            self._names[inner] = info

    def open(self, path: str) -> IO[bytes]:
        """The file at this path inside the package."""
        return self._zip.open(self._names[path])


def open_package(path: str) -> Folder | Archive:
    """Folder or Archive. NotAPackage when there is nothing that could be one."""
    if Path(path).is_dir():
        package: Folder | Archive = Folder(path)
    elif zipfile.is_zipfile(path):
        package = Archive(path)
    else:
        raise NotAPackage(f"{path} is neither a folder nor a zip file")
    marks = TAG_FILES + TAG_MANIFESTS + (SIGNATURE_FILE, EVENTS)
    if not any(mark in package.files for mark in marks):
        raise NotAPackage(f"{path} holds no record package")
    return package
