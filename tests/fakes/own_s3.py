"""An S3 server of the test's own (moto) on loopback, and a wire to it that can be cut."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

from moto.server import ThreadedMotoServer

REGION = "us-east-1"
_READ_BYTES = 64 << 10


@contextlib.contextmanager
def own_s3() -> Iterator[int]:
    """The port it listens on, until the context ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield server.get_host_and_port()[1]
    finally:
        server.stop()


class Wire:
    """Passes TCP on to `port` and counts what goes there; after `after(n)` more bytes every connection is closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._allowed: int | None = None
        self._taken = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def after(self, wire_bytes: int) -> None:
        with self._lock:
            self._allowed = wire_bytes

    def mend(self) -> None:
        with self._lock:
            self._allowed = None

    def taken(self) -> int:
        with self._lock:
            return self._taken

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                for pair, counted in (((client, server), True), ((server, client), False)):
                    threading.Thread(target=self._pass_on, args=(*pair, counted), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_READ_BYTES):
                if counted and not self._pass(len(data)):
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pass(self, count: int) -> bool:
        with self._lock:
            if self._allowed is not None:
                if count > self._allowed:
                    self._allowed = 0
                    return False
                self._allowed -= count
            self._taken += count
            return True
