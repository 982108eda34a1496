"""Making composite and mix in a process of its own: `python -m records.render` with a job on standard input.

The work takes seconds of CPU for each minute of hearing; apart from the server it cannot hold up a packet, its memory
is returned, and cancelling is ending the process. Standard output: one JSON report a line, the last with `done`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from hearing.errors import UserError
from hearing.events import Entry
from hearing.transcript import Transcript
from records import timeline as timelines
from records.captions import cues_of
from records.composite import Look, Outcome, write_composite
from records.mixdown import write_mix
from records.unlocked import unlock

NICE = 10
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers that mean there is no room."""
MIX_SHARE_PERMILLE = 100


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`events` is a file of entries, one JSON a line; `recordings` the folder of the track files, `key` what opens
    those that are sealed."""

    events: str
    recordings: str
    key: bytes | None = None
    mix: str
    composite: str | None
    look: Look
    withheld: tuple[tuple[int, int], ...] = ()
    """Spans of session ms that stand as a card: the recordings are without them."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What the process did. `speed_permille` is session time over wall time, times 1000."""

    frames: int
    decode_errors: dict[str, int]
    missing_characters: list[str]
    cpu_ms: int
    wall_ms: int
    rss_mib: int
    session_ms: int


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
    transcript = Transcript()
    with Path(job.events).open("rb") as lines:
        timeline = timelines.read(_folded(lines, transcript))
    timeline = timelines.withhold(timeline, [timelines.Span(*span) for span in job.withheld])
    duration = max(1, timeline.duration_ms)
    last = -1

    def progress(base: int, share: int) -> Callable[[int], None]:
        def tell(done_ms: int) -> None:
            nonlocal last
            permille = base + share * done_ms // duration
            if permille > last:
                last = permille
                report(Report(permille=permille))

        return tell

    outcome = Outcome()
    mix_share = MIX_SHARE_PERMILLE if job.composite else 1000
    write_mix(timeline, Path(job.recordings), Path(job.mix), progress(0, mix_share))
    if job.composite is not None:
        outcome = write_composite(
            timeline,
            cues_of(timeline, transcript),
            Path(job.recordings),
            Path(job.mix),
            Path(job.composite),
            job.look,
            progress(mix_share, 1000 - mix_share),
        )
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report(
        Report(
            done=Rendered(
                frames=outcome.frames,
                decode_errors=outcome.decode_errors,
                missing_characters=outcome.missing_characters,
                cpu_ms=int((usage.ru_utime + usage.ru_stime) * 1000),
                wall_ms=int((time.monotonic() - started) * 1000),
                rss_mib=usage.ru_maxrss // 1024,
                session_ms=timeline.duration_ms,
            )
        )
    )


def _folded(lines: Iterable[bytes], transcript: Transcript) -> Iterator[Entry]:
    """The entries, each taken into the transcript as it passes."""
    decode = msgspec.json.Decoder(Entry).decode
    for line in lines:
        entry = decode(line)
        transcript.apply(entry)
        yield entry


async def render(job: Job, progress: Callable[[int], None]) -> Rendered:
    """Do the job in a child process; `progress` gets permille. Cancelling ends the child.

    Raises UserError `disk-full` or `render-failed`.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "records.render",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
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
            child.kill()
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
