"""Debian's Janus as a process: VideoRoom and WebSockets only, its configuration in a temporary folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from yunting.bench.cores import pinned

WS_PORT = 8188
_START_S = 10.0
_SETTLE_S = 1.5
_LOG_CHARACTERS = 2000

_SERVER = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{libraries}/plugins"
    transports_folder = "{libraries}/transports"
    events_folder = "{libraries}/events"
    loggers_folder = "{libraries}/loggers"
    debug_level = 3
    {event_loops}
}}
certificates: {{ }}
media: {{ }}
nat: {{
    ice_enforce_list = "{host}"
    full_trickle = false
    ice_nomination = "aggressive"
    ice_keepalive_conncheck = false
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
loggers: {{ disable = "{loggers}" }}
events: {{ broadcast = false }}
"""
_WEBSOCKETS = """
general: {{ json = "plain" ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}
admin: {{ admin_ws = false }}
"""
_KEPT = ("libjanus_videoroom.so", "libjanus_websockets.so")


class JanusMissing(ValueError):
    """Janus is not installed here."""


@dataclass(frozen=True, slots=True)
class JanusBuild:
    """How Janus is run. `event_loops` 0: a thread for each connection, as shipped."""

    name: str = "janus shipped"
    event_loops: int = 0
    libsrtp: str = ""
    """Folder of another libsrtp2.so.1 than the system's, such as one that uses OpenSSL; empty: the system's."""


class JanusProcess:
    """One run of Janus, listening for WebSockets on 127.0.0.1. `host` is the address its ICE offers."""

    def __init__(self, build: JanusBuild, host: str) -> None:
        self._build, self._host = build, host
        self._folder = tempfile.TemporaryDirectory(prefix="yunting-janus-")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it on the server's core and wait until it listens. JanusMissing, OSError."""
        self._process = await asyncio.to_thread(self._spawn)
        limit = time.monotonic() + _START_S
        while not _listens():
            if self._process.poll() is not None or time.monotonic() > limit:
                raise OSError(f"Janus does not start:\n{await asyncio.to_thread(self._log)}")
            await asyncio.sleep(0.1)
        await asyncio.sleep(_SETTLE_S)

    def _log(self) -> str:
        return (Path(self._folder.name) / "log").read_text(errors="replace")[-_LOG_CHARACTERS:]

    def _spawn(self) -> subprocess.Popen[bytes]:
        program = shutil.which("janus")
        if program is None:
            raise JanusMissing("Janus is not installed (Debian: apt-get install janus)")
        folder = Path(self._folder.name)
        _write(folder, self._build, self._host)
        environment = dict(os.environ)
        if self._build.libsrtp:
            environment["LD_LIBRARY_PATH"] = self._build.libsrtp
        with pinned("server"), (folder / "log").open("wb") as log:
            return subprocess.Popen(
                [program, "-F", str(folder)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment
            )

    def srtp_library(self) -> str:
        """Path of the libsrtp that it has loaded."""
        maps = Path(f"/proc/{self.pid}/maps").read_text()
        return next((line.split()[-1] for line in maps.splitlines() if "libsrtp2" in line), "none")

    async def close(self) -> None:
        """End it and remove its folder. Idempotent."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, 5)
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _write(folder: Path, build: JanusBuild, host: str) -> None:
    libraries = next(iter(Path("/usr/lib").glob("*/janus")), Path("/usr/lib/janus"))
    if not (libraries / "plugins").is_dir():
        raise JanusMissing(f"Janus has no plugins in {libraries}")

    def others(kind: str) -> str:
        return ",".join(sorted(path.name for path in (libraries / kind).glob("*.so") if path.name not in _KEPT))

    text = _SERVER.format(
        folder=folder,
        libraries=libraries,
        host=host,
        event_loops=f"event_loops = {build.event_loops}" if build.event_loops else "",
        plugins=others("plugins"),
        transports=others("transports"),
        loggers=others("loggers"),
    )
    (folder / "janus.jcfg").write_text(text)
    (folder / "janus.transport.websockets.jcfg").write_text(_WEBSOCKETS.format(port=WS_PORT))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")


def _listens() -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", WS_PORT)) == 0
