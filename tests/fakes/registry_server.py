"""A real-name service on loopback that keeps the contract of `docs/registry.md`, and can be made to break it."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

from identity.signed import SIGNATURE, sign

SECRET = "a secret of thirty-two characters"


@dataclass
class RegistryServer:
    """Knows `people` (number -> name, photo). `faults` are used up one a request: a status or a way to go wrong."""

    people: dict[str, tuple[str, bytes | None]] = field(default_factory=dict)
    faults: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Ids in order, also of requests that went wrong."""
    silent: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/verify", self._verify)
        app.router.add_post("/elsewhere", self._verify)
        self._server = TestServer(app)
        await self._server.start_server()
        return str(self._server.make_url("/verify"))

    async def stop(self) -> None:
        self.silent.set()
        await self._server.close()

    async def _verify(self, request: web.Request) -> web.Response:
        body = await request.read()
        asked = json.loads(body)
        self.requests.append(asked["request"])
        if request.headers.get(SIGNATURE) != sign(SECRET.encode(), body):
            return web.Response(status=401)
        name, photo = self.people.get(asked["number"], ("", None))
        answer = {"request": asked["request"], "match": "yes" if name == asked["name"] else "no", "source": "fake"}
        if answer["match"] == "yes" and photo is not None:
            answer["photo"] = base64.b64encode(photo).decode()
        match self.faults.pop(0) if self.faults else "":
            case int(status):
                return web.Response(status=status)
            case "silence":
                await self.silent.wait()
            case "redirect":
                return web.Response(status=307, headers={"Location": "/elsewhere"})
            case "garbage":
                return web.Response(body=b"\xff<html>")
            case "other-request":
                answer["request"] = "another"
            case "bad-photo":
                answer["photo"] = "***"
            case "endless":
                return web.Response(body=b" " * 40_000_000)
            case "cut":
                response = web.StreamResponse(headers={"Content-Length": "500"})
                await response.prepare(request)
                await response.write(b"{")
                assert request.transport is not None
                request.transport.abort()
        return web.json_response(answer)
