"""An SMS service on loopback that keeps the contract of `docs/registry.md`, and can be made to break it."""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from identity.signed import SIGNATURE, sign

SECRET = "a secret for short messages"


@dataclass
class SmsServer:
    """`faults` are used up one a request: a status, `silence` or `lost` (sent, but the answer does not arrive)."""

    faults: list[int | str] = field(default_factory=list)
    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Request -> phone and code: one message each, however often it was asked for."""
    asked: int = 0
    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/send", self._send)
        self._server = TestServer(app)
        await self._server.start_server()
        return str(self._server.make_url("/send"))

    async def stop(self) -> None:
        self.silent.set()
        await self._server.close()

    async def _send(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        body = await request.read()
        if not hmac.compare_digest(request.headers.get(SIGNATURE, ""), sign(SECRET.encode(), body)):
            return web.Response(status=403)
        message = json.loads(body)
        fault = self.faults.pop(0) if self.faults else ""
        if isinstance(fault, int):
            return web.Response(status=fault, headers={"Location": "/elsewhere"} if fault == 307 else {})
        if fault == "silence":
            await self.silent.wait()
        self.sent[message["request"]] = message["phone"], message["code"]
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({})
