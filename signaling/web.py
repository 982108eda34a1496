"""The web application: `build_app(services)` is the folder's face."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hearing.tasks import TaskSet, log_fault
from identity.retention import Retention
from identity.tickets import Tickets
from records.book import LedgerBook
from records.errors import StoreUnavailable
from records.search.indexing import Indexer
from signaling.admission import Admission
from signaling.credentials import Credentials
from signaling.exhibits.routes import ExhibitRoutes
from signaling.gallery import Gallery
from signaling.gate.challenges import GateChallenges
from signaling.gate.clerk import GateClerk
from signaling.gate.clerk_routes import GateClerkRoutes
from signaling.gate.codes import GateCodes
from signaling.gate.desk import GateDesk
from signaling.gate.log import GateLog
from signaling.gate.news import GateNews
from signaling.gate.rooms import GateRooms
from signaling.gate.routes import GateRoutes
from signaling.gate.watch import GateWatch
from signaling.http import Senders, errors_to_json, security_headers
from signaling.media.whip import Whip
from signaling.meetings.build import Meetings
from signaling.meetings.entry import MeetingEntry
from signaling.minutes.document_routes import DocumentRoutes
from signaling.minutes.review_routes import ReviewRoutes
from signaling.minutes.search_routes import SearchRoutes
from signaling.minutes.sound_routes import SoundRoutes
from signaling.observe_routes import ObserveRoutes
from signaling.pages import Pages
from signaling.record.archive_routes import ArchiveRoutes
from signaling.record.export_routes import ExportRoutes
from signaling.record.exports import Exports
from signaling.record.player_routes import PlayerRoutes
from signaling.record.seal_desk import SealDesk
from signaling.record.seal_routes import SealRoutes
from signaling.rooms import Rooms
from signaling.service_routes import ServiceRoutes
from signaling.services import Services
from signaling.sessions.access_routes import AccessRoutes
from signaling.sessions.desk import SessionDesk
from signaling.sessions.invitation_routes import InvitationRoutes
from signaling.sessions.invitations import Invitations
from signaling.sessions.routes import SessionRoutes
from signaling.socket.gateway import Gateway
from signaling.staff.accounts import Hashing, StaffBook
from signaling.staff.routes import StaffDesk, StaffRoutes
from signaling.supervision.record_routes import RecordRoutes
from signaling.supervision.routes import SupervisionRoutes

_log = structlog.get_logger("signaling")

SWEEP_INTERVAL_S = 300.0
ROOMS = web.AppKey("rooms", Rooms)
ADMISSION = web.AppKey("admission", Admission)
SESSIONS = web.AppKey("sessions", SessionDesk)
CHALLENGES = web.AppKey("challenges", GateChallenges)
WATCH = web.AppKey("watch", GateWatch)
RETENTION = web.AppKey("retention", Retention)
MEETINGS = web.AppKey("meetings", Meetings)
"""For the program beside the web: tickets without a route, courtrooms, the clerk's desk, the gate (command line,
tests)."""


def build_app(services: Services) -> web.Application:
    """Pages, REST, WebSocket, WHIP and WHEP of one server.

    While the application runs it recovers and tends `services.book`, opens courtrooms in `services.media` and runs
    exports; at cleanup it closes what it opened, and the book, but neither stores nor media server.
    """
    settings = services.settings
    tasks = TaskSet()
    tickets = Tickets(_ticket_key(services), services.store, services.sources.utc_ms)
    rooms = Rooms(services)
    admission = Admission(services.store, tickets, Credentials(services.store), rooms)
    senders = Senders(settings.http.trusted_proxies)
    hashing = Hashing(services.hasher)
    desk = StaffDesk(services, StaffBook(services.store, hashing))
    invitations = Invitations(
        services.store, services.derived_key("invitation lookup"), services.derived_key("invitation sealing")
    )
    sessions = SessionDesk(services, desk.book, invitations, admission)
    exports = Exports(services, rooms, sessions, tasks)
    old_visits = _OldVisits(admission.gallery, services.book)
    log = GateLog(services)
    gate = GateDesk(log)
    challenges = GateChallenges(log)
    codes = GateCodes(log, challenges)
    retention = Retention(services.book, log.vault, settings.identity.retention_h, services.sources.utc_ms)
    seal = SealDesk(services, exports)
    rooms.seal = seal
    gates = GateRooms(log, challenges)
    admission.when_hung_up(gates.forget)
    clerk = GateClerk(log, gate, gates, sessions.seat_of)
    watch = GateWatch(log, challenges)
    rooms.gate = GateNews(log, clerk, gates, watch)
    meetings = Meetings(services, desk, senders, MeetingEntry(services, sessions, invitations, gate, log))
    pages = Pages(settings.court.emblem, settings.identity.card_reader_url)

    app = web.Application(middlewares=[security_headers, errors_to_json], client_max_size=settings.limits.body_bytes)
    app.add_routes([web.get("/ws", Gateway(services, rooms, admission).handle)])
    for room_of_routes in (
        pages,
        StaffRoutes(services, desk, senders, sessions.account_changed, log.vault),
        SessionRoutes(services, desk, sessions, admission, gate),
        InvitationRoutes(services, invitations, admission, senders, gate),
        GateRoutes(log, gate, clerk, codes, admission),
        GateClerkRoutes(log, clerk, desk, rooms),
        ObserveRoutes(services, desk, sessions, admission, senders),
        SupervisionRoutes(services, desk, sessions, admission, rooms),
        RecordRoutes(services, desk, exports, seal),
        ExportRoutes(desk, exports),
        SealRoutes(desk, sessions, seal),
        AccessRoutes(desk, sessions, services),
        PlayerRoutes(desk, sessions, exports),
        ArchiveRoutes(services, desk, sessions, exports),
        SearchRoutes(services, desk, sessions),
        SoundRoutes(services, admission, rooms, desk, sessions),
        DocumentRoutes(services, desk, sessions),
        ExhibitRoutes(admission, rooms, services.sources.monotonic_us),
        ReviewRoutes(admission, rooms, services.sources.monotonic_us),
        Whip(services, rooms, admission),
        meetings,
        ServiceRoutes(services, rooms, senders, desk, retention),
    ):
        app.add_routes(room_of_routes.routes())
    app[ADMISSION] = admission
    app[SESSIONS] = sessions
    app[CHALLENGES] = challenges
    app[RETENTION] = retention
    app[MEETINGS] = meetings
    app[ROOMS] = rooms
    app[WATCH] = watch

    async def live(app: web.Application) -> AsyncIterator[None]:
        await pages.load()
        await services.book.recover()
        await rooms.recover()
        await meetings.start()
        tasks.spawn(services.book.run(), "ledgers")
        tasks.spawn(rooms.run(), "courtrooms")
        tasks.spawn(seal.run(), "seals")
        if services.search is not None:
            indexer = Indexer(services.book, services.search, lambda: services.sources.monotonic_us() / 1e6)
            tasks.spawn(indexer.run(), "search index")
        tasks.spawn(_sweep(tickets, desk, old_visits, codes, retention), "used tickets, old sign-ins and visits")
        yield
        await tasks.close()
        await rooms.close()
        await meetings.close()
        await watch.stop()
        await gates.stop()
        await services.book.close()
        hashing.close()

    async def hang_up(app: web.Application) -> None:
        # Before aiohttp waits for its handlers: each open WebSocket is one.
        for room in rooms.all():
            room.say_closing()
        meetings.say_closing()

    app.cleanup_ctx.append(live)
    app.on_shutdown.append(hang_up)
    return app


def _ticket_key(services: Services) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(services.derived_key("tickets"))


class Swept(Protocol):
    """Something whose expired leftovers go away from time to time."""

    async def sweep(self) -> int: ...


class _OldVisits:
    """`Swept`: addresses of observers whose session is over."""

    def __init__(self, gallery: Gallery, book: LedgerBook) -> None:
        self._gallery = gallery
        self._book = book

    async def sweep(self) -> int:
        return self._gallery.forget_over(self._book.hearings())


async def _sweep(*all_swept: Swept) -> None:
    while True:
        for swept in all_swept:
            try:
                await swept.sweep()
            except StoreUnavailable as problem:
                _log.warning("leftovers wait for the next sweep", of=type(swept).__name__, code=problem.code)
            except Exception as problem:
                # One damaged row must not keep faces for ever.
                log_fault("leftovers stay", problem, of=type(swept).__name__)
        await asyncio.sleep(SWEEP_INTERVAL_S)
