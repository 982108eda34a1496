#!/usr/bin/env python3
"""Put a record package together again that was split for several discs. Standard library only, Python 3.8 or later.

    python3 join.py DISC... --out FOLDER

DISC is the folder of a disc (where disc.json lies), in any order. Exit code: 0 the package is in FOLDER and every
file is what the discs' listings say, 1 a disc or a file is missing or altered (named), 2 the call was wrong.
Afterwards run verify.py of the package: it checks the court's signature.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LISTING = "disc.json"
FORMAT = "yunting-disc/1"
CHUNK_BYTES = 1 << 20


class CannotJoin(Exception):
    """What is missing or altered, for a person."""


def join(discs: Sequence[Path], out: Path) -> Path:
    """The folder of the package below `out`, which may hold nothing of that name yet. CannotJoin, OSError."""
    listings = _listings(discs)
    folder, told = next(iter(listings.values()))
    try:
        (name,) = _safe(told["package"])
        target = out / name
        if target.exists():
            raise CannotJoin(f"{target}: 已存在 exists already")
        for number in sorted(listings):
            folder, told = listings[number]
            for file in told["files"]:
                _append(folder.joinpath(*_safe(file["stored"])), target, file)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CannotJoin(f"{folder / LISTING}: 清单有误 the listing is damaged: {error!r}") from None
    return target


def _safe(path: str) -> list[str]:
    """Its parts; none of them leads out of the folder."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts):
        raise CannotJoin(f"{path}: 路径不安全 is no safe path")
    return parts


def _listings(discs: Sequence[Path]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for folder in discs:
        try:
            told = json.loads((folder / LISTING).read_text(encoding="utf-8"))
            number, of, package = int(told["disc"]), int(told["of"]), told["manifest_sha512"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CannotJoin(f"{folder}: 不是分盘 is no disc of a package: {error}") from None
        if told.get("format") != FORMAT:
            raise CannotJoin(f"{folder}: 格式不识别 is of an unknown format")
        if found and package != next(iter(found.values()))[1]["manifest_sha512"]:
            raise CannotJoin(f"{folder}: 属于另一卷宗包 is of another package")
        found[number] = (folder, told)
    missing = [str(number) for number in range(1, of + 1) if number not in found] if found else ["1"]
    if missing:
        raise CannotJoin("缺少第 {0} 盘 discs are missing: {0}".format(", ".join(missing)))
    return found


def _append(source: Path, target: Path, file: dict[str, Any]) -> None:
    """A file, or the next part of one: parts stand in the listings in their order."""
    path = target.joinpath(*_safe(file["path"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    size = path.stat().st_size if path.exists() else 0
    if size != file["from_byte"]:
        raise CannotJoin("{}: 缺少前一部分 the part before is missing".format(file["path"]))
    digest = hashlib.sha512()
    try:
        with source.open("rb") as reader, path.open("ab") as writer:
            while True:
                chunk = reader.read(CHUNK_BYTES)
                if not chunk:
                    break
                digest.update(chunk)
                writer.write(chunk)
    except FileNotFoundError:
        raise CannotJoin(f"{source}: 缺失 missing") from None
    if digest.hexdigest() != file["sha512"]:
        raise CannotJoin(f"{source}: 内容被改动 altered")


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
