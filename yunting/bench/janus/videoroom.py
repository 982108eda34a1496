"""The janus-protocol over a WebSocket, as far as a VideoRoom's publishers and subscribers need it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from typing import Any

import aiohttp
import msgspec

from hearing.tasks import TaskSet
from yunting.bench.janus.process import WS_PORT, JanusBuild, JanusProcess
from yunting.bench.load.contender import Negotiator

ROOM = 1
_KEEPALIVE_S = 20.0
_REPLY_S = 15.0
_PLUGIN = "janus.plugin.videoroom"


class JanusError(OSError):
    """Janus refused a request; the text is its reason."""


class JanusSession:
    """One Janus session: requests with replies, and the events of its handles."""

    def __init__(self) -> None:
        self._tasks = TaskSet()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._client: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._id = 0

    async def open(self) -> None:
        """Connect and create the session."""
        self._client = aiohttp.ClientSession()
        url = f"ws://127.0.0.1:{WS_PORT}"
        self._socket = await self._client.ws_connect(url, protocols=("janus-protocol",), max_msg_size=0)
        self._tasks.spawn(self._read(), "read from Janus")
        self._id = (await self._ask({"janus": "create"}))["data"]["id"]
        self._tasks.spawn(self._keep_alive(), "keep a Janus session")

    async def attach(self) -> int:
        """A new VideoRoom handle."""
        reply = await self._ask({"janus": "attach", "plugin": _PLUGIN, "session_id": self._id})
        handle: int = reply["data"]["id"]
        return handle

    async def message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        """Ask the VideoRoom; returns its event (with `jsep` if it has one). Raises JanusError."""
        request: dict[str, Any] = {"janus": "message", "session_id": self._id, "handle_id": handle, "body": body}
        if jsep:
            request["jsep"] = jsep
        reply = await self._ask(request)
        data = reply.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise JanusError(f"VideoRoom: {data['error']}")
        return reply

    async def close(self) -> None:
        """Hang up. Idempotent."""
        await self._tasks.close()
        if self._socket is not None:
            with contextlib.suppress(Exception):
                await self._socket.close()
        if self._client is not None:
            await self._client.close()

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        transaction = f"{next(self._numbers)}-{secrets.token_hex(4)}"
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = reply
        try:
            await self._send({**request, "transaction": transaction})
            async with asyncio.timeout(_REPLY_S):
                return await reply
        finally:
            del self._waiting[transaction]

    async def _send(self, request: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send_str(msgspec.json.encode(request).decode())

    async def _read(self) -> None:
        assert self._socket is not None
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            event: dict[str, Any] = msgspec.json.decode(message.data)
            waiting = self._waiting.get(event.get("transaction", ""))
            # An acknowledgement says that the answer comes later.
            if waiting is None or waiting.done() or event.get("janus") == "ack":
                continue
            if event.get("janus") == "error":
                waiting.set_exception(JanusError(str(event["error"].get("reason"))))
            else:
                waiting.set_result(event)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_KEEPALIVE_S)
            # Only acknowledged, never answered.
            await self._send({"janus": "keepalive", "session_id": self._id, "transaction": "keepalive"})


class JanusContender:
    """Implements `Contender`."""

    def __init__(self, build: JanusBuild, host: str, *, transport_cc: bool = False, bitrate_bps: int = 0) -> None:
        self.name = build.name
        self.pid = 0
        self._transport_cc = transport_cc
        self._bitrate_bps = bitrate_bps
        self._process = JanusProcess(build, host)
        self._session = JanusSession()
        self._feeds: dict[int, int] = {}

    async def start(self) -> None:
        """See `Contender`."""
        await self._process.start()
        self.pid = self._process.pid
        await self._session.open()
        room = {
            "request": "create",
            "room": ROOM,
            "publishers": 200,
            "bitrate": self._bitrate_bps,
            "fir_freq": 0,
            "notify_joining": False,
            "transport_wide_cc_ext": self._transport_cc,
            "playoutdelay_ext": False,
            "videoorient_ext": False,
            "videocodec": "vp8,h264",
        }
        await self._session.message(await self._session.attach(), room)

    async def publish(self, number: int, client: Negotiator) -> None:
        """See `Contender`."""
        handle = await self._session.attach()
        joined = await self._session.message(handle, {"request": "join", "ptype": "publisher", "room": ROOM})
        self._feeds[number] = joined["plugindata"]["data"]["id"]
        # Our encodings go from low to high; Janus takes the first for the highest unless told.
        jsep = {"type": "offer", "sdp": await client.offer(), "rid_order": "lmh"}
        reply = await self._session.message(handle, {"request": "configure"}, jsep)
        await client.accept(reply["jsep"]["sdp"])

    async def subscribe(self, publisher: int, client: Negotiator) -> None:
        """See `Contender`."""
        handle = await self._session.attach()
        streams = [{"feed": self._feeds[publisher]}]
        join = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams}
        offered = await self._session.message(handle, join)
        jsep = {"type": "answer", "sdp": await client.answer(offered["jsep"]["sdp"])}
        await self._session.message(handle, {"request": "start"}, jsep)

    def srtp_library(self) -> str:
        """Path of the libsrtp in use."""
        return self._process.srtp_library()

    async def close(self) -> None:
        """See `Contender`."""
        await self._session.close()
        await self._process.close()
