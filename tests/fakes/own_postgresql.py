"""A PostgreSQL of the tests' own: a cluster in a folder of its own, on a free port of the loopback and a socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PASSWORD = "p@ss/w:rd#?"
ENCODED = "p%40ss%2Fw%3Ard%23%3F"
READY = "database system is ready to accept connections"


def _program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(installed[-1]) if installed else shutil.which(name)


class OwnPostgresql:
    """Made by `own_postgresql`; user `court` with `PASSWORD`. Not running until `start`."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self.port = 0
        self._user = user
        self._data = folder / "data"
        self._process: subprocess.Popen[str] | None = None
        (folder / "password").write_text(PASSWORD)
        words = ["-A", "scram-sha-256", "-U", "court", "--pwfile", str(folder / "password"), "--no-sync"]
        made = [str(_program("initdb")), "-D", str(self._data), "-E", "UTF8", "--locale=C", *words]
        if user is not None:
            for path in (folder, folder / "password"):
                shutil.chown(path, user)
        subprocess.run(made, check=True, capture_output=True, user=user, cwd=folder)

    @property
    def running(self) -> bool:
        """Between `start` and `kill`."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Of the postmaster."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """Over TCP."""
        return f"postgresql://court:{ENCODED}@127.0.0.1:{self.port}/{database}"

    def start(self, **settings: str) -> None:
        """Until it takes connections."""
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = int(free.getsockname()[1])
        told = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder)}
        told |= {"logging_collector": "off", "shared_buffers": "16MB", "lc_messages": "C"} | settings
        words = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [str(_program("postgres")), "-D", str(self._data), *words],
            stderr=subprocess.PIPE,
            text=True,
            user=self._user,
            cwd=self.folder,
        )
        self._await_ready()

    def backends(self) -> list[int]:
        """Processes of the server that serve somebody."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        served = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
        return [pid for pid, line in served.items() if "court" in line]

    def kill_backend(self) -> None:
        """Kill -9 one process that serves somebody; returns when the server has recovered from it."""
        os.kill(self.backends()[0], signal.SIGKILL)
        self._await_ready()

    def kill(self) -> None:
        """Kill -9 everything at once, as a power failure of the machine's processes would. Idempotent."""
        process, self._process = self._process, None
        if process is None:
            return
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        # The pipe ends when the last of them has.
        process.stderr.read()
        process.stderr.close()

    def _await_ready(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        said = ""
        for line in self._process.stderr:
            said += line
            if READY in line:
                return
        pytest.fail(f"PostgreSQL did not start: {said}")


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """Skips where PostgreSQL is not installed. It refuses to run as root: then it is the user `postgres`."""
    if _program("initdb") is None:
        pytest.skip("no PostgreSQL (Debian package postgresql)")
    user = None
    if os.getuid() == 0:
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    with tempfile.TemporaryDirectory(prefix="yunting-pg-", ignore_cleanup_errors=True) as folder:
        made = OwnPostgresql(Path(folder), user)
        try:
            yield made
        finally:
            made.kill()
