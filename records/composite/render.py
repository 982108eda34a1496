"""Making composite and mix in a process of its own: `python -m records.composite.render`, the job on standard input.

The work takes some twenty seconds of CPU for each minute of hearing that was not composed while it went on. Apart
from the server it cannot hold up a packet, its memory is returned, and cancelling ends the process: what was made is
kept and found again. Standard output: one JSON report a line, the last with `done`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from hearing.errors import UserError
from hearing.events import Entry
from records.composite import joining
from records.composite.composing import Composer, PieceLost
from records.composite.encoding import Picture
from records.composite.joining import SeatFiles
from records.composite.levelling import Level
from records.composite.painter import Look
from records.composite.piece_files import PIECE_MS
from records.composite.workers import PictureWorkers
from records.errors import FULL
from records.timeline import Span
from records.vault.unlocked import unlock

T = TypeVar("T")

NICE = 10
SOUND_SHARE_PERMILLE = 100
JOIN_SHARE_PERMILLE = 50
MOST_TRIES = 3
"""Of pieces that do not come back from the disk as they were written."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`events` is a file of entries, one JSON a line; `recordings` the folder of the track files, `key` what opens
    those that are sealed; `pieces` the folder of what was made in advance. Written are, unless None, `mix` (.m4a),
    `seats` (a folder, one FLAC file a seat) and `composite` (.mp4)."""

    events: str
    recordings: str
    key: bytes | None = None
    pieces: str
    mix: str | None
    seats: str | None
    composite: str | None
    look: Look
    workers: int = 2
    """Processes that make pictures."""
    withheld: tuple[tuple[int, int], ...] = ()
    """Spans of session ms that stand as a card: the recordings are without them."""
    cut: bool = False
    """The files are no longer those that the log has the bytes of: they are looked through."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What the process did. `pictures_made`: of `pieces`, those that were not there or not good any more."""

    frames: int = 0
    pieces: int = 0
    pictures_made: int = 0
    gain_db: int = 0
    decode_errors: dict[str, int] = {}
    missing_characters: list[str] = []
    cpu_ms: int = 0
    wall_ms: int = 0
    rss_mib: int = 0
    session_ms: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of output: progress, the end, or what went wrong (`code`, `zh`, `en` as in UserError)."""

    permille: int | None = None
    done: Rendered | None = None
    code: str | None = None
    detail: str = ""


def run(job: Job, report: Callable[[Report], None]) -> None:
    """Do the job in this process."""
    started = time.monotonic()
    if job.key is not None:
        unlock(Path(job.recordings), job.key)
    withheld = [Span(*span) for span in job.withheld]
    composer = Composer(Path(job.pieces), Path(job.recordings), job.look, withheld=withheld, cut=job.cut)
    decode = msgspec.json.Decoder(Entry).decode
    with Path(job.events).open("rb") as lines:
        for line in lines:
            composer.take(decode(line))
    last = -1

    def tell(base: int, share: int, done: int, of: int) -> None:
        nonlocal last
        permille = base + share * done // max(1, of)
        if permille > last:
            last = permille
            report(Report(permille=permille))

    made = 0
    for tries in range(MOST_TRIES):
        try:
            # Once this process has decoded anything, a fork of it may wait for ever for a lock of the codecs'.
            made += _make(composer, job, tell, job.workers if tries == 0 else 1)
            frames, errors, missing = _join(composer, job, tell)
            break
        except PieceLost:
            if tries == MOST_TRIES - 1:
                raise
            # Where the disk lost one it has lost others.
            composer.look_through()
    composer.close()
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    report(
        Report(
            done=Rendered(
                frames=frames,
                pieces=composer.count,
                pictures_made=made,
                gain_db=composer.gain_db,
                decode_errors={**composer.errors(), **errors},
                missing_characters=sorted(missing),
                cpu_ms=int(sum(usage.ru_utime + usage.ru_stime for usage in usages) * 1000),
                wall_ms=int((time.monotonic() - started) * 1000),
                rss_mib=max(usage.ru_maxrss for usage in usages) // 1024,
                session_ms=composer.timeline.duration_ms,
            )
        )
    )


Tell = Callable[[int, int, int, int], None]
"""Permille so far, permille of this part, done of it, all of it."""


def _make(composer: Composer, job: Job, tell: Tell, workers: int) -> int:
    """Every piece that is missing; returns how many pictures were."""
    count = composer.count
    due = composer.stale_pictures(count) if job.composite is not None else []
    sound_share = SOUND_SHARE_PERMILLE if due else 1000 - JOIN_SHARE_PERMILLE
    # Those begin before this process has made anything: each has a copy of the log, and works beside the sound.
    with PictureWorkers(composer, due, workers) as pictures:
        for done, _ in enumerate(composer.make_sounds(count)):
            tell(0, sound_share // 2, done, count)
        for done, _ in enumerate(composer.make_levels(composer.gain_db, final=True)):
            tell(sound_share // 2, sound_share // 2, done, count)
        for done in pictures.follow():
            tell(sound_share, 1000 - JOIN_SHARE_PERMILLE - sound_share, done, len(due))
    return len(due)


def _join(composer: Composer, job: Job, tell: Tell) -> tuple[int, dict[str, int], set[str]]:
    """Frames, decode errors by file and missing characters of the composite."""
    numbers = range(composer.count)
    if job.mix is not None:
        joining.write_mix(Path(job.mix), (_whole(composer.level.read(n), n) for n in numbers))
    if job.seats is not None:
        files = SeatFiles(Path(job.seats), composer.timeline)
        try:
            for number in numbers:
                end_ms = min((number + 1) * PIECE_MS, composer.timeline.duration_ms)
                files.add(_whole(composer.sound.read(number), number), number * PIECE_MS, end_ms)
        finally:
            files.close()
    if job.composite is None:
        return 0, {}, set()

    def both() -> Iterator[tuple[Picture, Level]]:
        for number in numbers:
            tell(1000 - JOIN_SHARE_PERMILLE, JOIN_SHARE_PERMILLE, number, len(numbers))
            yield _whole(composer.picture.read(number), number), _whole(composer.level.read(number), number)

    return joining.write_composite(Path(job.composite), both(), job.look, composer.timeline)


def _whole(piece: T | None, number: int) -> T:
    if piece is None:
        raise PieceLost(number)
    return piece


async def render(job: Job, progress: Callable[[int], None]) -> Rendered:
    """Do the job in a child process; `progress` gets permille. Cancelling ends the child.

    Raises UserError `disk-full` or `render-failed`.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "records.composite.render",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            noise = tasks.create_task(_tail(child.stderr))
            done = tasks.create_task(_follow(child.stdout, progress))
            assert child.stdin is not None
            child.stdin.write(msgspec.json.encode(job))
            with contextlib.suppress(ConnectionError):
                await child.stdin.drain()
            child.stdin.close()
        code = await child.wait()
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    report = done.result()
    if report.done is not None and code == 0:
        return report.done
    if report.code == "disk-full":
        raise disk_full()
    detail = report.detail or noise.result().decode("utf-8", "replace").strip()[-500:] or f"exit {code}"
    raise UserError("render-failed", f"合成画面制作失败：{detail}", f"the composite could not be made: {detail}")


def disk_full() -> UserError:
    """The error of an export that ran out of room."""
    return UserError(
        "disk-full",
        "存储空间不足，卷宗包未生成；请清理空间后重新导出，已有记录不受影响",
        "the disk is full: no package was made; free some space and export again, the record itself is unharmed",
    )


async def _follow(stream: asyncio.StreamReader | None, progress: Callable[[int], None]) -> Report:
    assert stream is not None
    decode = msgspec.json.Decoder(Report).decode
    last = Report()
    async for line in stream:
        last = decode(line)
        if last.permille is not None:
            progress(last.permille)
    return last


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    """Read to the end, keep the last 4 kB."""
    assert stream is not None
    kept = b""
    while chunk := await stream.read(4096):
        kept = (kept + chunk)[-4096:]
    return kept


def main() -> int:
    """Entry point of the child."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    encode = msgspec.json.Encoder().encode

    def report(item: Report) -> None:
        sys.stdout.buffer.write(encode(item) + b"\n")
        sys.stdout.buffer.flush()

    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        run(job, report)
    except OSError as error:
        full = error.errno in FULL
        report(Report(code="disk-full" if full else "render-failed", detail=f"{type(error).__name__}: {error}"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
