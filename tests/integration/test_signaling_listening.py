"""Connections that send nothing, or half of a request, or are too many, do not stay open."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from config.settings import load
from signaling import http as signaling_http
from signaling.socket.listening import Doorman, GuardedSite, Patience
from signaling.tls import ensure_certificate
from tests.fakes.courthouse import courthouse
from tests.fakes.serving import ServerProcess
from yunting import app

pytestmark = pytest.mark.integration

HASTY = Patience(handshake_s=0.3, first_byte_s=0.3, request_s=0.6, per_address=4)


@asynccontextmanager
async def listening(
    tls: ssl.SSLContext | None = None, trusted: tuple[str, ...] = (), patience: Patience = HASTY
) -> AsyncIterator[int]:
    async def hello(request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello")

    async def echo(request: web.Request) -> web.StreamResponse:
        page = web.WebSocketResponse()
        await page.prepare(request)
        async for message in page:
            await page.send_str(message.data)
        return page

    pages = web.Application()
    pages.add_routes([web.get("/", hello), web.get("/ws", echo)])
    runner = web.AppRunner(pages, keepalive_timeout=patience.request_s)
    await runner.setup()
    await GuardedSite(
        runner, socket.create_server(("127.0.0.1", 0)), Doorman(patience, trusted), ssl_context=tls
    ).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _closed_after(port: int, said: bytes) -> float:
    """Seconds until the server hangs up on somebody who says this and then nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        started_s = asyncio.get_running_loop().time()
        writer.write(said)
        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        return asyncio.get_running_loop().time() - started_s
    finally:
        writer.close()


async def test_a_silent_connection_and_half_a_request_are_closed() -> None:
    async with listening() as port:
        async with asyncio.TaskGroup() as both:
            silent = both.create_task(_closed_after(port, b""))
            half = both.create_task(_closed_after(port, b"GET / HTTP/1.1\r\nHost: x\r\nX-"))
        assert silent.result() < 2
        assert half.result() < 3


async def test_a_tls_handshake_that_never_begins_is_closed(tmp_path: Path) -> None:
    certificate, key = await asyncio.to_thread(ensure_certificate, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    await asyncio.to_thread(context.load_cert_chain, certificate, key)
    async with listening(context) as port:
        assert await _closed_after(port, b"") < 2
        async with aiohttp.ClientSession() as http, http.get(f"https://127.0.0.1:{port}/", ssl=False) as answer:
            assert await answer.text() == "hello"


async def test_one_address_holds_so_many_connections_and_gets_a_place_when_one_ends() -> None:
    async with listening(patience=Patience(per_address=4)) as port, aiohttp.ClientSession() as http:
        pages = [await http.ws_connect(f"http://127.0.0.1:{port}/ws") for _ in range(4)]
        with pytest.raises(aiohttp.ClientError):
            await http.ws_connect(f"http://127.0.0.1:{port}/ws")
        await pages[0].close()
        async with asyncio.timeout(5):
            while True:
                try:
                    page = await http.ws_connect(f"http://127.0.0.1:{port}/ws")
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.01)
        await page.send_str("still here")
        assert await page.receive_str() == "still here"


async def test_a_page_may_be_silent_for_longer_than_a_request_takes_and_a_proxy_has_no_limit() -> None:
    async with listening(trusted=("127.0.0.1",)) as port, aiohttp.ClientSession() as http:
        pages = [await http.ws_connect(f"http://127.0.0.1:{port}/ws") for _ in range(8)]
        await asyncio.sleep(2 * HASTY.request_s)
        for page in pages:
            await page.send_str("still here")
            assert await page.receive_str() == "still here"


async def test_the_server_itself_listens_that_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "Patience", lambda: HASTY)
    server = ServerProcess(tmp_path)
    settings = await asyncio.to_thread(load, None, server.environment())
    async with app.running(settings):
        assert await _closed_after(server.port, b"") < 2


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling_http, "BODY_TIMEOUT_S", 0.2)
    async with courthouse() as court:
        for path in ("api/v1/invitations/open", "whip/none"):
            reader, writer = await asyncio.open_connection("127.0.0.1", court.server.port)
            head = (
                f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0"
            )
            writer.write(head.encode())
            async with asyncio.timeout(5):
                assert (await reader.readline()).startswith(b"HTTP/1.1 408 "), path
            writer.close()
