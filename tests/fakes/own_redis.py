"""A redis-server of the test's own, on a free port of the loopback, its file in the test's folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def own_redis(
    folder: Path,
    *,
    appendonly: str = "yes",
    appendfsync: str = "always",
    port: int = 0,
    more: Sequence[str] = (),
    tls: tuple[Path, Path] | None = None,
) -> Iterator[int]:
    """Its port, the given one if any; only for TLS with `tls`, a certificate and its key. `more` are further words of
    its command. Skips where there is no redis-server."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server (Debian package redis-server)")
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    command += ["--appendonly", appendonly, "--appendfsync", appendfsync]
    command += more
    if tls is not None:
        command[command.index("--port")] = "--tls-port"
        command += ["--port", "0", "--tls-cert-file", str(tls[0]), "--tls-key-file", str(tls[1])]
        command += ["--tls-ca-cert-file", str(tls[0]), "--tls-auth-clients", "no"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        else:
            pytest.fail("redis-server did not start")
        yield port
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
