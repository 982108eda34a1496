"""Who comes to a route of a meeting: an account that runs it, or a creditor with a pass."""

from __future__ import annotations

from aiohttp import web

from signaling.http import bearer_of
from signaling.meetings.access import Access
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.services import Services
from signaling.staff.accounts import StaffAccount
from signaling.staff.routes import StaffDesk

RUNNERS = ("administrator", "judge", "clerk", "operator")
"""Who runs a meeting; who confirms is any other of them. Paper and presence are the clerk's (and the operator's)."""
COURT = ("judge", "clerk", "operator")
"""Who may read what only the court may: the administrator is none of them."""
WRITERS = ("administrator", "clerk", "operator")
"""Who puts documents and papers into a meeting."""


class Doorkeeper:
    """Asked first by every route."""

    def __init__(self, services: Services, staff: StaffDesk, rooms: MeetingRooms, access: Access) -> None:
        self._services = services
        self._staff = staff
        self._rooms = rooms
        self._access = access

    async def account(self, request: web.Request, *roles: str) -> tuple[StaffAccount, MeetingRoom]:
        """An account with one of `roles` (left out: any that runs meetings). Raises as `StaffDesk.require`, and
        UserError `unknown-meeting`."""
        account = await self._staff.require(request, *(roles or RUNNERS))
        return account, await self._rooms.get(request.match_info["id"])

    async def creditor(self, request: web.Request) -> tuple[str, MeetingRoom]:
        """Who holds the pass of `Authorization: Bearer`. Raises UserError `credential-invalid`, `unknown-meeting`."""
        meeting = request.match_info["id"]
        person = self._access.holder(meeting, bearer_of(request) or "", self._services.sources.utc_ms())
        return person, await self._rooms.get(meeting)

    async def anybody(self, request: web.Request) -> tuple[str | None, MeetingRoom]:
        """A creditor where there is a pass (None else), or an account that runs meetings. Raises as these two."""
        if bearer_of(request) is not None:
            return await self.creditor(request)
        _, room = await self.account(request)
        return None, room
