"""`/ws`: from the first frame to a seat in the courtroom (`docs/protocol.md`, "WebSocket")."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
import structlog
from aiohttp import WSMsgType, web

from hearing.errors import ProtocolError, UserError
from hearing.roles import rights
from identity.tickets import Ticket
from signaling.admission import Admission
from signaling.courtroom import Courtroom
from signaling.errors import error_message
from signaling.fanout import audience_of
from signaling.protocol import MAX_FRAME_BYTES, PROTOCOL_VERSION, Hello, IceServer, Leave, Welcome
from signaling.rooms import Rooms
from signaling.services import Services
from signaling.socket.connection import Connection
from signaling.view import Audience, at_the_gate, clock_view, hearing_view

_HARD_LIMIT_BYTES = 4 * MAX_FRAME_BYTES
"""Up to here an oversized frame is refused with words; beyond it the connection is closed (1009)."""

_log = structlog.get_logger("signaling")
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Hello)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody whose hello was accepted."""

    room: Courtroom
    participant: str
    credential: str
    ticket: Ticket | None
    """None for who resumes."""


class Gateway:
    """Accepts WebSockets."""

    def __init__(self, services: Services, rooms: Rooms, admission: Admission) -> None:
        self._services = services
        self._rooms = rooms
        self._admission = admission

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """aiohttp handler of `GET /ws`."""
        socket = web.WebSocketResponse(
            timeout=1.0, autoping=True, compress=False, max_msg_size=_HARD_LIMIT_BYTES, decode_text=True
        )
        await socket.prepare(request)
        try:
            hello = await self._hello(socket)
            guest = await self._identify(hello)
            connection = await self._seat(guest, hello, socket, request.transport)
        except ProtocolError as problem:
            await _refuse(socket, problem.code, "连接方式有误，请刷新页面", problem.detail, close_code=1008)
        except UserError as problem:
            await _refuse(socket, problem.code, problem.zh, problem.en)
        except ConnectionError:
            await socket.close()
        except Exception as problem:
            error = error_message(None, problem, "hello")
            await _refuse(socket, error.code, error.zh, error.en)
        else:
            await connection.run()
        return socket

    async def _hello(self, socket: web.WebSocketResponse) -> Hello:
        try:
            async with asyncio.timeout(self._services.timing.hello_timeout_ms / 1000):
                frame = await socket.receive()
        except TimeoutError:
            raise ProtocolError("hello-timeout", "no hello in time") from None
        if frame.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
            raise ConnectionResetError
        if frame.type is not WSMsgType.TEXT:
            raise ProtocolError("hello-first", "the first frame must be a hello in a text frame")
        try:
            hello = _decoder.decode(frame.data)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
            raise ProtocolError("hello-first", f"the first frame must be a hello: {problem}") from None
        if hello.version != PROTOCOL_VERSION:
            raise ProtocolError("version", f"this server speaks version {PROTOCOL_VERSION}: reload the page")
        return hello

    async def _identify(self, hello: Hello) -> Guest:
        if hello.ticket is not None:
            ticket = await self._admission.redeem(hello.ticket)
            room = await self._rooms.get(ticket.session)
            self._admission.check_verdict(room.ledger.hearing, ticket)
            credential = await self._admission.credential(ticket.session, ticket.sub)
            return Guest(room, ticket.sub, credential, ticket)
        if hello.credential is not None:
            session, participant = await self._admission.check_credential(hello.credential)
            return Guest(await self._rooms.get(session), participant, hello.credential, None)
        raise ProtocolError("hello-first", "hello needs a ticket or a credential")

    async def _seat(
        self, guest: Guest, hello: Hello, socket: web.WebSocketResponse, transport: asyncio.Transport | None
    ) -> Connection:
        room = guest.room
        self._admission.gallery.enter(room.hearing, guest.participant, self._services.sources.monotonic_us())
        await room.ledger.arrived(guest.participant, "resumed" if guest.ticket is None else "ticket")
        if guest.ticket is not None:
            await room.door.entered(guest.participant)
        # A revocation since the ticket was shown found no connection to end.
        await self._admission.check_welcome(room.session, guest.participant)
        resumed = guest.ticket is None and 0 <= hello.last_seq <= room.seq
        # From here to the end nothing is awaited: the welcome and what follows it have no gap between them.
        if guest.ticket is not None:
            self._admission.check_verdict(room.ledger.hearing, guest.ticket)
        connection = Connection(room, socket, transport, guest.participant, hello.last_seq if resumed else None)
        room.enter(connection)
        connection.send(self._welcome(guest, connection, resumed=resumed))
        return connection

    def _welcome(self, guest: Guest, connection: Connection, *, resumed: bool) -> Welcome:
        room, services = guest.room, self._services
        person = room.hearing.people[guest.participant]
        publications = room.publications_for(guest.participant)
        waits = at_the_gate(room.hearing, guest.participant)
        who = audience_of(room.hearing, guest.participant)
        room.remember_publications(guest.participant, publications)
        return Welcome(
            participant=guest.participant,
            rights=tuple(sorted(rights(person.role))),
            credential=guest.credential,
            seq=connection.seq,
            resumed=resumed,
            ping_interval_ms=services.timing.ping_interval_ms,
            clock=clock_view(room.ledger, services.sources.utc_ms()),
            hearing=hearing_view(
                room.hearing,
                outside=waits or who is Audience.OUTSIDE,
                only=guest.participant if waits else None,
                supervised=who is Audience.STAFF and not waits,
            ),
            publications=publications,
            ice_servers=tuple(
                msgspec.convert(dict(server), IceServer) for server in services.media.ice_servers(guest.participant)
            ),
            court_key=services.court_key.fingerprint,
            server_version=services.version,
        )


async def _refuse(socket: web.WebSocketResponse, code: str, zh: str, en: str, close_code: int = 1000) -> None:
    """Say why, and that a new ticket is needed; then close."""
    try:
        await socket.send_frame(_encoder.encode(Leave(action="reconnect", code=code, zh=zh, en=en)), WSMsgType.TEXT)
        await socket.close(code=close_code)
    except ConnectionError:
        await socket.close()
