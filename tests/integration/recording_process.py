"""A recorder in a process of its own, to be killed: media in real time, events appended to a file as JSON lines."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import msgspec

from hearing.clock import SessionClock, Sources
from hearing.events import Event
from media_server.ports import SenderReport
from media_server.recorder import Recorder
from media_server.recording.writer import Writer
from yunting.bench.record_source import Publisher, encode_loop


def monotonic_us() -> int:
    return time.monotonic_ns() // 1000


async def main(folder: Path, log: Path, seconds: float, key: bytes | None) -> None:
    loop = encode_loop(width=320, height=180, bitrate_bps=300_000)
    with log.open("ab", buffering=0) as lines:

        def note(event: Event) -> None:
            lines.write(msgspec.json.encode(event) + b"\n")

        recorder = Recorder(
            folder,
            emit=note,
            request_keyframe=lambda _: None,
            seat_of=lambda _: "plaintiff-1",
            writer=Writer(folder, key=key),
        )
        publisher = Publisher(loop, "a", begin_us=monotonic_us())
        for publication, ssrc, rate in publisher.publications():
            recorder.track_started(publication, ssrc, rate)
        clock = SessionClock(Sources(monotonic_us, lambda: time.time_ns() // 1_000_000))
        clock.start()
        recorder.open(clock)
        lines.write(b"open\n")
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(recorder.run())
            for arrival_us, name, item in publisher.events(seconds):
                await asyncio.sleep(max(0, arrival_us - monotonic_us()) / 1e6)
                if isinstance(item, SenderReport):
                    recorder.track_report(name, item)
                else:
                    recorder.track_packet(name, arrival_us, item)
            ticking.cancel()
        await recorder.finish()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), bytes.fromhex(sys.argv[4]) or None))
