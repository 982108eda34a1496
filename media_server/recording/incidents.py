"""Failures of the recorder: told once per cause when they begin and once when they are over."""

from __future__ import annotations

from collections.abc import Callable

from hearing.events import IncidentCause, RecordingIncident


class Incidents:
    """Which causes hold at present. Pure."""

    def __init__(self, emit: Callable[[RecordingIncident], None]) -> None:
        self._emit = emit
        self._since: dict[IncidentCause, tuple[int, str]] = {}

    @property
    def causes(self) -> tuple[str, ...]:
        """Causes that hold now, the oldest first."""
        return tuple(self._since)

    def begin(self, cause: IncidentCause, from_ms: int, detail: str) -> None:
        """Nothing is told of a cause that holds already."""
        if cause not in self._since:
            self._since[cause] = (from_ms, detail)
            self._emit(RecordingIncident(cause=cause, from_ms=from_ms, to_ms=None, detail=detail))

    def end_all(self, to_ms: int) -> None:
        """The recorder writes again: every cause is over. Idempotent."""
        for cause, (from_ms, detail) in self._since.items():
            self._emit(RecordingIncident(cause=cause, from_ms=from_ms, to_ms=max(to_ms, from_ms), detail=detail))
        self._since.clear()
