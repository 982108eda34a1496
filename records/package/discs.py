"""A finished package as one ZIP, or split over several discs, each with its own listing.

On a disc the files lie where they lie in the package, so that copying all discs into one folder gives the package
again; only a file that is larger than a disc is cut into parts. `join.py` on every disc does both, and checks.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hearing.errors import UserError
from records import verify
from records.package import join_discs

SECTOR_BYTES = 2_048
OVERHEAD_BYTES = 4 * SECTOR_BYTES
"""Of each file, for its entry in the disc's directory."""
RESERVE_BYTES = 2 << 20
"""For the file system, the listing and the program on each disc."""
SMALLEST_DISC_BYTES = 16 << 20
MOST_DISCS = 999
HOW_TO = "合并说明.txt"
_TOLD = """本卷宗包分存于 {of} 张光盘，这是第 {disc} 张。
This record package lies on {of} discs; this is number {disc}.

合并：在装有 Python 的电脑上，把各盘复制到硬盘，然后运行：
To put it together: copy the discs to a computer with Python, then run:

    python3 join.py 盘1 盘2 ... --out 目标文件夹

没有 Python：把各盘中的文件夹“{package}”复制到同一处（合并文件夹）。
如有以 .part001、.part002 结尾的文件，依次用 copy /b 连接成原文件名。
Without Python: copy the folder "{package}" of every disc into one place; files that end in .part001, .part002 are
put together in this order: copy /b name.part001+name.part002 name

合并后按包内 VERIFY.md 校验。Then check the package as VERIFY.md in it says.
"""
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `from_byte` to `to_byte` of a file on a disc; `part` counts from 1, 0 for a whole file."""

    path: str
    from_byte: int
    to_byte: int
    part: int = 0

    @property
    def stored(self) -> str:
        """Its path on the disc, below the package's folder."""
        return f"{self.path}.part{self.part:03d}" if self.part else self.path


def plan(sizes: Sequence[tuple[str, int]], disc_bytes: int) -> list[list[Piece]]:
    """What lies on which disc. `sizes` are (path, bytes). No file is split that fits on a disc; small files come
    first, so that the first disc holds the text and the proof. UserError `disc-too-small`. Pure."""
    room = disc_bytes - RESERVE_BYTES
    if disc_bytes < SMALLEST_DISC_BYTES:
        raise UserError(
            "disc-too-small",
            f"光盘容量至少 {SMALLEST_DISC_BYTES} 字节",
            f"a disc has {SMALLEST_DISC_BYTES} bytes at least",
        )
    discs: list[list[Piece]] = [[]]
    free = [room]
    for path, size in sorted(sizes, key=lambda item: (item[1] > room // 8, -item[1], item[0])):
        at, part = 0, 1 if _on_disc(size) > room else 0
        while at < size or (size == 0 and at == 0):
            length = size - at if not part or _on_disc(size - at) <= room else _whole_sectors(room)
            place = next(
                (n for n, left in enumerate(free) if _on_disc(length) <= left and _follows(discs, n, path)), None
            )
            if place is None:
                discs.append([])
                free.append(room)
                place = len(discs) - 1
            discs[place].append(Piece(path, at, at + length, part))
            free[place] -= _on_disc(length)
            at, part = at + length, part + 1 if part else 0
            if size == 0:
                break
    if len(discs) > MOST_DISCS:
        raise UserError("disc-too-small", f"需要 {len(discs)} 张光盘", f"that would take {len(discs)} discs")
    return discs


def split(folder: Path, out: Path, disc_bytes: int) -> list[Path]:
    """Write `<package>_disc01of03/` and so on below `out` and return them. Blocks. UserError `disc-too-small`,
    `package-exists`; OSError. What an unfinished run left is cleared."""
    sizes = [(p.relative_to(folder).as_posix(), p.stat().st_size) for p in sorted(folder.rglob("*")) if p.is_file()]
    discs = plan(sizes, disc_bytes)
    manifest = hashlib.sha512((folder / verify.MANIFESTS[0]).read_bytes()).hexdigest()
    made = []
    staging = out / f".{folder.name}.discs"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for number, pieces in enumerate(discs, 1):
            target = out / f"{folder.name}_disc{number:02d}of{len(discs):02d}"
            if target.exists():
                raise UserError("package-exists", f"已存在：{target.name}", f"exists already: {target.name}")
            disc = staging / target.name
            files = [_write(folder, disc / folder.name, piece) for piece in pieces]
            listing = {
                "format": join_discs.FORMAT,
                "package": folder.name,
                "manifest_sha512": manifest,
                "disc": number,
                "of": len(discs),
                "files": [{**file, "stored": f"{folder.name}/{file['stored']}"} for file in files],
            }
            text = json.dumps(listing, ensure_ascii=False, indent=1) + "\n"
            (disc / join_discs.LISTING).write_text(text, encoding="utf-8")
            told = _TOLD.format(disc=number, of=len(discs), package=folder.name)
            # With BOM and CRLF: it is opened by a double click on Windows.
            (disc / HOW_TO).write_bytes(b"\xef\xbb\xbf" + told.replace("\n", "\r\n").encode())
            (disc / "join.py").write_bytes(Path(join_discs.__file__).read_bytes())
            made.append((disc, target))
        for disc, target in made:
            disc.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [target for _, target in made]


def write_zip(folder: Path, out: Path) -> Path:
    """`<package>.zip` below `out`, its files stored as they are (ZIP64). Blocks. UserError
    `package-exists`; OSError."""
    target, partial = out / f"{folder.name}.zip", out / f".{folder.name}.zip.partial"
    if target.exists():
        raise UserError("package-exists", f"已存在：{target.name}", f"exists already: {target.name}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for item in sorted(folder.rglob("*")):
                if item.is_file():
                    info = zipfile.ZipInfo(f"{folder.name}/{item.relative_to(folder).as_posix()}", _EPOCH)
                    info.external_attr = 0o644 << 16
                    with item.open("rb") as reader, archive.open(info, "w", force_zip64=True) as writer:
                        shutil.copyfileobj(reader, writer, join_discs.CHUNK_BYTES)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _on_disc(size: int) -> int:
    return -(-size // SECTOR_BYTES) * SECTOR_BYTES + OVERHEAD_BYTES


def _whole_sectors(room: int) -> int:
    return (room - OVERHEAD_BYTES) // SECTOR_BYTES * SECTOR_BYTES


def _follows(discs: Sequence[Sequence[Piece]], number: int, path: str) -> bool:
    """Parts of a file lie on discs in their order."""
    return not any(piece.path == path for later in discs[number:] for piece in later)


def _write(folder: Path, disc: Path, piece: Piece) -> dict[str, object]:
    target = disc / piece.stored
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha512(), piece.to_byte - piece.from_byte
    with (folder / piece.path).open("rb") as reader, target.open("wb") as writer:
        reader.seek(piece.from_byte)
        while left > 0 and (chunk := reader.read(min(left, join_discs.CHUNK_BYTES))):
            digest.update(chunk)
            writer.write(chunk)
            left -= len(chunk)
    if left:
        raise OSError(f"{piece.path}: is shorter than it was")
    return {
        "path": piece.path,
        "stored": piece.stored,
        "from_byte": piece.from_byte,
        "bytes": piece.to_byte - piece.from_byte,
        "sha512": digest.hexdigest(),
    }
