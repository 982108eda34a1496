"""`yunting serve` as a process of its own, on loopback, with its data in a folder of the test's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from argon2 import PasswordHasher

from signaling.staff.accounts import ensure_staff
from tests.fakes import warm
from yunting.backends import open_store
from yunting.demo.client import Api

PASSWORD = "correct-horse-77"
START_S = 90
"""Ten seconds of computing on two cores that browsers share."""
_OF_TESTS = {"YUNTING_LOSS_SECONDS", "YUNTING_WATCH_SECONDS", "YUNTING_EXAMPLES"}
"""Switches of tests: a server refuses settings that it does not know."""
STAFF = (
    ("bench", "judge"),
    ("desk", "clerk"),
    ("root", "operator"),
    ("firm", "administrator"),
    ("watch", "supervisor"),
)


class ServerProcess:
    """One server and its folder; may be killed and started again on the same data. `anew`: by a Python of its own,
    for tests of the start, of memory and of limits (see `fakes.warm`)."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", *, anew: bool = False, **settings: str) -> None:
        self.folder = folder
        self._anew = anew
        self._host = host
        self._settings = settings
        self.port = _free_port(host)
        shown = f"[{host}]" if ":" in host else host
        self.base_url = f"https://{shown}:{self.port}"
        self._process: asyncio.subprocess.Process | warm.WarmProcess | None = None

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process is not None else None

    async def prepare(self) -> None:
        """Make the staff accounts bench (judge), desk (clerk), root (operator), firm (administrator) and
        watch (supervisor)."""
        store = await open_store(f"sqlite:///{self.folder / 'yunting.db'}")
        wanted = [(account, account, role, PASSWORD) for account, role in STAFF]
        await ensure_staff(store, PasswordHasher(time_cost=1, memory_cost=1024), 1, wanted)  # type: ignore[arg-type]
        await store.close()

    async def start(self) -> None:
        """Start and wait until it listens. Its log goes to `server.log` in the folder."""
        environment = {**{k: v for k, v in os.environ.items() if k not in _OF_TESTS}, **self.environment()}
        with (self.folder / "server.log").open("ab") as log:
            if self._anew or not warm.at_home():
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "yunting", "serve"),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env=environment,
                )
            else:
                self._process = await warm.start(["serve"], environment, log.fileno())
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), START_S)
        except BaseException:
            await self.stop(signal.SIGKILL)
            raise
        if not line:
            raise RuntimeError((self.folder / "server.log").read_text()[-2000:])

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send `how` and wait for the end; the exit code."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        return await asyncio.wait_for(self._process.wait(), 30)

    def api(self) -> Api:
        """A client that trusts the server's own certificate."""
        return Api(self.base_url, ssl.create_default_context(cafile=str(self.folder / "tls" / "server.crt")))

    async def yunting(self, *words: str) -> tuple[int, str, str]:
        """A command of `yunting` with this server's settings: exit code, output, errors."""
        with tempfile.TemporaryFile() as errors:
            process = await warm.start(list(words), {**os.environ, **self.environment()}, errors.fileno())
            async with asyncio.timeout(120):
                output = await process.stdout.read()
                code = await process.wait()
            errors.seek(0)
            return code, output.decode(), errors.read().decode()

    def environment(self) -> dict[str, str]:
        """Settings of this server, for a process or for `yunting.app.running`."""
        return {
            "YUNTING_HTTP_HOST": self._host,
            "YUNTING_HTTP_PORT": str(self.port),
            "YUNTING_MEDIA_HOST": self._host,
            "YUNTING_MEDIA_PORT": str(self.port),
            "YUNTING_MEDIA_TCP_PORT": "0",
            "YUNTING_STORAGE_FOLDER": str(self.folder),
            "YUNTING_STORAGE_STORE": f"sqlite:///{self.folder / 'yunting.db'}",
            "YUNTING_STORAGE_MIN_FREE_BYTES": "0",
            # A server that the tests and browsers beside it slow down would take nobody in, and send fewer pictures.
            "YUNTING_MEDIA_SHED_LOAD": "false",
            # Most tests are about what comes after the gate.
            "YUNTING_IDENTITY_LEVEL": "none",
            "YUNTING_IDENTITY_ALLOW_NONE": "true",
            # Most tests make the packages that they look at.
            "YUNTING_SEALING_AUTOMATIC": "false",
            "YUNTING_COMPOSITE_WIDTH": "640",
            "YUNTING_COMPOSITE_HEIGHT": "360",
            # Made at the export, which is the same: the tests' hearings are shorter than a piece.
            "YUNTING_COMPOSITE_BUDGET": "0",
            **self._settings,
        }


@asynccontextmanager
async def serving(
    folder: Path, host: str = "127.0.0.1", *, anew: bool = False, **settings: str
) -> AsyncIterator[ServerProcess]:
    """A prepared, running server (further `YUNTING_*` variables); killed at the end if it still runs."""
    server = ServerProcess(folder, host, anew=anew, **settings)
    await server.prepare()
    await server.start()
    try:
        yield server
    finally:
        await server.stop(signal.SIGKILL)


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
