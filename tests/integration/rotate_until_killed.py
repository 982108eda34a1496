"""Run by test_rotate_killed: for each step of `yunting storage rotate` a process of its own, killed before that step.

    python -m tests.integration.rotate_until_killed COURT OUT

COURT is the folder of a court with sealed recordings. `OUT/<n>` is a copy in which step n was not done any more; the
last one was done to its end. Prints a line for each: the steps that were done.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config import load
from records.sqlite import SqliteStore
from yunting.record.recording_keys import rotate

MOST_STEPS = 60


def settings_of(folder: Path) -> Any:
    """The court in this folder."""
    return load(
        None,
        {
            "YUNTING_STORAGE_FOLDER": str(folder),
            "YUNTING_STORAGE_STORE": f"sqlite:///{folder / 'yunting.db'}",
            "YUNTING_STORAGE_KEY_FILE": str(folder / "own" / "storage.key"),
        },
    )


def rotate_but(folder: Path, steps: int, told: Path) -> None:
    """Kill this process before the step that comes after so many."""
    done: list[str] = []

    def counted(name: str, truth: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if len(done) == steps:
                told.write_text(" ".join(done))
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(name)
            return truth(*args, **options)

        return call

    for name in ("open", "link", "fsync", "replace", "unlink"):
        setattr(os, name, counted(name, getattr(os, name)))
    for name in ("put", "scrub"):
        setattr(SqliteStore, name, counted(name, getattr(SqliteStore, name)))
    asyncio.run(rotate(settings_of(folder)))
    told.write_text(" ".join([*done, "end"]))


def main(court: Path, out: Path) -> None:
    for steps in range(MOST_STEPS):
        folder, told = out / str(steps), out / f"{steps}.steps"
        shutil.copytree(court, folder)
        child = os.fork()
        if child == 0:
            try:
                rotate_but(folder, steps, told)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        sys.stdout.write(f"{told.read_text()}\n")
        if told.read_text().endswith("end"):
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
