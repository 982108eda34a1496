"""A time-stamping authority of the tests' own, made by `openssl ts`, behind HTTP on the loopback."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

_CONFIG = """
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TimeStamper:
    """Made by `time_stamper`; `ca` is the PEM of its root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.asked = 0
        self.fault = ""
        """"garbage", "empty", "busy" (503), "other" (a stamp over something else); "" for none."""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked += 1
        query = await request.read()
        if self.fault == "busy":
            return web.Response(status=503)
        if self.fault in {"garbage", "empty"}:
            return web.Response(body=b"\x30\x03abc" if self.fault == "garbage" else b"")
        body = await asyncio.to_thread(self._stamp, query)
        return web.Response(body=body, content_type="application/timestamp-reply")

    def prepare(self) -> None:
        """Root, key and certificate."""
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ext").write_text("extendedKeyUsage = critical,timeStamping\n")
        run, new = self._openssl, ("req", "-newkey", "rsa:2048", "-nodes")
        subject = ("-subj", "/CN=Test root", "-addext", "basicConstraints=critical,CA:TRUE")
        run(*new, "-x509", "-days", "2", *subject, "-keyout", "ca.key", "-out", "ca.pem")
        run(*new, "-subj", "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.csr")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext")
        run("x509", "-req", "-in", "tsa.csr", *signed, "-out", "tsa.pem")

    def _stamp(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        if self.fault == "other":
            (self.folder / "other").write_bytes(b"something else")
            self._openssl("ts", "-query", "-data", "other", "-sha256", "-cert", "-out", "query")
        # With the chain, as most authorities: openssl writes it in an order that is not DER.
        keys = ("-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "ca.pem")
        words = ("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", *keys)
        self._openssl(*words, "-queryfile", "query", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@asynccontextmanager
async def time_stamper(folder: Path) -> AsyncIterator[tuple[TimeStamper, str]]:
    """It and its address. Skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl (Debian package openssl)")
    made = TimeStamper(folder)
    await asyncio.to_thread(made.prepare)
    app = web.Application()
    app.router.add_post("/tsa", made.handle)
    async with TestServer(app) as server:
        yield made, str(server.make_url("/tsa"))
