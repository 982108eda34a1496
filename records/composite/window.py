"""All that decides how a stretch of the composite looks, and nothing else: so that a stretch made while the session
ran is known to be, or not to be, what it would be now. Pure.

Cut out of the log as it was some seconds after the stretch, a window is the same as cut out of the whole log, unless
something was told late; then its digest is another, and that stretch alone is made again.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import av
import msgspec

from hearing.events import ClockAnchored, PhaseChanged
from records.composite.caption_strip import Placed
from records.composite.scenes import HOLD_MS, TURN_MS, Scene
from records.media.excerpt import Held, held_of
from records.media.pdf_pages import DRAWN_BY
from records.timeline import Change, Gap, RecordedTrack, Span, Stretch, Timeline

SETTLED_MS = max(HOLD_MS, TURN_MS)
"""So long after a moment the log has said who is in focus at it."""
MARGIN_MS = 1_000
"""So far beyond its end a stretch looks at the tracks: pictures and sound come in packets of their own lengths."""
STALE_MS = 2_000
"""Without a new frame for this long the tile says so instead of showing a frozen face."""
_AHEAD_MS = 100
"""Half a frame at the lowest rate: a frame shows what is nearest to it."""
FORMAT = 3
"""Raised when the same window would give another picture or sound."""


@dataclass(frozen=True, slots=True)
class Window:
    """`timeline` says what matters from `span.from_ms` to `span.to_ms` only. `held`: sealed bytes by file, from the
    file's beginning on."""

    span: Span
    timeline: Timeline
    scenes: tuple[Scene, ...]
    placed: tuple[Placed, ...]
    held: dict[str, tuple[Held, ...]]
    seals: tuple[tuple[str, int, str], ...]
    """File, last byte and hash of the last range of each: as ranges are only ever added, they stand for all."""


class Cutter:
    """Cuts windows out of one state of the log."""

    def __init__(
        self,
        timeline: Timeline,
        scenes: Sequence[Scene],
        placed: Sequence[Placed],
        held: Mapping[str, tuple[Held, ...]] | None = None,
    ) -> None:
        self._timeline = timeline
        self._scenes = scenes
        self._scene_ends = [scene.span.to_ms for scene in scenes]
        self._placed = placed
        # One that lasts long may have begun before many that are over.
        self._placed_from = [each.cue.from_ms for each in placed]
        self._longest_ms = max((each.cue.to_ms - each.cue.from_ms for each in placed), default=0)
        self._held = held or {track.file: held_of(track.ranges) for track in timeline.tracks}

    def cut(self, span: Span) -> Window:
        """See `Window`."""
        line = self._timeline
        first = bisect.bisect_right(self._scene_ends, span.from_ms)
        scenes: list[Scene] = []
        for scene in self._scenes[first:]:
            if scene.span.from_ms >= span.to_ms:
                break
            inside = Span(max(scene.span.from_ms, span.from_ms), min(scene.span.to_ms, span.to_ms))
            scenes.append(replace(scene, span=inside))
        tracks = [t for t in line.tracks if t.span.from_ms < span.to_ms and t.span.to_ms + STALE_MS >= span.from_ms]
        held = {track.file: _until(self._held[track.file], span.to_ms + MARGIN_MS) for track in tracks}
        shown = {person.participant for scene in scenes for person in scene.people}
        cut = Timeline(
            session=line.session,
            created=msgspec.structs.replace(line.created, seats=()),
            seats={name: seat for name, seat in line.seats.items() if name in shown},
            duration_ms=span.to_ms,
            finished=False,
            stretches=tuple(_stretches(line.stretches, span)),
            tracks=tuple(_track(track, span) for track in tracks),
            changes=_phases(line.changes, span),
            incidents=(),
            anchors=_anchors(line.anchors, span),
        )
        return Window(span, cut, tuple(scenes), tuple(self._cues(span)), held, _seals(held))

    def _cues(self, span: Span) -> Sequence[Placed]:
        first = bisect.bisect_left(self._placed_from, span.from_ms - self._longest_ms)
        last = bisect.bisect_left(self._placed_from, span.to_ms + _AHEAD_MS)
        return [each for each in self._placed[first:last] if each.cue.to_ms > span.from_ms]


def digest(window: Window, *more: object) -> str:
    """Whether what was made of a window, with `more` (how it was to look), is what would be made now."""
    decides = (
        *(FORMAT, av.__version__, DRAWN_BY, *more, window.span, window.timeline, window.scenes),
        *(window.placed, window.seals),
    )
    return hashlib.sha256(msgspec.json.encode(decides)).hexdigest()


def _until(ranges: Sequence[Held], to_ms: int) -> tuple[Held, ...]:
    return tuple(ranges[: bisect.bisect_left(ranges, to_ms, key=lambda held: held.from_ms)])


def _seals(held: Mapping[str, tuple[Held, ...]]) -> tuple[tuple[str, int, str], ...]:
    return tuple((file, ranges[-1].end_byte, ranges[-1].vouched) for file, ranges in held.items() if ranges)


def _stretches(stretches: Sequence[Stretch], span: Span) -> list[Stretch]:
    """Their beginnings stay, for frames are counted from there."""
    return [
        replace(each, span=Span(each.span.from_ms, min(each.span.to_ms, span.to_ms)))
        for each in stretches
        if each.span.from_ms < span.to_ms and each.span.to_ms > span.from_ms
    ]


def _track(track: RecordedTrack, span: Span) -> RecordedTrack:
    muted = (
        Gap(
            gap.track, gap.kind, Span(max(gap.span.from_ms, span.from_ms), min(gap.span.to_ms, span.to_ms)), "mute", 0
        )
        for gap in track.gaps
        if gap.cause == "mute" and gap.span.from_ms < span.to_ms and gap.span.to_ms > span.from_ms
    )
    until_ms = min(track.span.to_ms, span.to_ms)
    return replace(track, span=Span(track.span.from_ms, until_ms), ranges=(), gaps=tuple(muted), closed=False)


def _phases(changes: Sequence[Change], span: Span) -> tuple[Change, ...]:
    phases = [change for change in changes if isinstance(change.event, PhaseChanged) and change.at_ms < span.to_ms]
    before = [change for change in phases if change.at_ms <= span.from_ms]
    return tuple(before[-1:] + [change for change in phases if change.at_ms > span.from_ms])


def _anchors(anchors: Sequence[ClockAnchored], span: Span) -> tuple[ClockAnchored, ...]:
    """The one in force at the beginning, and those that come into force within."""
    before = [anchor for anchor in anchors if anchor.session_ms <= span.from_ms] or list(anchors[:1])
    inside = [anchor for anchor in anchors if span.from_ms < anchor.session_ms < span.to_ms and anchor not in before]
    return tuple(before[-1:] + inside)
