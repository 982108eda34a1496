"""A participant's side of the protocol (`docs/protocol.md`): what a page does, without a browser.

Used by the synthetic parties of the demo and by tests that want a real client.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Literal, Self

import aiohttp
import msgspec

from hearing.commands import AnyCommand
from hearing.errors import UserError
from signaling import protocol as wire

_ENCODE = msgspec.json.Encoder()
_DECODE = msgspec.json.Decoder(wire.FromServer)
_ANSWER_TIMEOUT_S = 15.0


class Api:
    """HTTP under `/api/v1/` for one browser-like client: cookies are kept, errors are raised as UserError."""

    def __init__(self, base_url: str, trust: ssl.SSLContext) -> None:
        self.base_url = base_url.rstrip("/")
        self.trust = trust
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"X-Yunting": "1"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one request; the decoded answer, None for 204. Raises UserError for a refusal."""
        async with self.http.request(method, f"{self.base_url}/api/v1/{path}", json=body) as answer:
            text = await answer.read()
            if answer.status >= 400:
                problem = msgspec.json.decode(text) if text.startswith(b"{") else {}
                message = problem.get("message", f"HTTP {answer.status}")
                raise UserError(problem.get("error", "http"), message, problem.get("message_en", message))
            return msgspec.json.decode(text) if text else None

    async def enter(self, code: str) -> str:
        """Open an invitation by its code, consent to its notice, and get a ticket."""
        invitation = await self.call("POST", "invitations/open", {"code": code})
        if not invitation["consented"]:
            sha256 = invitation["notices"]["sha256"]
            await self.call("POST", "invitations/consent", {"code": code, "sha256": sha256, "language": "zh-CN"})
        ticket: str = (await self.call("POST", "invitations/ticket", {"code": code}))["ticket"]
        return ticket

    async def sign_in(self, account: str, password: str) -> None:
        """Sign in as staff."""
        await self.call("POST", "staff/login", {"account": account, "password": password})

    async def staff_ticket(self, session: str) -> str:
        """A ticket for the signed-in account's seat."""
        ticket: str = (await self.call("POST", f"sessions/{session}/ticket"))["ticket"]
        return ticket


class Presence:
    """One WebSocket of one participant. `hearing` is the newest view; `wait_for` waits for a condition on it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._re = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[wire.FromServer]] = {}
        self._changed = asyncio.Condition()
        self.welcome: wire.Welcome | None = None
        self.hearing: wire.HearingView | None = None
        self.publications: tuple[wire.Publication, ...] = ()
        self.heads: list[wire.HeadSigned] = []
        self.left: wire.Leave | None = None
        self._ended = False

    async def run(self, ticket: str) -> None:
        """Connect, then read until the server or `close` ends it. Other methods work after `connected`."""
        url = self._api.base_url.replace("http", "ws", 1) + "/ws"
        async with self._api.http.ws_connect(url, max_msg_size=4 << 20) as socket:
            self._socket = socket
            await self._send(wire.Hello(version=wire.PROTOCOL_VERSION, ticket=ticket))
            async with asyncio.TaskGroup() as tasks:
                pinging = tasks.create_task(self._ping())
                async for frame in socket:
                    if frame.type is aiohttp.WSMsgType.TEXT:
                        await self._take(_DECODE.decode(frame.data))
                pinging.cancel()
        self._ended = True
        await self._notify()

    async def close(self) -> None:
        """End the connection without a `leave` command: to the server this is a drop."""
        if self._socket is not None:
            await self._socket.close()

    async def connected(self) -> wire.Welcome:
        """The server's welcome."""
        await self.wait_for(lambda _: self.welcome is not None)
        assert self.welcome is not None
        return self.welcome

    async def wait_for(self, condition: Callable[[wire.HearingView | None], bool], timeout_s: float = 30.0) -> None:
        """Until `condition` of the newest view holds. TimeoutError; ConnectionError when the server ends it."""
        async with asyncio.timeout(timeout_s), self._changed:
            while not condition(self.hearing):
                if self._ended:
                    raise ConnectionError(f"{self.left.code}: {self.left.en}" if self.left else "connection closed")
                await self._changed.wait()

    async def views(self) -> AsyncIterator[wire.HearingView]:
        """The newest view now and after each change, until the connection ends. Views between may be skipped."""
        while not self._ended:
            if self.hearing is not None:
                yield self.hearing
            async with self._changed:
                await self._changed.wait()

    async def do(self, command: AnyCommand) -> wire.Done:
        """Carry out a command; raises UserError when the court's rules refuse it."""
        re = str(next(self._re))
        answer = await self._ask(re, wire.Do(re=re, command=command))
        assert isinstance(answer, wire.Done)
        return answer

    async def offer(self, direction: Literal["send", "receive"], sdp: str, tracks: dict[str, str]) -> wire.Answered:
        """Negotiate media; raises UserError when refused."""
        re = str(next(self._re))
        answer = await self._ask(re, wire.Offer(re=re, direction=direction, sdp=sdp, tracks=tracks))
        assert isinstance(answer, wire.Answered)
        return answer

    async def _ask(self, re: str, message: wire.FromPage) -> wire.FromServer:
        future: asyncio.Future[wire.FromServer] = asyncio.get_running_loop().create_future()
        self._waiting[re] = future
        try:
            await self._send(message)
            answer = await asyncio.wait_for(future, _ANSWER_TIMEOUT_S)
        finally:
            del self._waiting[re]
        if isinstance(answer, wire.Error):
            raise UserError(answer.code, answer.zh, answer.en)
        return answer

    async def _send(self, message: wire.FromPage) -> None:
        assert self._socket is not None
        await self._socket.send_str(_ENCODE.encode(message).decode())

    async def _ping(self) -> None:
        await self.connected()
        assert self.welcome is not None
        while True:
            await asyncio.sleep(self.welcome.ping_interval_ms / 1000)
            await self._send(wire.Ping(sent_ms=int(time.monotonic() * 1000)))

    async def _take(self, message: wire.FromServer) -> None:
        match message:
            case wire.Welcome():
                self.welcome, self.hearing, self.publications = message, message.hearing, message.publications
            case wire.Update():
                self.hearing = message.hearing or self.hearing
            case wire.Publications():
                self.publications = message.publications
            case wire.HeadSigned():
                self.heads.append(message)
            case wire.Leave():
                self.left = message
            case wire.Done(re=re) | wire.Answered(re=re):
                self._answer(re, message)
            case wire.Error(re=str(re)):
                self._answer(re, message)
            case _:
                return
        await self._notify()

    def _answer(self, re: str, message: wire.FromServer) -> None:
        future = self._waiting.get(re)
        if future is not None and not future.done():
            future.set_result(message)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
