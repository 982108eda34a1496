"""All open courtrooms of this server, and their common heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import structlog

from hearing.events import Entry
from hearing.participant import CONNECTED
from hearing.seal_commands import SealCommand
from hearing.session import State, is_open, is_over
from records.writing import words
from signaling.courtroom import Courtroom
from signaling.errors import new_incident
from signaling.health import tell_health, tell_lamps
from signaling.protocol import Leave
from signaling.services import Services

_log = structlog.get_logger("signaling")

_OVER = Leave(action="end", code="over", zh="庭审已结束", en="the session is over")


class GateKeeper(Protocol):
    """What happens at the gate of a courtroom (`signaling.gate.news.GateNews`)."""

    def attach(self, room: Courtroom) -> None:
        """The courtroom is open."""

    async def tend(self, room: Courtroom) -> None:
        """One heartbeat."""

    async def detach(self, room: Courtroom) -> None:
        """The courtroom closes."""


class SealKeeper(Protocol):
    """The seals of all sessions (`signaling.record.seal_desk.SealDesk`)."""

    async def do(self, session: str, participant: str, command: SealCommand) -> Sequence[Entry]:
        """Carry out a command. Raises Refused."""


class Rooms:
    """Courtrooms by session, opened when somebody comes or the session runs, closed when it is over and empty."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rooms: dict[str, Courtroom] = {}
        self._opening = asyncio.Lock()
        self.seal: SealKeeper | None = None
        """Who carries out commands on a finished record; set before the first is opened."""
        self.gate: GateKeeper | None = None
        """Told of each courtroom and asked at each heartbeat; set before the first is opened."""

    def live(self, session: str) -> Courtroom | None:
        """The courtroom if it is open."""
        return self._rooms.get(session)

    def all(self) -> tuple[Courtroom, ...]:
        """Every open courtroom."""
        return tuple(self._rooms.values())

    async def get(self, session: str) -> Courtroom:
        """The courtroom, opened if need be; it stays for the idle time at least, so whoever asked can enter.
        Raises UserError (`unknown-session`), StoreUnavailable."""
        room = self._rooms.get(session)
        if room is not None:
            room.busy_at_us = self._services.sources.monotonic_us()
            return room
        async with self._opening:
            room = self._rooms.get(session)
            if room is None:
                ledger = await self._services.book.get(session)
                # In a thread: the first use of a zone reads its file.
                zone = await asyncio.to_thread(words.zone, self._services.settings.court.time_zone)
                room = Courtroom(self._services, ledger, zone)
                try:
                    await room.open()
                    if self.gate is not None:
                        self.gate.attach(room)
                    if self.seal is not None:
                        room.seal = partial(self.seal.do, session)
                except BaseException:
                    await room.close()
                    raise
                self._rooms[session] = room
        room.busy_at_us = self._services.sources.monotonic_us()
        return room

    async def recover(self) -> None:
        """At start, after `LedgerBook.recover`: open the courtrooms of sessions that were under way."""
        for hearing in self._services.book.hearings():
            if is_open(hearing.state) or hearing.state is State.WAITING:
                await self.get(hearing.session)

    async def run(self) -> None:
        """The heartbeat: drops, turns of speech, lamps, recording health, closing. Until cancelled."""
        timing = self._services.timing
        now_us = self._services.sources.monotonic_us
        lamps_us = health_us = now_us()
        while True:
            await asyncio.sleep(timing.tick_ms / 1000)
            lamps_due = now_us() - lamps_us >= timing.lamps_ms * 1000
            health_due = now_us() - health_us >= timing.health_ms * 1000
            lamps_us = now_us() if lamps_due else lamps_us
            health_us = now_us() if health_due else health_us
            for room in self.all():
                try:
                    await self._tend(room, lamps_due=lamps_due, health_due=health_due)
                except Exception as problem:
                    # One room's fault must not stop the others' heartbeat.
                    new_incident("heartbeat", problem)

    async def _tend(self, room: Courtroom, *, lamps_due: bool, health_due: bool) -> None:
        now_us = self._services.sources.monotonic_us()
        await room.attendance.settle()
        await room.speech.settle(now_us)
        room.review.settle()
        if self.gate is not None:
            await self.gate.tend(room)
        if lamps_due:
            tell_lamps(room)
        if health_due:
            tell_health(room)
        if self._idle(room, now_us):
            # Under the lock: whoever comes meanwhile gets a new courtroom, not the media room that is being closed.
            async with self._opening:
                if self._idle(room, self._services.sources.monotonic_us()):
                    self._rooms.pop(room.session, None)
                    await self._close(room, _OVER)

    def _idle(self, room: Courtroom, now_us: int) -> bool:
        people = room.hearing.people.values()
        busy = room.connections or not is_over(room.hearing.state) or any(p.presence in CONNECTED for p in people)
        if busy:
            room.busy_at_us = now_us
        return now_us - room.busy_at_us >= self._services.timing.idle_room_ms * 1000

    async def close(self) -> None:
        """Close every courtroom; pages are told to come back. Idempotent."""
        while self._rooms:
            _, room = self._rooms.popitem()
            await self._close(room)

    async def _close(self, room: Courtroom, leave: Leave | None = None) -> None:
        if self.gate is not None:
            await self.gate.detach(room)
        await room.close(leave)
