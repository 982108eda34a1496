"""Everything of creditors' meetings put together: one object for `signaling.web`."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from hearing.tasks import TaskSet
from signaling.http import Senders
from signaling.meetings.access import Access
from signaling.meetings.agenda_routes import AgendaRoutes
from signaling.meetings.book import MeetingBook
from signaling.meetings.casting import Casting
from signaling.meetings.creditor_routes import CreditorRoutes
from signaling.meetings.crowd import Crowd
from signaling.meetings.desk import MeetingDesk
from signaling.meetings.document_desk import DocumentDesk
from signaling.meetings.document_routes import DocumentRoutes
from signaling.meetings.document_shelf import DocumentShelf
from signaling.meetings.doorkeeper import Doorkeeper
from signaling.meetings.draw_routes import DrawRoutes
from signaling.meetings.draws import Draws
from signaling.meetings.entry import MeetingEntry
from signaling.meetings.entry_routes import EntryRoutes
from signaling.meetings.link_routes import LinkRoutes
from signaling.meetings.links import Links
from signaling.meetings.live_socket import LiveSocket
from signaling.meetings.log_routes import LogRoutes
from signaling.meetings.notice_routes import NoticeRoutes
from signaling.meetings.notices import Notices
from signaling.meetings.output_routes import OutputRoutes
from signaling.meetings.outputs import Outputs
from signaling.meetings.package import MeetingPackages
from signaling.meetings.package_routes import PackageRoutes
from signaling.meetings.packing import Packing
from signaling.meetings.reads import Reads
from signaling.meetings.roll_desk import RollDesk
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.socket import MeetingSocket
from signaling.meetings.staff_routes import MeetingRoutes
from signaling.meetings.stages import Stages
from signaling.meetings.visit import Tools
from signaling.services import Services
from signaling.staff.routes import StaffDesk


class Meetings:
    """`start` before the routes are used, `close` after."""

    def __init__(self, services: Services, staff: StaffDesk, senders: Senders, entry: MeetingEntry) -> None:
        book = MeetingBook(services.store)
        rolls = RollDesk(Path(services.settings.storage.folder), services.secret, services.sources.utc_ms)
        access = Access(services.derived_key(ACCESS_KEY), book.generation)
        casting = Casting()
        rooms = MeetingRooms(services, book, rolls)
        reads = Reads(services.store)
        draws = Draws(services)
        outputs = Outputs(services, book, rolls, reads, draws, staff.book)
        notices = Notices(services, outputs)
        links = Links(access, services.settings.http.public_url)
        desk = MeetingDesk(services, rooms, book, casting, notices.make_soon)
        stages = Stages(services)
        self._book = book
        self.rooms = rooms
        self._notices = notices
        self._tasks = TaskSet()
        door = Doorkeeper(services, staff, rooms, access)
        shelf = DocumentShelf(Path(services.settings.storage.folder) / "meetings")
        documents = DocumentDesk(shelf, rooms, reads, services.sources.utc_ms)
        crowd = Crowd(services.sources.monotonic_us)
        tools = Tools(services=services, rooms=rooms, book=book, reads=reads, casting=casting)
        self._socket = MeetingSocket(tools, access, senders, crowd)
        self._agenda = AgendaRoutes(door, book)
        self._live = LiveSocket(services, rooms, stages, access, staff, senders, crowd)
        self._stages = stages
        self._staff = MeetingRoutes(services, staff, desk, rooms, stages, book, rolls, links)
        self._links = LinkRoutes(door, book, links, self._send_away)
        self._log = LogRoutes(services, staff, rooms, access)
        self._outputs = OutputRoutes(door, outputs)
        self._notice_routes = NoticeRoutes(door, notices, links)
        self._draws = DrawRoutes(door, draws)
        packages = MeetingPackages(services, outputs, documents, notices, draws)
        self._packing = Packing(services, packages)
        self._packages = PackageRoutes(door, packages, self._packing)
        self._documents = DocumentRoutes(door, documents)
        self._creditors = CreditorRoutes(services, rooms, book, access, casting, senders, crowd, entry)
        self._entry = EntryRoutes(door, rooms, entry)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`. Tried in this order: the doors of thousands come first."""
        socket = web.get("/meetings/{id}/ws", self._socket.handle)
        return [
            socket,
            web.get("/meetings/{id}/live", self._live.handle),
            *self._creditors.routes(),
            *self._staff.routes(),
            *self._links.routes(),
            *self._entry.routes(),
            *self._agenda.routes(),
            *self._log.routes(),
            *self._documents.routes(),
            *self._outputs.routes(),
            *self._notice_routes.routes(),
            *self._draws.routes(),
            *self._packages.routes(),
        ]

    async def start(self) -> None:
        """Read what must be answered at once."""
        await self._book.load()
        self._tasks.spawn(self.rooms.run(), "idle meeting rooms")

    def say_closing(self) -> None:
        """Send every page away; it comes back by itself."""
        self.rooms.say_closing()
        self._live.say_closing()

    def _send_away(self, meeting: str, person: str) -> None:
        self._socket.send_away(meeting, person)
        self._live.send_away(meeting, person)

    async def close(self) -> None:
        """Write what waits. Idempotent."""
        await self._tasks.close()
        await self._packing.close()
        await self._notices.close()
        await self._stages.close()
        await self.rooms.close()


ACCESS_KEY = "creditors' access"
"""What the key of links and passes is derived for."""
