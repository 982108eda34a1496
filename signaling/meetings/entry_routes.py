"""`/api/v1/meetings/{id}/gate`: whether the court's gate stands before the meeting."""

from __future__ import annotations

from aiohttp import web
from msgspec.structs import replace

from signaling.http import body_of, reply
from signaling.meetings import bodies as b
from signaling.meetings.doorkeeper import COURT, Doorkeeper
from signaling.meetings.entry import MeetingEntry
from signaling.meetings.rooms import MeetingRooms


class EntryRoutes:
    """Handlers."""

    def __init__(self, door: Doorkeeper, rooms: MeetingRooms, entry: MeetingEntry) -> None:
        self._door = door
        self._rooms = rooms
        self._entry = entry

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/meetings/{id}/gate"
        return [web.get(one, self.gate), web.put(one, self.set_gate)]

    async def gate(self, request: web.Request) -> web.Response:
        """The session whose gate stands before the meeting, or null."""
        _, room = await self._door.account(request)
        return reply(b.MeetingGate(session=room.record.gate or None))

    async def set_gate(self, request: web.Request) -> web.Response:
        """From now on who signs in passes this session's gate first; nobody with null. The court's word, not the
        administrator's. Raises UserError as `MeetingEntry.check_gate`."""
        _, room = await self._door.account(request, *COURT)
        body = await body_of(request, b.MeetingGate)
        if body.session is not None:
            await self._entry.check_gate(body.session)
        await self._rooms.change(room, lambda record: replace(record, gate=body.session or ""))
        return reply(b.MeetingGate(session=room.record.gate or None))
