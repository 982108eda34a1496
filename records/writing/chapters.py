"""Chapters of a session: its phases, and every interruption of the recording. Pure."""

from __future__ import annotations

import msgspec

from hearing.session import Phase, state_label
from records.timeline import Stretch, Timeline
from records.writing import words


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """A chapter lasts until the next one begins, the last until the session ends. `at_ms` is session ms."""

    at_ms: int
    zh: str
    en: str


def chapters_of(timeline: Timeline) -> tuple[Chapter, ...]:
    """The chapters by their beginnings, no two at one moment, none with the name of the one before. A phase that a
    recess interrupted goes on under its own name. Empty for a session that was never opened."""
    if timeline.duration_ms == 0:
        return ()
    names: dict[int, tuple[str, str]] = {}
    for at_ms, phase in timeline.phases:
        names[max(0, at_ms)] = words.PHASES[phase]
    for stretch in timeline.breaks:
        # A phase that was called while the recording paused begins when it goes on.
        for at_ms in [at for at in names if stretch.span.from_ms <= at < stretch.span.to_ms]:
            del names[at_ms]
        names[stretch.span.from_ms] = _pause(stretch)
        if stretch.span.to_ms < timeline.duration_ms:
            names.setdefault(stretch.span.to_ms, words.PHASES[_phase_at(timeline, stretch.span.to_ms)])
    names.setdefault(0, words.PHASES[Phase.OPENING])
    found: list[Chapter] = []
    for at_ms, (zh, en) in sorted(names.items()):
        if at_ms < timeline.duration_ms and (not found or found[-1].zh != zh):
            found.append(Chapter(at_ms=at_ms, zh=zh, en=en))
    return tuple(found)


def _phase_at(timeline: Timeline, at_ms: int) -> Phase:
    return next((phase for from_ms, phase in reversed(timeline.phases) if from_ms <= at_ms), Phase.OPENING)


def _pause(stretch: Stretch) -> tuple[str, str]:
    if stretch.pause is not None:
        return words.PAUSES[stretch.pause]
    return state_label(stretch.state), stretch.state.value.replace("_", " ").capitalize()
