"""All meetings open on this server: each is opened when somebody first asks for it, from its log and rolls."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from hearing.tasks import TaskSet
from signaling.meetings.book import MeetingBook, MeetingRecord
from signaling.meetings.messages import farewell
from signaling.meetings.roll_desk import RollDesk, summary
from signaling.meetings.room import MeetingRoom
from signaling.services import Services
from voting.hall import Hall
from voting.roll import Roll
from voting.sequencer import Stopped


class MeetingRooms:
    """Opens rooms, one of each meeting, and opens a hall anew whose log could not be written."""

    def __init__(self, services: Services, book: MeetingBook, rolls: RollDesk) -> None:
        self._services = services
        self._book = book
        self._rolls = rolls
        self._tasks = TaskSet()
        self._rooms: dict[str, MeetingRoom] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, meeting: str) -> MeetingRoom:
        """The meeting's room, its log ready to be written. Raises UserError `unknown-meeting`, StoreUnavailable."""
        room = self._rooms.get(meeting)
        if room is not None and _is_well(room):
            return room
        record = await self._book.get(meeting)
        async with self._opening[meeting]:
            room = self._rooms.get(meeting)
            if room is None:
                room = MeetingRoom(record, await self._hall(meeting, record), self._services.sources.utc_ms)
                room.agents = await self._book.agents(meeting)
                await self.refresh_roll(room)
                self._rooms[meeting] = room
                self._tasks.spawn(room.run(), "meeting room")
            elif not _is_well(room):
                room.attach(await self._hall(meeting, record))
        return room

    async def change(self, room: MeetingRoom, edit: Callable[[MeetingRecord], MeetingRecord]) -> None:
        """Change the meeting's record, durably, then tell the pages. One at a time: no change undoes another. Raises
        what `edit` does, StoreUnavailable."""
        async with room.changing:
            record = edit(room.record)
            await self._book.put(record)
            room.record = record
            room.touch()

    async def refresh_roll(self, room: MeetingRoom) -> None:
        """Take the roll that was imported last."""
        kept = await self._rolls.current(room.record.id, room.roll.roll if room.roll is not None else None)
        if kept is None:
            return
        room.roll = await asyncio.to_thread(Roll, kept.alg, kept.id, kept.entries)
        room.register = kept.register
        room.roll_sums = summary(kept)
        room.hall.meeting.know(room.roll)
        room.touch(everybody=True)

    def say_closing(self) -> None:
        """Tell every page that the server closes, and hang up."""
        last = farewell()
        for room in self._rooms.values():
            for wire in list(room.wires):
                wire.send(last)
                wire.hang_up()

    async def close(self) -> None:
        """Write what waits, and end. Idempotent."""
        for room in self._rooms.values():
            room.hall.close()
            await room.hall.log.ended()
        await self._tasks.close()

    async def _hall(self, meeting: str, record: MeetingRecord) -> Hall:
        services = self._services
        kept = await asyncio.to_thread(self._rolls.shelf.all, meeting)
        rolls = await asyncio.to_thread(lambda: [Roll(roll.alg, roll.id, roll.entries) for roll in kept])
        hall = await Hall.open(services.ballots, meeting, services.court_key, services.sources, rolls)
        self._tasks.spawn(hall.run(), "ballot log")
        return hall


def _is_well(room: MeetingRoom) -> bool:
    try:
        room.hall.log.check_writable()
    except Stopped:
        return False
    return True
