"""What pages are told about the gate: each person their own `gate`, who may admit the `gate_queue`, staff the chips.

Told at once when the log has it, and looked at again at each heartbeat: locks end by time and cameras come and go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from weakref import WeakKeyDictionary

from hearing import events as ev
from hearing import identity_events as ie
from hearing.identity_events import IdentityLevel
from hearing.policy import is_verified
from hearing.roles import Right, is_device, rights
from hearing.state import Hearing, Person
from identity.gate import is_watched
from signaling.courtroom import Courtroom, Page
from signaling.gate.clerk import GateClerk
from signaling.gate.log import GateLog
from signaling.gate.messages import Gate, GateQueue, GateRow, GateView, Watch, WatchChip, WatchState
from signaling.gate.rooms import GateRooms
from signaling.gate.view import gate_view
from signaling.gate.watch import GateWatch

_CHANGES_QUEUE = (ie.IdentityEvent, ev.PresenceChanged)


@dataclass(slots=True)
class _Told:
    """What one connection was told last."""

    view: GateView | None = None
    rows: tuple[GateRow, ...] | None = None
    chips: tuple[WatchChip, ...] = ()


class GateNews:
    """One for the server; `signaling.rooms.GateKeeper`."""

    def __init__(self, log: GateLog, clerk: GateClerk, gates: GateRooms, watch: GateWatch) -> None:
        self._log = log
        self._clerk = clerk
        self._gates = gates
        self._watch = watch
        self._told: WeakKeyDictionary[Page, _Told] = WeakKeyDictionary()
        self._asked: set[str] = set()
        """Sessions whose queue is about to be looked at: many changes at once are told once."""

    def attach(self, room: Courtroom) -> None:
        """From now on its pages are told."""

        def appended(entries: Sequence[ev.Entry], after: Hearing) -> None:
            for entry in entries:
                if isinstance(entry.event, ie.IdentityEvent):
                    self._tell(room, getattr(entry.event, "participant", None))
            if any(isinstance(entry.event, _CHANGES_QUEUE) for entry in entries):
                self._look_soon(room)

        def live(participant: str) -> None:
            self._tell(room, participant)
            self._look_soon(room)

        # Media first: who is told that they have passed is in.
        self._gates.attach(room)
        room.ledger.subscribe(appended)
        room.when_live = live
        self._watch.attach(room)

    async def tend(self, room: Courtroom) -> None:
        """One heartbeat."""
        await self._gates.tend(room)
        if room.hearing.identity is not IdentityLevel.NONE:
            self._tell(room, None)
            await self._tell_queue(room)

    async def detach(self, room: Courtroom) -> None:
        """The courtroom closes."""
        await self._watch.detach(room)
        await self._gates.detach(room)

    def _tell(self, room: Courtroom, only: str | None) -> None:
        """Each person (or only this one) their own gate, if it has changed."""
        hearing = room.hearing
        if hearing.identity is IdentityLevel.NONE:
            return
        pages = [room.connections.get(only)] if only is not None else list(room.connections.values())
        for page in pages:
            person = hearing.people.get(page.participant) if page is not None else None
            if page is None or person is None or not page.live or not _is_asked(person):
                continue
            view = gate_view(hearing, person, self._log.now(), self._log.proof(hearing, page.participant))
            told = self._told.setdefault(page, _Told())
            if told.view != view:
                told.view = view
                page.send(Gate(gate=view))

    def _look_soon(self, room: Courtroom) -> None:
        if room.hearing.identity is IdentityLevel.NONE or room.session in self._asked:
            return
        self._asked.add(room.session)
        room.tasks.spawn(self._look(room), "gate queue")

    async def _look(self, room: Courtroom) -> None:
        self._asked.discard(room.session)
        await self._tell_queue(room)

    async def _tell_queue(self, room: Courtroom) -> None:
        deciding = [page for page in list(room.connections.values()) if page.live and _decides(room.hearing, page)]
        if not deciding:
            return
        rows = tuple(await self._clerk.queue(room.session))
        chips = _chips(room.hearing)
        for page in deciding:
            # Looked at again: a verdict may have ended while the pictures were counted.
            if room.connections.get(page.participant) is not page or not _decides(room.hearing, page):
                continue
            told = self._told.setdefault(page, _Told())
            if told.rows != rows:
                told.rows = rows
                page.send(GateQueue(rows=rows))
            if told.chips != chips:
                told.chips = chips
                page.send(Watch(chips=chips))


def _is_asked(person: Person) -> bool:
    """Whether the gate has anything to say to this person."""
    return Right.PUBLISH in rights(person.role) and not is_device(person.role)


def _decides(hearing: Hearing, page: Page) -> bool:
    person = hearing.people.get(page.participant)
    return person is not None and Right.ADMIT in rights(person.role) and is_verified(hearing, person)


def _chips(hearing: Hearing) -> tuple[WatchChip, ...]:
    return tuple(
        WatchChip(
            participant=name,
            state=cast(WatchState, person.standing.watch),
            since_utc_ms=person.standing.watch_since_utc_ms,
            checked=person.standing.watch_checked,
        )
        for name, person in hearing.people.items()
        if person.standing.watch and is_watched(hearing, person)
    )
