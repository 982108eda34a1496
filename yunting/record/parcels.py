"""A package for the hand that carries it: one ZIP, or discs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearing.errors import UserError
from records.composite.render import disk_full
from records.errors import FULL
from records.package.discs import split, write_zip


@dataclass(frozen=True, slots=True)
class Parcels:
    """Where they lie."""

    zip: str | None
    discs: tuple[str, ...]


def pack(package: Path, out: Path, *, as_zip: bool, disc_bytes: int | None) -> Parcels:
    """Make what is asked for beside the package, which stays. Blocks. UserError `disc-too-small`, `package-exists`,
    `disk-full`, `out-dir-unwritable`."""
    try:
        archive = write_zip(package, out) if as_zip else None
        discs = split(package, out, disc_bytes) if disc_bytes is not None else []
    except OSError as error:
        if error.errno in FULL:
            raise disk_full() from error
        raise UserError(
            "out-dir-unwritable",
            f"卷宗包已生成（{package}），但无法打包：{error.strerror}",
            f"the package was made ({package}) but could not be packed: {error.strerror}",
        ) from error
    return Parcels(str(archive) if archive else None, tuple(map(str, discs)))
