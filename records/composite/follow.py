"""Composing a session while it goes on, in a process of its own: `python -m records.composite.follow`.

Standard input: a JSON `Follow`, then the log, an entry a line, as it is written; its end is the end. Standard output:
a `Followed` a line. Never more than one core, and of that no more than `budget`: what is behind when
the session closes is made by the export.
"""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from hearing.events import Entry
from records.composite.composing import Composer, PieceLost
from records.composite.painter import Look
from records.vault.unlocked import unlock

NICE = 10
MOST_WAITING = 1_000
"""Entries that wait for the composer; more wait in the pipe, and then with who writes them."""


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """What to compose, `key` if it is sealed, and where its pieces go. `budget`: cores, at most 1. `again_s`: how
    often an idle composer looks whether something is settled."""

    recordings: str
    key: bytes | None = None
    pieces: str
    look: Look
    budget: float
    again_s: float = 5.0


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A piece was made, or (`made` empty) all of the `pieces` that are settled are there. CPU and resident memory are
    of this process."""

    made: str
    pieces: int
    cpu_ms: int
    rss_mib: int


def follow(job: Follow, entries: Callable[[float], list[Entry] | None], report: Callable[[Followed], None]) -> None:
    """Compose until `entries` (which waits so many seconds at most) gives None. OSError."""
    if job.key is not None:
        unlock(Path(job.recordings), job.key)
    composer = Composer(Path(job.pieces), Path(job.recordings), job.look)
    wait_s = job.again_s
    told = 0
    try:
        while (news := entries(wait_s)) is not None:
            for entry in news:
                composer.take(entry)
            wait_s = job.again_s
            if not composer.begun:
                continue
            started_s, cpu_s = time.monotonic(), time.process_time()
            made = ""
            with contextlib.suppress(PieceLost):
                made = composer.step()
            ready = composer.settled()
            if made:
                spent_s = time.process_time() - cpu_s
                wait_s = max(0.0, spent_s / job.budget - (time.monotonic() - started_s))
            if made or ready != told:
                told = told if made else ready
                cpu_ms = int(time.process_time() * 1000)
                report(Followed(made=made, pieces=ready, cpu_ms=cpu_ms, rss_mib=_rss_mib()))
    finally:
        composer.close()


class _Reader:
    """Reads the log beside the work."""

    def __init__(self, source: BinaryIO) -> None:
        self._queue: queue.Queue[Entry | None] = queue.Queue(MOST_WAITING)
        self._ended = False
        threading.Thread(target=self._read, args=(source,), daemon=True, name="log").start()

    def take(self, wait_s: float) -> list[Entry] | None:
        """All that came within this time; None as soon as the log has ended."""
        found: list[Entry] = []
        until_s = time.monotonic() + wait_s
        while not self._ended:
            left_s = until_s - time.monotonic()
            try:
                entry = self._queue.get(timeout=left_s) if left_s > 0 else self._queue.get_nowait()
            except queue.Empty:
                return found
            if entry is None:
                self._ended = True
            else:
                found.append(entry)
        return None

    def _read(self, source: BinaryIO) -> None:
        decode = msgspec.json.Decoder(Entry).decode
        for line in _lines(source):
            self._queue.put(decode(line))
        self._queue.put(None)


def _lines(source: BinaryIO) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        yield from source


def _rss_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() >> 20


def main() -> int:
    """Entry point of the process."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    source = sys.stdin.buffer
    job = msgspec.json.decode(source.readline(), type=Follow)
    encode = msgspec.json.Encoder().encode

    def report(item: Followed) -> None:
        sys.stdout.buffer.write(encode(item) + b"\n")
        sys.stdout.buffer.flush()

    try:
        follow(job, _Reader(source).take, report)
    except OSError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
