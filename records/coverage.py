"""Was everything recorded? Coverage of a session and the gaps that nobody listed (L23: each over 200 ms)."""

from __future__ import annotations

from dataclasses import dataclass

from records.timeline import RecordedTrack, Span, Timeline, join, subtract

SILENT_LIMIT_MS = 200
"""A hole of this length or less is jitter; anything longer must be listed."""


NOT_SENT = frozenset({"mute", "silence"})
"""Causes of gaps in which there was nothing to record."""


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A hole in the record that no event explains. `track` None: nothing at all was recorded."""

    track: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Coverage:
    """`due_ms` is 开庭..闭庭 minus lawful breaks; `recorded_ms` of it some track holds; ppm of the two."""

    due_ms: int
    recorded_ms: int
    lawful_break_ms: int
    unlisted: tuple[Unlisted, ...]

    @property
    def ppm(self) -> int:
        """Parts per million recorded; 1 000 000 is complete."""
        return 1_000_000 if self.due_ms == 0 else self.recorded_ms * 1_000_000 // self.due_ms


def measure(timeline: Timeline) -> Coverage:
    """Coverage by sealed ranges less listed gaps: what is not in a sealed range does not count as recorded."""
    due = timeline.due
    recorded = join([span for track in timeline.tracks for span in _recorded(track)], SILENT_LIMIT_MS)
    missing = [span for span in subtract(due, recorded) if span.length_ms > SILENT_LIMIT_MS]
    listed = [Span(i.from_ms, timeline.duration_ms if i.to_ms is None else i.to_ms) for i in timeline.incidents]
    listed += [gap.span for track in timeline.tracks for gap in track.gaps]
    unlisted = [Unlisted(None, span) for span in subtract(missing, listed) if span.length_ms > SILENT_LIMIT_MS]
    for track in timeline.tracks:
        unlisted += _unlisted(track, due, listed_incidents=listed[: len(timeline.incidents)])
    due_ms = sum(span.length_ms for span in due)
    return Coverage(
        due_ms=due_ms,
        recorded_ms=due_ms - sum(span.length_ms for span in missing),
        lawful_break_ms=sum(s.span.length_ms for s in timeline.breaks if s.pause is not None),
        unlisted=tuple(unlisted),
    )


def _sealed(track: RecordedTrack) -> list[Span]:
    return [Span(sealed.from_ms, sealed.to_ms) for sealed in track.ranges]


def _recorded(track: RecordedTrack) -> tuple[Span, ...]:
    """Sealed time in which something of this person is in the file: sound or picture, or silence by order."""
    by_kind: dict[str, list[Span]] = {}
    for gap in track.gaps:
        if gap.cause not in NOT_SENT:
            by_kind.setdefault(gap.kind, []).append(gap.span)
    rest = join(_sealed(track))
    if not by_kind or len(by_kind) < len(track.codecs):
        return rest
    present = [span for holes in by_kind.values() for span in subtract(rest, holes)]
    return join(present)


def _unlisted(track: RecordedTrack, due: tuple[Span, ...], listed_incidents: list[Span]) -> list[Unlisted]:
    """Holes inside one track's own span."""
    expected = [Span(max(track.span.from_ms, d.from_ms), min(track.span.to_ms, d.to_ms)) for d in due]
    holes = subtract([span for span in expected if span.length_ms > 0], join(_sealed(track), SILENT_LIMIT_MS))
    unexplained = subtract(holes, [gap.span for gap in track.gaps] + listed_incidents)
    return [Unlisted(track.track, span) for span in unexplained if span.length_ms > SILENT_LIMIT_MS]
