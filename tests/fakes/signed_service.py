"""A service beside Yunting on loopback: checks signatures, remembers what it was asked, can be made to go wrong."""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from identity.signed import SIGNATURE, sign

SECRET = "a secret of thirty-two characters"


@dataclass
class SignedService:
    """`faults` are used up one a request: a status, a way to go wrong of `_handle`, or one of `answer`'s own. Whoever
    makes a service of it gives `answer`."""

    faults: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Ids in order of what was signed rightly, also of what went wrong."""
    asked: int = 0
    secret: str = SECRET

    async def start(self) -> str:
        self._silent = asyncio.Event()
        app = web.Application(client_max_size=4_000_000)
        app.router.add_post("/ask", self._handle)
        app.router.add_post("/elsewhere", self._handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/ask"

    async def stop(self) -> None:
        self._silent.set()
        await self._runner.cleanup()

    async def answer(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        """What is said, beside `request`."""
        return {}

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        body = await request.read()
        if not hmac.compare_digest(request.headers.get(SIGNATURE, ""), sign(self.secret.encode(), body)):
            return web.Response(status=403)
        asked = json.loads(body)
        self.requests.append(asked["request"])
        fault = self.faults.pop(0) if self.faults else ""
        match fault:
            case int(status):
                return web.Response(status=status)
            case "silence":
                await self._silent.wait()
            case "redirect":
                return web.Response(status=307, headers={"Location": "/elsewhere"})
            case "not-json":
                return web.Response(body=b"<html>")
            case "not-text":
                return web.Response(body=b'{"request": "\xff"}')
            case "too-deep":
                return web.Response(body=b'{"more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
            case "empty":
                return web.Response()
            case "endless":
                return web.Response(body=b" " * 40_000_000)
            case "cut":
                response = web.StreamResponse(headers={"Content-Length": "500"})
                await response.prepare(request)
                await response.write(b"{")
                _hang_up(request)
                return response
        answer = {"request": asked["request"], **await self.answer(asked, str(fault))}
        if fault == "lost":
            _hang_up(request)
        if fault == "other-request":
            answer["request"] = "another"
        return web.json_response(answer)


def _hang_up(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()
