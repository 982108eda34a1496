"""What can be done to the archive of a sealed package so that programs see different things in it.

Each trick alters the zip and says which names a verifier may blame first.
"""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.fakes.corruptions import Blamed, Forger, files_of


def packed(folder: Path, target: Path) -> Path:
    """An ordinary zip of the package."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files_of(folder):
            archive.write(folder / name, f"{folder.name}/{name}")
    return target


def zip_flip(path: Path, folder: Path, by: Forger) -> Blamed | None:
    """A byte of the archive, wherever it falls; None where it was of no consequence (a time stamp)."""
    data = bytearray(path.read_bytes())
    data[by.rng.randrange(len(data))] ^= 1 << by.rng.randrange(8)
    path.write_bytes(bytes(data))
    return None


def zip_truncated(path: Path, folder: Path, by: Forger) -> Blamed:
    data = path.read_bytes()
    path.write_bytes(data[: by.rng.randrange(1000, len(data))])
    return {path.name}


def zip_twice(path: Path, folder: Path, by: Forger) -> Blamed:
    """Two entries of one name: programs differ in which they show."""
    name = by.one(folder)
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(f"{folder.name}/{name}", (folder / name).read_bytes() + b" ")
    return {f"{folder.name}/{name}"}


def zip_elsewhere(path: Path, folder: Path, by: Forger) -> Blamed:
    name = by.rng.choice([f"{folder.name}/../../evil.txt", "/etc/evil", f"{folder.name}//x", f"{folder.name}/a\\b"])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    return {name}


def zip_beside(path: Path, folder: Path, by: Forger) -> Blamed:
    """A file beside the package's folder, or in a second one."""
    name = by.rng.choice(["readme.txt", "another/data/session.json"])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    return {name}


def zip_link(path: Path, folder: Path, by: Forger) -> Blamed:
    info = zipfile.ZipInfo(f"{folder.name}/data/link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, b"/etc/passwd")
    return {info.filename}


def zip_prefixed(path: Path, folder: Path, by: Forger) -> Blamed:
    """Another archive before this one: a program that reads from the front sees that one."""
    hidden = path.with_name("hidden.zip")
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr(f"{folder.name}/data/session.json", b"{}")
    path.write_bytes(hidden.read_bytes() + path.read_bytes())
    hidden.unlink()
    return {path.name}


def zip_encrypted(path: Path, folder: Path, by: Forger) -> Blamed:
    """One entry says that it is encrypted."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = by.rng.choice(archive.infolist())
    data[info.header_offset + 6] |= 1
    (directory,) = struct.unpack("<I", data[-6:-2])
    at = data.index(info.filename.encode(), directory) - 46
    data[at + 8] |= 1
    path.write_bytes(bytes(data))
    return {info.filename}


def zip_renamed(path: Path, folder: Path, by: Forger) -> Blamed:
    """The entry's own header has another name than the directory."""
    with zipfile.ZipFile(path) as archive:
        info = by.rng.choice(archive.infolist())
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len(info.filename.encode()) - 1] ^= 1
    path.write_bytes(bytes(data))
    return {info.filename.partition("/")[2]}


ZIPS: tuple[Callable[[Path, Path, Forger], Blamed | None], ...] = (
    *(zip_flip, zip_truncated, zip_twice, zip_elsewhere, zip_beside),
    *(zip_link, zip_prefixed, zip_encrypted, zip_renamed),
)
