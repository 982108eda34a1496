"""Whose turn it is to speak, and when that ends by itself. Pure; times are monotonic milliseconds."""

from __future__ import annotations

from enum import StrEnum


class FloorState(StrEnum):
    """How far a speaker is."""

    GIVEN = "given"
    """Told that it is their turn; nothing of them is seen or heard by this server yet. Somebody in the hall may well
    speak there: this state lasts until the chair, or the speaker, ends it."""
    LIVE = "live"
    """Camera or microphone arrive."""
    AWAY = "away"
    """The connection is gone; the floor waits for them to come back."""


class Floor:
    """The floor of one meeting: nobody's, or one person's."""

    def __init__(self, grace_ms: int) -> None:
        """`grace_ms`: so long the floor waits for a speaker whose connection was lost."""
        self._grace_ms = grace_ms
        self.person = ""
        self.state = FloorState.GIVEN
        self.until_ms: int | None = None
        """When the time that was given is over; None: there is no limit."""
        self.away_until_ms: int | None = None
        """While `AWAY`: when the floor waits no longer."""

    def give(self, person: str, until_ms: int | None = None) -> None:
        """It is this person's turn now ("" for nobody's). Who has it already goes on, with the new limit."""
        if person != self.person:
            self.person = person
            self.state = FloorState.GIVEN
            self.away_until_ms = None
        self.until_ms = until_ms if person else None

    def up(self, person: str) -> None:
        """Media of this person arrives. Nobody else's matters."""
        if person and person == self.person:
            self.state = FloorState.LIVE
            self.away_until_ms = None

    def lost(self, person: str, now_ms: int) -> None:
        """Their connection is gone. Idempotent: a second loss does not lengthen the wait."""
        if person and person == self.person and self.state is FloorState.LIVE:
            self.state = FloorState.AWAY
            self.away_until_ms = now_ms + self._grace_ms

    @property
    def due_ms(self) -> int | None:
        """When to look at `is_over` next."""
        times = [time for time in (self.until_ms, self.away_until_ms) if time is not None]
        return min(times, default=None)

    def is_over(self, now_ms: int) -> bool:
        """Whether time or patience has run out."""
        due = self.due_ms
        return due is not None and now_ms >= due
