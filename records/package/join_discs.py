#!/usr/bin/env python3
"""Put a record package together again that was split for several discs. Standard library only, Python 3.8 or later.

    python3 join.py DISC... --out FOLDER

DISC is the folder of a disc (where disc.json lies), in any order. Exit code: 0 the package is in FOLDER and every
file is what the discs' listings say, 1 a disc or a file is missing or altered (named), 2 the call was wrong or FOLDER
cannot be written. The package appears whole or not at all; a call that failed is simply repeated.
Afterwards run verify.py of the package: it checks the court's signature.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

LISTING = "disc.json"
MANIFEST = "manifest-sha512.txt"
FORMAT = "yunting-disc/1"
CHUNK_BYTES = 1 << 20
MOST_DISCS = 999
MOST_LISTING_BYTES = 64 << 20
"""Of a package with a quarter of a million files."""


class CannotJoin(Exception):
    """What is missing or altered, for a person."""


def join(discs: Sequence[Path], out: Path) -> Path:
    """The folder of the package below `out`, which may hold nothing of that name yet. CannotJoin; OSError where `out`
    cannot be written: nothing is left of it then."""
    listings = _listings(discs)
    folder, told = next(iter(listings.values()))
    staging = None
    try:
        (name,) = _safe(told["package"])
        target, draft = out / name, out / f".{name}.joining"
        if target.exists():
            raise CannotJoin(f"{target}: 已存在 exists already")
        shutil.rmtree(str(draft), ignore_errors=True)
        draft.mkdir(parents=True)
        staging = draft
        written: dict[str, int] = {}
        for number in sorted(listings):
            folder, told = listings[number]
            for file in told["files"]:
                _append(folder, staging, file, written)
        _check_manifest(staging, told["manifest_sha512"])
        staging.rename(target)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CannotJoin(f"{folder / LISTING}: 清单有误 the listing is damaged: {error!r}") from None
    finally:
        if staging is not None:
            shutil.rmtree(str(staging), ignore_errors=True)
    return target


def _safe(path: str) -> list[str]:
    """Its parts; none of them leads out of the folder."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\\" in part or ":" in part or "\0" in part for part in parts):
        raise CannotJoin(f"{path!r}: 路径不安全 is no safe path")
    return parts


def _listings(discs: Sequence[Path]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    of = 1
    for folder in discs:
        try:
            with _opened(folder, [LISTING]) as file:
                text = file.read(MOST_LISTING_BYTES + 1)
            if len(text) > MOST_LISTING_BYTES:
                raise ValueError("too long")
            told = json.loads(text.decode("utf-8"))
            number, of, package = int(told["disc"]), int(told["of"]), told["manifest_sha512"]
            if not 1 <= number <= of <= MOST_DISCS:
                raise ValueError(f"disc {number} of {of}")
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise CannotJoin(f"{folder}: 不是分盘 is no disc of a package: {error!r}") from None
        if told.get("format") != FORMAT:
            raise CannotJoin(f"{folder}: 格式不识别 is of an unknown format")
        for other, first in found.values():
            if package != first["manifest_sha512"] or of != int(first["of"]):
                raise CannotJoin(f"{folder}: 属于另一卷宗包 is of another package than {other}")
        found[number] = (folder, told)
    missing = [str(number) for number in range(1, of + 1) if number not in found]
    if missing:
        raise CannotJoin("缺少第 {0} 盘 discs are missing: {0}".format(", ".join(missing)))
    return found


def _append(disc: Path, target: Path, file: dict[str, Any], written: dict[str, int]) -> None:
    """A file, or the next part of one: parts stand in the listings in their order. `written`: bytes by path."""
    name = file["path"]
    path = target.joinpath(*_safe(name))
    if written.get(name, 0) != file["from_byte"]:
        raise CannotJoin(f"{name}: 缺少前一部分 the part before is missing")
    digest, size = hashlib.sha512(), 0
    try:
        reader = _opened(disc, _safe(file["stored"]))
    except FileNotFoundError:
        raise CannotJoin("{}: 缺失 missing".format(disc / file["stored"])) from None
    except OSError as error:
        raise CannotJoin("{}: 无法读取 cannot be read: {}".format(disc / file["stored"], error)) from None
    with reader:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # What is listed twice, or is both a file and a folder, is not put over what is there.
            writer = path.open("ab" if name in written else "xb")
        except (FileExistsError, NotADirectoryError):
            raise CannotJoin(f"{name}: 清单中重复 is listed twice") from None
        with writer:
            while True:
                chunk = _read(reader, disc / file["stored"])
                if not chunk:
                    break
                digest.update(chunk)
                writer.write(chunk)
                size += len(chunk)
    if digest.hexdigest() != file["sha512"]:
        raise CannotJoin("{}: 内容被改动 altered".format(disc / file["stored"]))
    written[name] = written.get(name, 0) + size


def _opened(disc: Path, parts: Sequence[str]) -> BinaryIO:
    """A file of the disc itself: no link to elsewhere, no pipe, which would wait for ever. OSError."""
    path = disc.joinpath(*parts)
    try:
        top, whole = disc.resolve(), path.resolve()
    except RuntimeError:
        raise OSError("is a link to itself") from None
    if top not in whole.parents:
        raise OSError("is a link to elsewhere")
    if not stat.S_ISREG(whole.stat().st_mode):
        raise OSError("is no plain file")
    return path.open("rb")


def _read(reader: BinaryIO, path: Path) -> bytes:
    try:
        return reader.read(CHUNK_BYTES)
    except OSError as error:
        # A scratched disc: its name says which, the system's words do not.
        raise CannotJoin(f"{path}: 无法读取 cannot be read: {error}") from None


def _check_manifest(folder: Path, sha512: str) -> None:
    """The discs are of this package, to its last line. `verify.py` looks at each file that it names."""
    try:
        found = hashlib.sha512((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        raise CannotJoin(f"{MANIFEST}: 缺失 missing") from None
    if found != sha512:
        raise CannotJoin(f"{MANIFEST}: 内容被改动 altered")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: see the top of the file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parser = argparse.ArgumentParser(prog="join.py", description="Join the discs of a record package. 合并分盘。")
    parser.add_argument("discs", nargs="+", type=Path, metavar="DISC", help="folder of a disc 各盘目录")
    parser.add_argument("--out", type=Path, required=True, help="where the package goes 合并到")
    arguments = parser.parse_args(argv)
    discs: list[Path] = arguments.discs
    try:
        sys.stdout.write(f"{join(discs, arguments.out)}\n")
    except CannotJoin as error:
        sys.stderr.write(f"无法合并 cannot join: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"无法写入 cannot read or write: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
