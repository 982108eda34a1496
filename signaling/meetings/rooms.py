"""All meetings open on this server: each is opened when somebody first asks for it, from its log and rolls."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from hearing.tasks import TaskSet, log_fault
from records.errors import StoreUnavailable
from signaling.meetings.book import MeetingBook, MeetingRecord
from signaling.meetings.find import CreditorIndex
from signaling.meetings.messages import farewell
from signaling.meetings.roll_desk import RollDesk, summary
from signaling.meetings.room import MeetingRoom
from signaling.meetings.show import state_of
from signaling.services import Services
from voting.anchors.keeper import AnchorKeeper
from voting.anchors.proofs import Proofs
from voting.attendance import RunningBoard
from voting.hall import Hall
from voting.roll import Roll
from voting.rolls import RollTable
from voting.sequencer import Stopped

IDLE_MS = 600_000
"""How long nobody has asked for a room that is closed: the half of an act that waits for a second person is older."""


class MeetingRooms:
    """Opens rooms, one of each meeting, and opens a hall anew whose log could not be written."""

    def __init__(self, services: Services, book: MeetingBook, rolls: RollDesk) -> None:
        self._services = services
        self._book = book
        self._rolls = rolls
        self._tasks = TaskSet()
        self._rooms: dict[str, MeetingRoom] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._anchoring: dict[str, asyncio.Task[None]] = {}
        self._proofs = Proofs(services.store)
        self._used_us: dict[str, int] = {}
        """When somebody last asked for the room."""

    async def get(self, meeting: str) -> MeetingRoom:
        """The meeting's room, its log ready to be written. Raises UserError `unknown-meeting`, StoreUnavailable."""
        now_us = self._services.sources.monotonic_us()
        room = self._rooms.get(meeting)
        if room is not None and _is_well(room):
            self._used_us[meeting] = now_us
            return room
        record = await self._book.get(meeting)
        async with self._opening[meeting]:
            room = self._rooms.get(meeting)
            if room is None:
                tables = await asyncio.to_thread(self._rolls.shelf.all, meeting)
                room = MeetingRoom(record, await self._hall(meeting, tables), self._services.sources.utc_ms)
                room.agents = await self._book.agents(meeting)
                current = await asyncio.to_thread(self._rolls.shelf.current_id, meeting)
                for table in tables:
                    if table.id == current:
                        await _take_roll(room, table)
                self._rooms[meeting] = room
                self._telling[meeting] = self._tasks.spawn(room.run(), "meeting room")
                self._anchor(room)
                await self.note_state(room)
            elif not _is_well(room):
                tables = await asyncio.to_thread(self._rolls.shelf.all, meeting)
                room.attach(await self._hall(meeting, tables))
            self._used_us[meeting] = now_us
        return room

    def live(self, meeting: str) -> MeetingRoom | None:
        """The room, if it is open."""
        return self._rooms.get(meeting)

    async def note_state(self, room: MeetingRoom) -> None:
        """Write down how far the meeting is, for the list of all of them. What cannot be written now is when the room
        is opened next: the log knows it."""
        state = state_of(room.hall.meeting)
        if room.record.state == state:
            return
        try:
            await self.change(room, lambda record: replace(record, state=state))
        except StoreUnavailable as problem:
            log_fault("the meeting's state is not noted", problem, meeting=room.record.id)

    async def run(self) -> None:
        """Close rooms that nobody uses, until cancelled."""
        while True:
            await asyncio.sleep(IDLE_MS / 1_000 / 10)
            await self.close_idle()

    async def close_idle(self, idle_ms: int = IDLE_MS) -> None:
        """Close the rooms that nobody has asked for so long and in which nothing waits. All that they hold is in
        their log and in the book: whoever comes next opens them again."""
        for meeting, room in list(self._rooms.items()):
            async with self._opening[meeting]:
                now_us = self._services.sources.monotonic_us()
                idle = now_us - self._used_us.get(meeting, now_us) >= idle_ms * 1_000
                if not idle or self._rooms.get(meeting) is not room or not _may_close(room, now_us // 1_000):
                    continue
                del self._rooms[meeting], self._used_us[meeting]
                room.hall.close()
                await room.hall.log.ended()
                self._telling.pop(meeting).cancel()
                self._anchoring.pop(meeting).cancel()

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
        if kept is not None:
            await _take_roll(room, kept)

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

    def _anchor(self, room: MeetingRoom) -> None:
        services, meeting = self._services, room.record.id
        every_s = services.settings.anchors.every_s
        room.anchors = AnchorKeeper(meeting, services.anchors, self._proofs, every_s)
        room.anchors.attach(room.hall)
        self._anchoring[meeting] = self._tasks.spawn(room.anchors.run(), "anchors of a meeting")

    async def _hall(self, meeting: str, tables: Sequence[RollTable]) -> Hall:
        services = self._services
        rolls = await asyncio.to_thread(lambda: [Roll(each.alg, each.id, each.entries) for each in tables])
        hall = await Hall.open(services.ballots, meeting, services.court_key, services.sources, rolls)
        self._tasks.spawn(hall.run(), "ballot log")
        return hall


async def _take_roll(room: MeetingRoom, table: RollTable) -> None:
    known = room.hall.meeting.known_rolls.get(table.id)

    def made() -> tuple[Roll, CreditorIndex, RunningBoard]:
        roll = known or Roll(table.alg, table.id, table.entries)
        return roll, CreditorIndex(table.register), RunningBoard(roll)

    roll, index, board = await asyncio.to_thread(made)
    room.take_roll(roll, summary(table), table.register, index, board)


def _may_close(room: MeetingRoom, now_ms: int) -> bool:
    log = room.hall.log
    busy = (
        room.wires
        or room.queue
        or room.speaking
        or room.watched
        or room.hall.meeting.open_rounds
        or room.changing.locked()
        or (room.anchors is not None and room.anchors.busy)
        or room.countersign.pending(now_ms)
    )
    return not busy and log.durable == len(log.tree)


def _is_well(room: MeetingRoom) -> bool:
    try:
        room.hall.log.check_writable()
    except Stopped:
        return False
    return True
