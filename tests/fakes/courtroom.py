"""A courtroom without a store: decides, numbers and folds, for tests of the rules alone."""

from __future__ import annotations

from collections.abc import Sequence

from hearing import arrivals
from hearing import commands as cmd
from hearing import events as ev
from hearing.decide import decide
from hearing.participant import Presence
from hearing.session import Move, State
from hearing.state import Hearing, Person, apply
from tests.fakes.hearings import SEATS, created


class Courtroom:
    """`hearing` is the fold of `entries`; time stands still unless a test moves `now_ms`."""

    def __init__(self, seats: Sequence[ev.Seat] = SEATS, public: bool = True) -> None:
        self.entries: list[ev.Entry] = []
        self.hearing = Hearing()
        self.now_ms = 0
        self.note([created(seats, public)])

    def note(self, events: Sequence[ev.AnyEvent], actor: str = "server") -> Sequence[ev.AnyEvent]:
        for event in events:
            entry = ev.Entry(
                session="s",
                seq=len(self.entries) + 1,
                at_ms=self.now_ms,
                utc_ms=1_795_000_000_000 + self.now_ms,
                actor=actor,
                event=event,
                prev="",
                hash="",
            )
            self.entries.append(entry)
            self.hearing = apply(self.hearing, entry)
        return events

    def do(self, actor: str, command: cmd.AnyCommand) -> Sequence[ev.AnyEvent]:
        return self.note(decide(self.hearing, actor, command, self.now_ms), actor)

    def move(self, move: Move, actor: str = "judge", **fields: str) -> Sequence[ev.AnyEvent]:
        return self.do(actor, cmd.MoveSession(move=move, **fields))  # type: ignore[arg-type]

    def arrive(self, *participants: str) -> None:
        for participant in participants:
            self.note(arrivals.arrived(self.hearing, participant, "test"))

    def drop(self, *participants: str) -> None:
        for participant in participants:
            self.note(arrivals.dropped(self.hearing, participant, "test"))

    def person(self, participant: str) -> Person:
        return self.hearing.people[participant]

    def presence(self, participant: str) -> Presence:
        return self.person(participant).presence

    def open(self) -> Courtroom:
        """Everybody here and the session open."""
        self.arrive("judge", "clerk")
        self.move(Move.GATHER, "clerk")
        self.arrive(*(name for name in self.hearing.people if name not in {"judge", "clerk"}))
        self.move(Move.OPEN)
        assert self.hearing.state is State.IN_SESSION
        return self
