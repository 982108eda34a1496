"""What the composite shows when: who is in the picture, in which layout, with whom in focus.

The layout follows the speaker with hysteresis. It is decided afterwards, so that nobody is put into focus for a
cough: only a turn of at least TURN_MS counts, and after SILENCE_MS without speech the bench has the focus again.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hearing.events import FloorGranted, LayoutChanged, PresenceChanged, SpeakerChanged
from hearing.roles import Role, is_bench
from records.composite.layout import Person
from records.timeline import OnShow, Span, Timeline, presence_is_gone

T = TypeVar("T")

TURN_MS = 1_000
HOLD_MS = 2_000
SILENCE_MS = 30_000

_LEFT = {Role.PLAINTIFF, Role.APPLICANT, Role.ADMINISTRATOR, Role.PROSECUTOR}
_RIGHT = {Role.DEFENDANT, Role.RESPONDENT, Role.DEBTOR}
_ORDER = list(Role)


@dataclass(frozen=True, slots=True)
class Scene:
    """Nothing about the arrangement changes during `span`. `speakers` get a frame, `focus` the large place beside the
    `exhibit`, if one is shown."""

    span: Span
    mode: str
    people: tuple[Person, ...]
    focus: str | None
    speakers: tuple[str, ...]
    exhibit: OnShow | None = None


def side_of(seat: str, role: Role) -> str:
    """On which side of the courtroom a person sits; an agent sits with the party named in the seat's name."""
    if is_bench(role) or role is Role.CLERK:
        return "bench"
    if role in _LEFT or seat.startswith(("plaintiff", "applicant")):
        return "left"
    if role in _RIGHT or seat.startswith(("defendant", "respondent")):
        return "right"
    return "other"


def plan(timeline: Timeline) -> tuple[Scene, ...]:
    """Scenes that tile 0..duration_ms; breaks are scenes too (the renderer puts its card over them)."""
    end_ms = timeline.duration_ms
    turns = turns_of(timeline)
    visits = _visits(timeline)
    layouts = [(c.at_ms, c.event) for c in timeline.changes if isinstance(c.event, LayoutChanged)]
    loud = [(c.at_ms, c.event.participants) for c in timeline.changes if isinstance(c.event, SpeakerChanged)]
    cuts = {0, end_ms}
    cuts |= {edge for spans in visits.values() for span in spans for edge in (span.from_ms, span.to_ms)}
    cuts |= {at_ms for at_ms, _ in turns} | {at_ms for at_ms, _ in layouts} | {at_ms for at_ms, _ in loud}
    cuts |= {edge for each in timeline.exhibitions for edge in (each.span.from_ms, each.span.to_ms)}
    edges = sorted(cut for cut in cuts if 0 <= cut <= end_ms)
    scenes: list[Scene] = []
    for from_ms, to_ms in itertools.pairwise(edges):
        layout = _latest(layouts, from_ms)
        here = [name for name, spans in visits.items() if any(s.from_ms <= from_ms < s.to_ms for s in spans)]
        focus = layout.focus if layout and layout.focus else _latest(turns, from_ms)
        scene = Scene(
            span=Span(from_ms, to_ms),
            mode=layout.layout if layout else "auto",
            people=_people(timeline, here),
            focus=focus if focus in here else None,
            speakers=tuple(name for name in _latest(loud, from_ms) or () if name in here),
            exhibit=next((e.exhibit for e in timeline.exhibitions if e.span.from_ms <= from_ms < e.span.to_ms), None),
        )
        if scenes and scenes[-1] == replace(scene, span=scenes[-1].span):
            scenes[-1] = replace(scene, span=Span(scenes[-1].span.from_ms, to_ms))
        else:
            scenes.append(scene)
    return tuple(scenes)


def turns_of(timeline: Timeline) -> list[tuple[int, str | None]]:
    """Who has the focus from when on; None is the bench. A granted floor counts as a turn at once."""
    heard: list[tuple[int, str | None, bool]] = []
    for change in timeline.changes:
        match change.event:
            case SpeakerChanged(participants=names):
                heard.append((change.at_ms, names[0] if names else None, False))
            case FloorGranted(participant=name):
                heard.append((change.at_ms, name, True))
            case _:
                pass
    turns: list[tuple[int, str | None]] = []
    for index, (at_ms, name, ordered) in enumerate(heard):
        until_ms = heard[index + 1][0] if index + 1 < len(heard) else timeline.duration_ms
        if name is None and not ordered:
            if until_ms - at_ms >= SILENCE_MS:
                turns.append((at_ms + SILENCE_MS, None))
            continue
        if not ordered and until_ms - at_ms < TURN_MS:
            continue
        start_ms = at_ms
        if turns and not ordered and start_ms < turns[-1][0] + HOLD_MS:
            start_ms = turns[-1][0] + HOLD_MS
            if start_ms >= until_ms:
                continue
        if not turns or turns[-1][1] != name:
            turns.append((start_ms, name))
    return turns


def _latest(items: Sequence[tuple[int, T]], at_ms: int) -> T | None:
    place = bisect.bisect_right(items, at_ms, key=lambda item: item[0])
    return items[place - 1][1] if place else None


def _visits(timeline: Timeline) -> dict[str, tuple[Span, ...]]:
    """When each person has a place in the picture: from the first track until they leave, drops included."""
    visits: dict[str, list[Span]] = {}
    leaves: dict[str, list[int]] = {}
    for change in timeline.changes:
        if isinstance(change.event, PresenceChanged) and presence_is_gone(change.event.after):
            leaves.setdefault(change.event.participant, []).append(change.at_ms)
    for track in sorted(timeline.tracks, key=lambda t: t.span.from_ms):
        later = [at_ms for at_ms in leaves.get(track.participant, ()) if at_ms >= track.span.from_ms]
        end_ms = max(min(later, default=timeline.duration_ms), min(track.span.to_ms, timeline.duration_ms))
        visits.setdefault(track.participant, []).append(Span(track.span.from_ms, end_ms))
    return {name: tuple(spans) for name, spans in visits.items()}


def _people(timeline: Timeline, names: Sequence[str]) -> tuple[Person, ...]:
    """The bench first, then the parties in the order of procedure."""
    seats = [(timeline.seats[name], name) for name in names if name in timeline.seats]
    seats.sort(key=lambda item: (_ORDER.index(item[0].role), item[0].seat))
    known = [Person(name, side_of(seat.seat, seat.role)) for seat, name in seats]
    return tuple(known + [Person(name) for name in sorted(names) if name not in timeline.seats])
