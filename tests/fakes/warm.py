"""`python -m yunting` from where Python has read its modules on: a template process reads them once for each process
of pytest, and forks itself for each server or command. Reading them is nine tenths of a server's start.

What is forked runs as `__main__` with the words, settings, folder and streams of a new process, and ends as one. Not
for tests of the start itself, of memory or of limits that pytest sets on itself: those start anew. So does what is
started in another network than the template's.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

_MODULES = ("yunting.cli", "yunting.app", "yunting.loop", "records.sqlite", "uvloop")
_REQUEST_BYTES = 200_000
_NETWORK = Path("/proc/thread-self/ns/net")
_HOME = _NETWORK.stat().st_ino
_template: tuple[subprocess.Popen[bytes], socket.socket] | None = None


class WarmProcess:
    """What `asyncio.create_subprocess_exec` gives, as far as the tests use it."""

    def __init__(
        self, pid: int, stdout: asyncio.StreamReader, state: asyncio.StreamReader, *ends: asyncio.StreamWriter
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout = stdout
        self._state = state
        self._ends = ends

    def send_signal(self, how: signal.Signals) -> None:
        """ProcessLookupError if it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, how)

    async def wait(self) -> int:
        """The exit code, negative for a signal. Idempotent."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(await self._state.readline()))
            for end in self._ends:
                end.close()
        return self.returncode


def at_home() -> bool:
    """Whether this thread is in the network in which pytest started, where the template is."""
    return _NETWORK.stat().st_ino == _HOME


async def start(words: list[str], environment: dict[str, str], errors: int) -> WarmProcess:
    """`python -m yunting WORDS`; what it says on its standard error goes to the open file `errors`."""
    assert at_home(), "the template would start it in another network"
    answers, theirs = socket.socketpair()
    output, written = socket.socketpair()
    with theirs, written:
        request = json.dumps([words, environment, str(Path.cwd())]).encode()
        socket.send_fds(_control(), [request], [theirs.fileno(), written.fileno(), errors])
    state, state_end = await asyncio.open_connection(sock=answers)
    stdout, stdout_end = await asyncio.open_connection(sock=output)
    return WarmProcess(int(await state.readline()), stdout, state, state_end, stdout_end)


def _control() -> socket.socket:
    """Where the template takes requests; it starts with the first."""
    global _template
    if _template is None or _template[0].poll() is not None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.fakes.warm", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                # As of those that are forked: Python looks once whether it can be wound back.
                stdout=subprocess.PIPE,
            )
        # It ends when this end is closed.
        _template = process, mine
    return _template[1]


def _fork_on_request(control: socket.socket) -> list[str] | None:
    """In the template: until pytest ends. Returns the words in each forked process only, which is to run them."""
    for name in _MODULES:
        if importlib.util.find_spec(name):
            importlib.import_module(name)
    while True:
        request, files, _, _ = socket.recv_fds(control, _REQUEST_BYTES, 3)
        if not request:
            return None
        # Between them a process that waits for its end, which only a parent can.
        if os.fork():
            for file in files:
                os.close(file)
            os.waitpid(-1, os.WNOHANG)
            continue
        control.close()
        told, output, errors = files
        if child := os.fork():
            os.close(output)
            os.write(told, b"%d\n" % child)
            os.write(told, b"%d\n" % os.waitpid(child, 0)[1])
            os._exit(0)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        for file in files:
            os.close(file)
        words, environment, folder = json.loads(request)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        return [str(word) for word in words]


if __name__ == "__main__":
    words = _fork_on_request(socket.socket(fileno=int(sys.argv[1])))
    if words is not None:
        sys.argv[1:] = words
        runpy.run_module("yunting", run_name="__main__", alter_sys=True)
