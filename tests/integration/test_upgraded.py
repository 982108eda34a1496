"""A door of WebSockets without a task for each message: order, waiting, closing, and what aiohttp's client sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from signaling.socket.frames import frame
from signaling.socket.upgraded import Upgraded, upgrade
from tests.unit.signaling.test_frames import sent

pytestmark = pytest.mark.integration

Serve = Callable[[Upgraded], Awaitable[None]]


@asynccontextmanager
async def door(serve: Serve) -> AsyncIterator[tuple[TestServer, asyncio.Event]]:
    ended = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        page = await upgrade(request, 1_000)
        try:
            await serve(page)
        finally:
            ended.set()
        return page.response

    app = web.Application()
    app.add_routes([web.get("/ws", handle)])
    async with TestServer(app) as server:
        yield server, ended


async def echo(page: Upgraded) -> None:
    """Answers each message; one that begins with `slow` after a while."""

    def take(data: bytes) -> Callable[[], Awaitable[None]] | None:
        if not data.startswith(b"slow"):
            page.transport.write(frame(data))
            return None

        async def later() -> None:
            for _ in range(20):
                await asyncio.sleep(0)
            page.transport.write(frame(data))

        return later

    await page.serve(take)


async def test_messages_are_answered_in_their_order_also_behind_slow_ones() -> None:
    async with door(echo) as (server, ended), aiohttp.ClientSession() as http:
        async with http.ws_connect(server.make_url("/ws")) as socket:
            said = [f"{'slow' if n % 7 == 3 else 'fast'} {n}" for n in range(300)]
            for text in said:
                await socket.send_str(text)
            assert [await socket.receive_str() for _ in said] == said
            await socket.ping(b"here?")
            await socket.send_str("after")
            assert await socket.receive_str() == "after"
            await socket.close()
            assert socket.close_code == 1000
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_page_that_says_more_before_it_is_served_loses_nothing() -> None:
    async def serve(page: Upgraded) -> None:
        assert await page.first() == b"enter"
        for _ in range(50):
            await asyncio.sleep(0)
        await echo(page)

    async with door(serve) as (server, ended):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        ask = (
            "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        # All in one piece: the frames come with the request that asks for the upgrade.
        writer.write(ask.encode() + sent(b"enter") + sent(b"one") + sent(b"slow two") + sent(b"three")[:5])
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith("HTTP/1.1 101")
        assert "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # RFC 6455 1.3
        assert await reader.readexactly(5) == frame(b"one")
        writer.write(sent(b"three")[5:])
        assert await reader.readexactly(10 + 7) == frame(b"slow two") + frame(b"three")
        writer.close()
        await asyncio.wait_for(ended.wait(), 10)


@pytest.mark.parametrize(
    ("bad", "code"),
    [(b"\x81\x01a", 1002), (sent(b"a" * 2_000), 1009), (sent(b"a", 0x82), 1003), (sent(b"\x03\xe8", 0x88), 1000)],
)
async def test_what_ends_a_connection_is_named_in_the_close_frame(bad: bytes, code: int) -> None:
    async with door(echo) as (server, ended), aiohttp.ClientSession() as http:
        async with http.ws_connect(server.make_url("/ws"), autoclose=False) as socket:
            raw = socket._response.connection
            assert raw is not None
            assert raw.transport is not None
            raw.transport.write(bad)
            message = await socket.receive()
            assert message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING}
            assert message.data == code
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_page_that_is_sent_away_reads_why() -> None:
    async def serve(page: Upgraded) -> None:
        await page.first()
        page.transport.write(frame(b"farewell"))
        await page.say_goodbye()

    async with door(serve) as (server, ended), aiohttp.ClientSession() as http:
        async with http.ws_connect(server.make_url("/ws")) as socket:
            await socket.send_str("enter")
            assert await socket.receive_str() == "farewell"
            assert (await socket.receive()).type is WSMsgType.CLOSE
        await asyncio.wait_for(ended.wait(), 10)


async def test_a_page_that_goes_without_a_word_ends_its_handler() -> None:
    async def serve(page: Upgraded) -> None:
        with pytest.raises(ConnectionResetError):
            await page.first()

    async with door(serve) as (server, ended), aiohttp.ClientSession() as http:
        async with http.ws_connect(server.make_url("/ws")):
            pass
        await asyncio.wait_for(ended.wait(), 10)


_WHOLE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Upgrade", "h2c"),
        ("Connection", "keep-alive"),
        ("Sec-WebSocket-Version", "12"),
        ("Sec-WebSocket-Key", "short"),
        ("Sec-WebSocket-Key", "!" * 24),
    ],
)
async def test_another_request_is_refused(name: str, value: str) -> None:
    async with door(echo) as (server, _), aiohttp.ClientSession() as http:
        answer = await http.get(server.make_url("/ws"), headers={**_WHOLE, name: value})
        assert answer.status == 400
