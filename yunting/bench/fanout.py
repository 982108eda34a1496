"""`yunting bench fanout`: what it costs to tell every creditor's page of a meeting the same thing.

The product's own server (`yunting.bench.meeting_server`); the pages are a process here too
(`yunting.bench.fanout_load`). A message goes out because a motion was put on the agenda.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from yunting.bench.ballot_load import server_cpu_s
from yunting.bench.creditors import FILED
from yunting.bench.fanout_load import Arrived, Pages
from yunting.bench.meeting_server import MeetingServer, called

PAUSE_S = 2.5
"""Between messages: a meeting tells its pages what has changed at most each second."""
_WITHOUT_VOTE = 1.2
"""So many rows of the roll give one creditor with a vote, and some to spare."""
_SPARE_FILES = 500


class FanoutOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`sockets` at once, each of another creditor; `rounds` messages to all of them."""

    sockets: int = 10_000
    rounds: int = 10
    tls: bool = False


class FanoutResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU and memory are of the server's process; times are from before the request that changes the meeting."""

    sockets: int
    rounds: int
    message_bytes: int
    cpu_us_per_message: float
    first_ms: float
    p50_ms: float
    last_ms: float
    """Of one message to all: mean of the rounds; the last is the worst of all."""
    passed_over: int
    """Messages that did not go to a page because it still had to read one before."""
    connect_cpu_us: float
    """Of one connection with its pass and first view; with `tls` the handshake too."""
    rss_kib_per_socket: float
    tls: bool
    seconds: float
    cpus: int
    python: str


async def run(options: FanoutOptions) -> FanoutResult:
    """ValueError for more sockets than there are descriptors or creditors."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    claims = int(options.sockets * _WITHOUT_VOTE) + 100
    if options.sockets > most - _SPARE_FILES or claims > FILED:
        raise ValueError(f"--sockets: 最多 {min(most - _SPARE_FILES, int(FILED / _WITHOUT_VOTE) - 100)} / at most")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yunting-bench-") as name:
        async with MeetingServer(Path(name), tls=options.tls).running() as server:
            meeting, creditors = await called(server, claims, options.sockets)
            rss_mib, cpu_s = server.rss_mib(), server_cpu_s(server.pid)
            pages = Pages(
                port=server.port,
                certificate=str(server.folder / "tls" / "server.crt") if options.tls else "",
                meeting=meeting,
                creditors=creditors,
                access_key=server.access_key,
                utc_ms=time.time_ns() // 1_000_000,
                rounds=options.rounds,
            )
            async with _connected(pages) as told:
                await told()
                rss_mib, connect_cpu_s = server.rss_mib() - rss_mib, server_cpu_s(server.pid) - cpu_s
                cpu_s, rounds = 0.0, []
                for number in range(options.rounds):
                    before_s, asked_s = server_cpu_s(server.pid), time.monotonic()
                    body = {"title": f"表决事项 {number + 2}", "matter": "ordinary"}
                    await server.api.call("POST", f"meetings/{meeting}/motions", body)
                    arrived = await told()
                    cpu_s += server_cpu_s(server.pid) - before_s
                    rounds.append((asked_s, arrived))
                    await asyncio.sleep(PAUSE_S)
    heard = sum(arrived.pages for _, arrived in rounds)

    def mean_ms(at_s: list[float]) -> float:
        return round(sum(at - asked for at, (asked, _) in zip(at_s, rounds, strict=True)) / len(rounds) * 1e3, 1)

    return FanoutResult(
        sockets=len(creditors),
        rounds=options.rounds,
        message_bytes=rounds[0][1].bytes,
        cpu_us_per_message=round(cpu_s / heard * 1e6, 1),
        first_ms=mean_ms([arrived.first_s for _, arrived in rounds]),
        p50_ms=mean_ms([arrived.half_s for _, arrived in rounds]),
        last_ms=round(max(arrived.last_s - asked_s for asked_s, arrived in rounds) * 1e3, 1),
        passed_over=len(creditors) * options.rounds - heard,
        connect_cpu_us=round(connect_cpu_s / len(creditors) * 1e6, 1),
        rss_kib_per_socket=round(rss_mib * 1024 / len(creditors), 1),
        tls=options.tls,
        seconds=round(time.monotonic() - began_s, 1),
        cpus=os.cpu_count() or 0,
        python=platform.python_version(),
    )


@asynccontextmanager
async def _connected(pages: Pages) -> AsyncIterator[Callable[[], Awaitable[Arrived]]]:
    """The pages; what it gives waits until all have heard one message more, or no more come."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "yunting.bench.fanout_load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(pages) + b"\n")
    await process.stdin.drain()
    out = process.stdout

    async def told() -> Arrived:
        line = await out.readline()
        if not line:
            raise RuntimeError("the pages failed")
        return msgspec.json.decode(line, type=Arrived)

    try:
        yield told
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
