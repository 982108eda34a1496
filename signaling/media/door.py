"""Where a page's media goes: into the courtroom, or first into a gate room of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hearing.errors import UserError
from media_server.ports import Answer, Direction, MediaRoom


class Door(Protocol):
    """Between pages (or WHIP clients) and the media rooms of one session."""

    async def answer(
        self, participant: str, direction: Direction, sdp: str, tracks: Mapping[str, str], *, resource: str = "page"
    ) -> Answer:
        """As `MediaRoom.answer`; besides UserError `gate-first`."""

    async def entered(self, participant: str) -> None:
        """A page comes with a ticket: at the gate it is checked by its own camera, not by that of a page before."""

    def holds(self, participant: str, direction: Direction, *, resource: str) -> bool:
        """As `MediaRoom.holds`."""

    async def close_peer(self, participant: str, direction: Direction, *, resource: str = "page") -> None:
        """As `MediaRoom.close_peer`."""

    async def remove(self, participant: str) -> None:
        """As `MediaRoom.remove`."""

    async def challenge(self, participant: str) -> None:
        """Begin a challenge. Raises UserError."""

    async def give_up(self, participant: str) -> None:
        """End the challenge under way, which counts as a failure. Idempotent."""


class OpenDoor:
    """`Door` where there is no gate."""

    def __init__(self, media: MediaRoom) -> None:
        self._media = media

    async def answer(
        self, participant: str, direction: Direction, sdp: str, tracks: Mapping[str, str], *, resource: str = "page"
    ) -> Answer:
        return await self._media.answer(participant, direction, sdp, tracks, resource=resource)

    async def entered(self, participant: str) -> None:
        return

    def holds(self, participant: str, direction: Direction, *, resource: str) -> bool:
        return self._media.holds(participant, direction, resource=resource)

    async def close_peer(self, participant: str, direction: Direction, *, resource: str = "page") -> None:
        await self._media.close_peer(participant, direction, resource=resource)

    async def remove(self, participant: str) -> None:
        await self._media.remove(participant)

    async def challenge(self, participant: str) -> None:
        raise UserError("gate-passed", "您已通过身份核验", "you have already passed the gate")

    async def give_up(self, participant: str) -> None:
        return
