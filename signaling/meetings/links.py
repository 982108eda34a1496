"""The address that a person of a meeting is sent."""

from __future__ import annotations

from aiohttp import web

from signaling.meetings.access import Access
from signaling.meetings.room import MeetingRoom


class Links:
    """Pure but for the request's host."""

    def __init__(self, access: Access, public_url: str) -> None:
        self._access = access
        self._public_url = public_url

    def base(self, request: web.Request, room: MeetingRoom) -> str:
        """What all links of the meeting begin with."""
        return f"{self._public_url or f'{request.scheme}://{request.host}'}/meeting/{room.record.id}#"

    def of(self, base: str, room: MeetingRoom, person: str) -> str:
        """The person's link."""
        return f"{base}{person}.{self._access.code(room.record.id, person)}"
