"""A folder that is built out of sight and appears whole: hidden beside its target, durable, then renamed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hearing.errors import UserError


class Staging:
    """`folder` is where to write; after `publish` it is `target`. What an unfinished run left, the next clears."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.parent / f".{target.name}.partial"

    def begin(self) -> None:
        """An empty folder. UserError `package-exists` when the target is there already."""
        if self.target.exists():
            raise UserError(
                "package-exists",
                f"卷宗包已存在：{self.target.name}",
                f"the package exists already: {self.target.name}",
            )
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "data/media").mkdir(parents=True)

    def publish(self) -> None:
        """Durable, then visible under its name, in one step."""
        for item in self.folder.rglob("*"):
            if item.is_file():
                _sync(item)
        self.folder.rename(self.target)
        _sync(self.target.parent)

    def clear(self) -> None:
        """Remove what is unfinished. Idempotent."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
