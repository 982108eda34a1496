"""`yunting bench ballots`: a whole creditors' meeting votes, through the product's own server.

`yunting serve` as a process of its own over plain HTTP on loopback, its log in SQLite; the roll is the benchmark
case's (`yunting.bench.creditors`); two accounts open and close the motion over REST; the load is a process here too
(`yunting.bench.ballot_load`), each creditor on a connection of their own, in waves, since descriptors are
limited. Passes are made with the server's own secret: what signing in costs is not in it.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import secrets
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher

from signaling.meetings.build import ACCESS_KEY
from signaling.services import derived_key
from signaling.staff import ensure_staff
from voting.roll_shelf import RollShelf
from voting.words import Standing
from yunting.backends import open_store
from yunting.bench.ballot_load import Load, Wave
from yunting.bench.creditors import FILED, write_csv
from yunting.demo.client import Api

_STAFF = (("desk", "clerk"), ("bench", "judge"))
_PASSWORD = secrets.token_urlsafe(16)
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


class BallotsResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is of the server's process, user + system; latencies count from when a ballot was due."""

    accepted: int
    rejected: int
    cpu_us_per_ballot: float
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
        async with _Server(folder).running() as server:
            meeting, creditors = await _called(server, folder, options.claims, options.creditors)
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
                access_key=derived_key((folder / "keys" / "server.secret").read_bytes(), ACCESS_KEY),
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
        creditors=len(creditors),
        rss_mib=round(rss_mib, 1),
        refusal=next((wave.first_refusal for wave in waves if wave.first_refusal), ""),
        seconds=round(time.monotonic() - began_s, 1),
        cpus=os.cpu_count() or 0,
        python=platform.python_version(),
    )


async def _called(server: _Server, folder: Path, claims: int, most: int) -> tuple[str, tuple[str, ...]]:
    """A meeting with its roll and an agenda, doors open; its id and the first creditors with a vote."""
    made = await server.api.call(
        "POST",
        "meetings",
        {"court": "测试法院", "case_no": "(2018)粤01破1号", "title": "债权人会议", "scheduled_utc_ms": 0},
    )
    meeting = str(made["meeting"]["id"])
    await asyncio.to_thread(write_csv, folder / "claims.csv", claims)
    url = f"{server.api.base_url}/api/v1/meetings/{meeting}/roll"
    async with server.api.http.post(url, data=await asyncio.to_thread((folder / "claims.csv").read_bytes)) as answer:
        if answer.status != 201:
            raise RuntimeError(await answer.text())
    await server.api.call("POST", f"meetings/{meeting}/motions", {"title": "表决事项", "matter": "ordinary"})
    await server.api.call("POST", f"meetings/{meeting}/doors", {})
    roll = await asyncio.to_thread(RollShelf(folder / "meetings").current, meeting)
    if roll is None:
        raise RuntimeError("the roll is not there")
    voters = [entry.creditor for entry in roll.entries if entry.kind is not Standing.NONE]
    return meeting, tuple(voters[:most])


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


class _Server:
    """`yunting serve` over plain HTTP."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()
        self.api: Api
        self._judge: Api

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def rss_mib(self) -> float:
        """Resident memory now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / (1 << 20)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[_Server]:
        store = await open_store(f"sqlite:///{self._folder / 'yunting.db'}")
        hasher = PasswordHasher(time_cost=1, memory_cost=1024)
        await ensure_staff(store, hasher, 1, [(name, name, role, _PASSWORD) for name, role in _STAFF])  # type: ignore[misc]
        await store.close()
        await self._start()
        base_url, trust = f"http://127.0.0.1:{self.port}", ssl.create_default_context()
        try:
            async with Api(base_url, trust) as self.api, Api(base_url, trust) as self._judge:
                await self.api.sign_in("desk", _PASSWORD)
                await self._judge.sign_in("bench", _PASSWORD)
                yield self
        finally:
            await self._stop()

    async def restart(self) -> None:
        """Stop it as an operator does, and start it again."""
        await self._stop()
        await self._start()

    async def by_two(self, meeting: str, act: str, **more: object) -> Any:
        """An act that both accounts ask for; the console after it."""
        body = {"act": act, "motion": "M1", "round": 1, **more}
        await self.api.call("POST", f"meetings/{meeting}/acts", body)
        return (await self._judge.call("POST", f"meetings/{meeting}/acts", body))["console"]

    async def _start(self) -> None:
        settings = {
            "YUNTING_HTTP": f"127.0.0.1:{self.port}",
            "YUNTING_MEDIA_HOST": "127.0.0.1",
            "YUNTING_MEDIA_PORT": "0",
            "YUNTING_MEDIA_TCP_PORT": "0",
            "YUNTING_STORAGE_FOLDER": str(self._folder),
            "YUNTING_STORAGE_STORE": f"sqlite:///{self._folder / 'yunting.db'}",
            "YUNTING_LIMITS_BODY_BYTES": str(256 << 20),
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "yunting",
            "serve",
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **settings},
        )
        assert self._process.stdout is not None
        if not await asyncio.wait_for(self._process.stdout.readline(), 60):
            raise RuntimeError("the server did not start")

    async def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self._process.wait(), 60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
