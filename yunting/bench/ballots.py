"""`yunting bench ballots`: a whole creditors' meeting votes, through the product's own server.

`yunting serve` as `yunting.bench.meeting_server` starts it, its log in SQLite or another store; two accounts open
and close the motion over REST; the load is a process here too (`yunting.bench.ballot_load`), each creditor on a
connection of their own, in waves, since descriptors are limited. Passes are made with the server's own secret: what
signing in costs is not in it.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from yunting.bench.ballot_load import Load, Wave
from yunting.bench.creditors import FILED
from yunting.bench.meeting_server import MeetingServer, called

_YEAR_MS = 365 * 86_400_000
_SPARE_FILES = 500


class BallotsOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`connections` at once; 0: as many as descriptors allow, 10,000 at most. `rate` 0: closed loop."""

    creditors: int = 118_738
    transport: str = "ws"
    connections: int = 0
    in_flight: int = 512
    rate: float = 0.0
    claims: int = FILED
    """So many first rows of the benchmark case's roll."""
    store: str = ""
    """Address of another store of ballot logs (setting `storage.ballots`); its own CPU is not counted."""


class BallotsResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is of the server's process, user + system; latencies count from when a ballot was due."""

    accepted: int
    rejected: int
    cpu_us_per_ballot: float
    floor_us: float
    """The same with one wave of sockets and a program that only answers (`yunting.bench.ballot_floor`)."""
    ballots_per_s: float
    vote_s: float
    """All waves from first ballot to last receipt; connecting is not in it."""
    p50_ms: float
    p99_ms: float
    close_to_result_ms: float
    """From the second person's word to the answer with the count."""
    recount_s: float
    """The server started anew: the log replayed, counted, and checked against its signed head."""
    connect_cpu_us: float
    """Of one connection with its pass and first view."""
    waves: int
    connections: int
    in_flight: int
    rate: float
    transport: str
    store: str
    """Its kind."""
    creditors: int
    rss_mib: float
    refusal: str
    """The first refusal's words; empty for none."""
    seconds: float
    cpus: int
    python: str


async def run(options: BallotsOptions) -> BallotsResult:
    """Needs ten times as many seconds as the vote for roll and connections. ValueError for what cannot be."""
    if options.transport not in {"ws", "http"}:
        raise ValueError("--transport: ws 或 http / ws or http")
    began_s = time.monotonic()
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = options.connections or min(10_000, most - _SPARE_FILES)
    with tempfile.TemporaryDirectory(prefix="yunting-bench-") as name:
        folder = Path(name)
        async with MeetingServer(folder, store=options.store).running() as server:
            meeting, creditors = await called(server, options.claims, options.creditors)
            await server.by_two(meeting, "open", closes_utc_ms=time.time_ns() // 1_000_000 + _YEAR_MS)
            load = Load(
                host="127.0.0.1",
                port=server.port,
                meeting=meeting,
                motion="M1",
                transport=options.transport,
                creditors=creditors,
                connections=connections,
                in_flight=options.in_flight,
                rate=options.rate,
                access_key=server.access_key,
                utc_ms=time.time_ns() // 1_000_000,
                server_pid=server.pid,
            )
            waves = await _voted(load)
            rss_mib = server.rss_mib()
            closing_s = time.monotonic()
            console = await server.by_two(meeting, "close")
            close_to_result_ms = (time.monotonic() - closing_s) * 1e3
            counted = console["meeting"]["motions"][0]["result"]["divisions"][0]["agree"]["heads"]
            await server.restart()
            recount_s = time.monotonic()
            again = await server.api.call("GET", f"meetings/{meeting}")
            recount_s = time.monotonic() - recount_s
        floor = await _floor(load, max(wave.answer_bytes for wave in waves))
        accepted = sum(wave.accepted for wave in waves)
        recounted = again["meeting"]["motions"][0]["result"]["divisions"][0]["agree"]["heads"]
        if not counted == recounted == accepted:
            raise RuntimeError(f"{accepted} receipts, {counted} counted, {recounted} after a restart")
    latencies = sorted(us for wave in waves for us in wave.latencies_us)
    vote_s = sum(wave.cast_s for wave in waves)
    return BallotsResult(
        accepted=accepted,
        rejected=sum(wave.rejected for wave in waves),
        cpu_us_per_ballot=round(sum(wave.cast_cpu_s for wave in waves) / len(creditors) * 1e6, 1),
        floor_us=round(floor.cast_cpu_s / floor.ballots * 1e6, 1),
        ballots_per_s=round(len(creditors) / vote_s, 0),
        vote_s=round(vote_s, 2),
        p50_ms=latencies[len(latencies) // 2] / 1e3,
        p99_ms=latencies[len(latencies) * 99 // 100] / 1e3,
        close_to_result_ms=round(close_to_result_ms, 1),
        recount_s=round(recount_s, 2),
        connect_cpu_us=round(sum(wave.connect_cpu_s for wave in waves) / len(creditors) * 1e6, 1),
        waves=len(waves),
        connections=connections,
        in_flight=options.in_flight,
        rate=options.rate,
        transport=options.transport,
        store=options.store.partition(":")[0] or "sqlite",
        creditors=len(creditors),
        rss_mib=round(rss_mib, 1),
        refusal=next((wave.first_refusal for wave in waves if wave.first_refusal), ""),
        seconds=round(time.monotonic() - began_s, 1),
        cpus=os.cpu_count() or 0,
        python=platform.python_version(),
    )


async def _floor(load: Load, answer_bytes: int) -> Wave:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "yunting.bench.ballot_floor", str(answer_bytes), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 60))
        first = load.creditors[: load.connections]
        changed = msgspec.structs.replace(
            load, port=port, server_pid=process.pid, creditors=first, transport="ws", rate=0.0
        )
        [wave] = await _voted(changed)
    finally:
        process.kill()
        await process.wait()
    return wave


async def _voted(load: Load) -> list[Wave]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "yunting.bench.ballot_load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=64 << 20,
    )
    out, _ = await process.communicate(msgspec.json.encode(load))
    if process.returncode:
        raise RuntimeError("the load failed")
    return [msgspec.json.decode(line, type=Wave) for line in out.splitlines()]
