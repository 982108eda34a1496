"""A server with one creditors' meeting, for the benchmarks of meetings: `yunting serve` as a process of its own on
loopback, the benchmark case's roll (`yunting.bench.creditors`) imported, two accounts who run it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from signaling.meetings.build import ACCESS_KEY
from signaling.services import derived_key
from signaling.staff.accounts import ensure_staff
from voting.roll_shelf import RollShelf
from voting.words import Standing
from yunting.backends import open_store
from yunting.bench.creditors import write_csv
from yunting.demo.client import Api

_STAFF = (("desk", "clerk"), ("bench", "judge"))
_PASSWORD = secrets.token_urlsafe(16)


class MeetingServer:
    """`yunting serve`, over plain HTTP unless `tls`, with its ballot logs in `store` ("": SQLite in `folder`)."""

    def __init__(self, folder: Path, *, tls: bool = False, store: str = "") -> None:
        self.folder = folder
        self.tls = tls
        self._store = store
        self._process: asyncio.subprocess.Process | None = None
        self.port = _free_port()
        self.api: Api
        self._judge: Api

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def access_key(self) -> bytes:
        """What makes passes; signing in is not measured."""
        return derived_key((self.folder / "keys" / "server.secret").read_bytes(), ACCESS_KEY)

    def trust(self) -> ssl.SSLContext | None:
        """What a client needs for the server's own certificate; None without TLS. Blocks."""
        return ssl.create_default_context(cafile=str(self.folder / "tls" / "server.crt")) if self.tls else None

    def rss_mib(self) -> float:
        """Resident memory now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / (1 << 20)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MeetingServer]:
        store = await open_store(f"sqlite:///{self.folder / 'yunting.db'}")
        hasher = PasswordHasher(time_cost=1, memory_cost=1024)
        await ensure_staff(store, hasher, 1, [(name, name, role, _PASSWORD) for name, role in _STAFF])  # type: ignore[misc]
        await store.close()
        await self._start()
        base_url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        trust = await asyncio.to_thread(self.trust) or ssl.create_default_context()
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
            **self._door(),
            "YUNTING_MEDIA_HOST": "127.0.0.1",
            "YUNTING_MEDIA_PORT": "0",
            "YUNTING_MEDIA_TCP_PORT": "0",
            "YUNTING_STORAGE_FOLDER": str(self.folder),
            "YUNTING_STORAGE_STORE": f"sqlite:///{self.folder / 'yunting.db'}",
            "YUNTING_STORAGE_BALLOTS": self._store,
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

    def _door(self) -> dict[str, str]:
        if self.tls:
            return {"YUNTING_HTTP_HOST": "127.0.0.1", "YUNTING_HTTP_PORT": str(self.port)}
        return {"YUNTING_HTTP": f"127.0.0.1:{self.port}"}

    async def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self._process.wait(), 60)


async def called(server: MeetingServer, claims: int, most: int) -> tuple[str, tuple[str, ...]]:
    """A meeting with its roll and an agenda, doors open; its id and the first creditors with a vote."""
    made = await server.api.call(
        "POST",
        "meetings",
        {"court": "测试法院", "case_no": "(2018)粤01破1号", "title": "债权人会议", "scheduled_utc_ms": 0},
    )
    meeting = str(made["meeting"]["id"])
    await asyncio.to_thread(write_csv, server.folder / "claims.csv", claims)
    url = f"{server.api.base_url}/api/v1/meetings/{meeting}/roll"
    async with server.api.http.post(
        url, data=await asyncio.to_thread((server.folder / "claims.csv").read_bytes)
    ) as answer:
        if answer.status != 201:
            raise RuntimeError(await answer.text())
    await server.api.call("POST", f"meetings/{meeting}/motions", {"title": "表决事项", "matter": "ordinary"})
    await server.api.call("POST", f"meetings/{meeting}/doors", {})
    roll = await asyncio.to_thread(RollShelf(server.folder / "meetings").current, meeting)
    if roll is None:
        raise RuntimeError("the roll is not there")
    voters = [entry.creditor for entry in roll.entries if entry.kind is not Standing.NONE]
    return meeting, tuple(voters[:most])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
