"""A face service on loopback that keeps the contract of `docs/face-service.md` with a real network, in a thread of
its own, and can be made to break it."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import threading
from dataclasses import dataclass, field

import numpy as np
from aiohttp import web

from identity.engine import FaceEngine
from identity.images import read_picture
from identity.signed import SIGNATURE, sign

SECRET = "a secret for the face service"
MODEL = "court-face 3.1"


@dataclass
class FaceService:
    """Its vectors are `engine`'s. `faults` are used up one a request: a status or a way to go wrong."""

    engine: FaceEngine
    faults: list[int | str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Ids in order, also of requests that went wrong."""
    sizes: list[tuple[int, ...]] = field(default_factory=list)
    """Of the pictures that came."""
    url: str = ""

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> str:
        self._silent = asyncio.Event()
        app = web.Application(client_max_size=4_000_000)
        app.router.add_post("/vectors", self._vectors)
        app.router.add_post("/elsewhere", self._vectors)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/vectors"

    async def _end(self) -> None:
        self._silent.set()
        await self._runner.cleanup()

    async def _vectors(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not hmac.compare_digest(request.headers.get(SIGNATURE, ""), sign(SECRET.encode(), body)):
            return web.Response(status=403)
        asked = json.loads(body)
        self.requests.append(asked["request"])
        answer = {"request": asked["request"], "model": MODEL, "vectors": []}
        match self.faults.pop(0) if self.faults else "":
            case int(status):
                return web.Response(status=status)
            case "silence":
                await self._silent.wait()
            case "redirect":
                return web.Response(status=307, headers={"Location": "/elsewhere"})
            case "garbage":
                return web.Response(body=b"\xff<html>")
            case "endless":
                return web.Response(body=b" " * 4_000_000)
            case "no-face":
                return web.json_response({**answer, "problem": "no-face"})
            case "other-request":
                answer["request"] = "another"
            case "other-model":
                answer["model"] = "court-face 4.0"
            case "short":
                return web.json_response({**answer, "vectors": [[1.0]] * len(asked["pictures"])})
            case "nothing":
                return web.json_response({**answer, "vectors": [[0.0] * 128] * len(asked["pictures"])})
            case "huge":
                return web.json_response({**answer, "vectors": [[1e308] * 128] * len(asked["pictures"])})
            case "one":
                return web.json_response({**answer, "vectors": [[1.0] * 128]})
        pictures = [base64.b64decode(each, validate=True) for each in asked["pictures"]]
        answer["vectors"] = await asyncio.to_thread(lambda: [self._look(each) for each in pictures])
        return web.json_response(answer)

    def _look(self, jpeg: bytes) -> list[float]:
        rgb = read_picture(jpeg)
        self.sizes.append(rgb.shape)
        found = self.engine.detect(rgb)
        vector = self.engine.embed(rgb, found[0], flip=False)
        return [float(value) for value in np.asarray(vector)]
