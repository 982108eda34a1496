"""A whole signaling server on loopback for tests: real aiohttp, real SFU, real ledgers, any store."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher

from config.settings import Settings, load
from hearing import events as ev
from hearing.clock import Sources
from hearing.errors import UserError
from hearing.roles import Role
from hearing.seal_events import SealStep
from media_server.dataplane import make_data_plane
from media_server.ports import MediaRoom
from media_server.sfu import Sfu, SfuSettings
from records.anchors.port import Anchor
from records.book import LedgerBook
from records.keys import CourtKey
from records.ledger import Ledger
from records.memory import MemoryStore
from records.search.index import SearchIndex
from records.sqlite import SqliteStore
from signaling.courtroom import Courtroom
from signaling.exhibits.files import ExhibitFiles
from signaling.gate.tools import GateTools
from signaling.ports import CaptionSink, Exported, Exporter, ExportStep
from signaling.protocol import PROTOCOL_VERSION, RecordingHealth
from signaling.record.copies import PackageCopies
from signaling.services import Services, Timing
from signaling.web import ADMISSION, ROOMS, build_app
from voting.ports import LeafStore
from voting.stores.memory import MemoryLeafStore

SECRET = bytes(range(32))
REAL_TIME = Sources(lambda: time.monotonic_ns() // 1000, lambda: time.time_ns() // 1_000_000)
PATIENT = Timing(ping_interval_ms=30_000, hello_timeout_ms=1_000, tick_ms=50, lamps_ms=300, health_ms=300)
HASTY = Timing(ping_interval_ms=750, hello_timeout_ms=1_000, tick_ms=50, lamps_ms=300, health_ms=300)
"""Gives pages up after a second and a half of silence."""
NO_GATE = {"YUNTING_IDENTITY_LEVEL": "none", "YUNTING_IDENTITY_ALLOW_NONE": "true"}
"""For tests of what comes after the gate."""
NO_SEAL = {"YUNTING_SEALING_AUTOMATIC": "false"}
"""For tests of everything else: sealing makes packages by itself."""
ID = {
    "judge": "01JDG000000000000000000001",
    "clerk": "01JDG000000000000000000002",
    "plaintiff": "01JDG000000000000000000003",
    "defendant": "01JDG000000000000000000004",
    "witness": "01JDG000000000000000000005",
}
SEATS = tuple(
    ev.Seat(participant=ID[seat], seat=seat, role=role, name=name, required=required)
    for seat, role, name, required in (
        ("judge", Role.PRESIDING_JUDGE, "陈法官", True),
        ("clerk", Role.CLERK, "李书记员", False),
        ("plaintiff", Role.PLAINTIFF, "张三丰", False),
        ("defendant", Role.DEFENDANT, "李四光", False),
        ("witness", Role.WITNESS, "王五常", False),
    )
)


class NoRecording:
    """A recorder that keeps nothing."""

    def health(self) -> RecordingHealth | None:
        return RecordingHealth(recording=False, tracks=(), disk_free_bytes=1, incident=None)

    async def sound(self, track: str, from_ms: int, to_ms: int) -> bytes:
        raise UserError("no-sound", "没有录音", "nothing is recorded")

    async def cut(self, ledger: Ledger, track: str, from_ms: int, to_ms: int) -> bytes:
        return await self.sound(track, from_ms, to_ms)

    async def close(self) -> None:
        return


class Tape(NoRecording):
    """A recorder that has a second of silence for everything."""

    async def sound(self, track: str, from_ms: int, to_ms: int) -> bytes:
        out = io.BytesIO()
        with wave.open(out, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(8_000)
            wav.writeframes(bytes(16_000))
        return out.getvalue()


class FolderExporter:
    """Exports a folder with two files, in two steps."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.kept: dict[str, tuple[Exported, ...]] = {}
        """Packages that lie on disk, by session."""

    async def export(
        self,
        session: str,
        edition: str,
        actor_name: str,
        progress: Callable[[ExportStep], None],
        package_id: str | None = None,
        case_no: str | None = None,
    ) -> Exported:
        assert self.folder is not None
        progress(ExportStep(500, "一半", "half"))
        await asyncio.sleep(0)
        return Exported(id=package_id or "", folder=self.folder, sha512="ab" * 64, bytes_total=123, edition=edition)

    async def seal(
        self, session: str, step: SealStep, progress: Callable[[ExportStep], None], package_id: str
    ) -> Exported:
        return await self.export(session, step, "server", progress, package_id)

    async def list_holes(self, session: str) -> None:
        return

    async def packages(self, session: str) -> tuple[Exported, ...]:
        return self.kept.get(session, ())


@dataclass
class Courthouse:
    """A running server and what tests do to it."""

    services: Services
    server: TestServer
    http: aiohttp.ClientSession
    app: web.Application
    exporter: FolderExporter

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def session(self, public: bool = True, seats: tuple[ev.Seat, ...] = SEATS) -> str:
        """A session past 候审, without going through the clerk's pages."""
        created = ev.SessionCreated(
            court="某某人民法院",
            case_no="（2026）粤01民初1号",
            hearing_no="1",
            cause="买卖合同纠纷",
            title="第一次庭审",
            public=public,
            scheduled_utc_ms=self.services.sources.utc_ms(),
            seats=seats,
        )
        ledger = await self.services.book.create(created, "server")
        return ledger.session

    async def connect(self, session: str, seat: str, **hello: Any) -> Page:
        """A page with a fresh ticket for the seat, welcomed."""
        page = await self.open(ticket=self.ticket(session, seat), **hello)
        await page.welcomed()
        return page

    async def open(self, **hello: Any) -> Page:
        """A page that has said hello."""
        socket = await self.http.ws_connect(f"{self.url}/ws", max_msg_size=0)
        page = Page(socket)
        await page.say(type="hello", version=PROTOCOL_VERSION, **hello)
        return page

    def room(self, session: str) -> Courtroom:
        """The courtroom, which must be open."""
        room = self.app[ROOMS].live(session)
        assert room is not None, "no courtroom is open"
        return room

    def ticket(self, session: str, seat: str) -> str:
        """A ticket as the routes would issue it."""
        hearing = next(h for h in self.services.book.hearings() if h.session == session)
        return self.app[ADMISSION].ticket(hearing, ID.get(seat, seat))


@dataclass
class Page:
    """A page's WebSocket."""

    socket: aiohttp.ClientWebSocketResponse
    heard: list[dict[str, Any]] = field(default_factory=list)
    welcome: dict[str, Any] = field(default_factory=dict)
    seqs: list[int] = field(default_factory=list)
    counter: int = 0

    async def say(self, **message: Any) -> None:
        await self.socket.send_str(msgspec.json.encode(message).decode())

    async def hear(self, kind: str, within_s: float = 5.0, **fields: Any) -> dict[str, Any]:
        """The next message of this type whose fields are as given; earlier ones are kept in `heard`."""
        async with asyncio.timeout(within_s):
            while True:
                frame = await self.socket.receive()
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionResetError(f"closed ({self.socket.close_code}) while waiting for {kind}")
                message = msgspec.json.decode(frame.data)
                self.heard.append(message)
                if message["type"] == "update":
                    self.seqs.append(message["seq"])
                if message["type"] == kind and all(message.get(k) == v for k, v in fields.items()):
                    return message

    async def welcomed(self) -> dict[str, Any]:
        self.welcome = await self.hear("welcome")
        return self.welcome

    async def do(self, command: str, **fields: Any) -> dict[str, Any]:
        """Give a command and return its `done` or `error`."""
        self.counter += 1
        re = fields.pop("re", f"r{self.counter}")
        await self.say(type="do", re=re, command={"do": command, **fields})
        return await self.answer(re)

    async def answer(self, re: str, within_s: float = 5) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while True:
                frame = await self.socket.receive()
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionResetError(f"closed ({self.socket.close_code})")
                message = msgspec.json.decode(frame.data)
                self.heard.append(message)
                if message["type"] == "update":
                    self.seqs.append(message["seq"])
                if message.get("re") == re:
                    return message

    async def update(self, kind: str, within_s: float = 5.0) -> dict[str, Any]:
        """The next update with an event of this type."""
        while True:
            message = await self.hear("update", within_s)
            if message["event"] is not None and message["event"]["type"] == kind:
                return message

    def kill(self) -> None:
        """Reset the TCP connection, as a dying network does. Idempotent."""
        connection = self.socket._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()


@contextlib.asynccontextmanager
async def courthouse(
    store: MemoryStore | SqliteStore | None = None,
    *,
    key: CourtKey | None = None,
    timing: Timing = PATIENT,
    sources: Sources = REAL_TIME,
    environment: dict[str, str] | None = None,
    gate: GateTools | None = None,
    search: SearchIndex | None = None,
    ballots: LeafStore | None = None,
    anchors: Sequence[Anchor] = (),
    copies: PackageCopies | None = None,
    exhibits: ExhibitFiles | None = None,
    make_exporter: Callable[[Settings, LedgerBook, CourtKey], Exporter] | None = None,
) -> AsyncIterator[Courthouse]:
    """A server that lives as long as the context. The same `store` again is the same court after a restart."""
    store = store or MemoryStore()
    media = Sfu(SfuSettings(), make_data_plane())
    await media.start()
    exporter = FolderExporter()
    key = key or CourtKey.generate()

    async def opened(session: str, room: MediaRoom, ledger: Ledger, captions: CaptionSink) -> NoRecording:
        return NoRecording()

    settings = await asyncio.to_thread(load, None, {**NO_GATE, **NO_SEAL, **(environment or {})})
    book = LedgerBook(store, key, sources, "test")
    services = Services(
        settings=settings,
        book=book,
        store=store,
        media=media,
        sources=sources,
        court_key=key,
        secret=SECRET,
        exporter=make_exporter(settings, book, key) if make_exporter is not None else exporter,
        on_room_opened=opened,
        sounds=NoRecording(),
        version="test",
        verifier_sha256="0" * 64,
        ballot_verifier_sha256="1" * 64,
        gate=gate or GateTools(),
        search=search,
        ballots=ballots or MemoryLeafStore(),
        anchors=anchors,
        copies=copies,
        exhibits=exhibits,
        timing=timing,
        hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1),
    )
    app = build_app(services)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with aiohttp.ClientSession(headers={"X-Yunting": "1"}) as http:
        try:
            yield Courthouse(services, server, http, app, exporter)
        finally:
            # Pages first: a server waits a second for each page that does not answer its goodbye.
            await http.close()
            await server.close()
            await media.close()
