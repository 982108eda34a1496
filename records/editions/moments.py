"""When things happened inside a withheld span: an edition does not tell. Pure.

Who came, and whose camera and microphone went on or off, stays in the log, because what follows the span rests on it;
it is told as of the span's beginning, and the track as if it began or ended at the span's edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from hearing import events as ev
from hearing.events import AnyEvent, Entry, Head
from records.editions.withheld import Withheld
from records.timeline import Span

_MOVED = (ev.ParticipantAdded, ev.TrackOpened, ev.TrackClosed)


def owners_of(entries: Sequence[Entry]) -> dict[str, str]:
    """Whose each track is, by its id."""
    return {e.event.track: e.event.participant for e in entries if isinstance(e.event, ev.TrackOpened)}


def tells_of_silence(event: ev.GapRecorded, away: Withheld, owners: Mapping[str, str]) -> bool:
    """Whether the gap tells anything of what is withheld of this person."""
    return away.covers(owners.get(event.track), event.from_ms, event.to_ms)


class Moments:
    """Times of entries as an edition tells them, one entry after the other in the log's order."""

    def __init__(self, away: Withheld, owners: Mapping[str, str]) -> None:
        self._away = away
        self._owners = owners
        self._last_ms = 0

    def at_ms(self, entry: Entry) -> int:
        """When an entry that stays is said to have happened; never before the one before it."""
        moved = isinstance(entry.event, _MOVED)
        span = _within(self._away.spans, entry.at_ms) if moved else None
        self._last_ms = max(self._last_ms, entry.at_ms if span is None else span.from_ms)
        return self._last_ms if span is not None else entry.at_ms

    def of_track(self, event: AnyEvent) -> AnyEvent:
        """A track that opens or closes where nobody may look does it at the edge."""
        match event:
            case ev.TrackOpened():
                span = _within(self._away.of(event.participant), event.from_ms)
                return event if span is None else msgspec.structs.replace(event, from_ms=span.to_ms)
            case ev.TrackClosed():
                span = _within(self._away.of(self._owners.get(event.track)), event.to_ms)
                return event if span is None else msgspec.structs.replace(event, to_ms=span.from_ms)
            case _:
                return event

    def of_people(self, event: AnyEvent, at_ms: int) -> AnyEvent:
        """Without those who are not to be seen or heard at this moment."""
        match event:
            case ev.SpeakerChanged():
                kept = tuple(who for who in event.participants if not self._away.covers(who, at_ms, at_ms))
                return event if kept == event.participants else msgspec.structs.replace(event, participants=kept)
            case ev.LayoutChanged() if event.focus is not None and self._away.covers(event.focus, at_ms, at_ms):
                return msgspec.structs.replace(event, focus=None)
            case _:
                return event


def told_heads(heads: Sequence[Head], entries: Sequence[Entry], spans: Sequence[Span]) -> list[Head]:
    """Those that were not signed inside a withheld span: one each ten seconds would tell how many entries the log
    got there meanwhile, and so when somebody spoke. The last one stays."""
    kept = []
    for head in heads:
        entry = entries[head.seq - 1]
        signed_ms = entry.at_ms + max(0, head.utc_ms - entry.utc_ms)
        inside = _within(spans, signed_ms) or _within(spans, entry.at_ms)
        if inside is None or head is heads[-1]:
            kept.append(head)
    return kept


def _within(spans: Sequence[Span], at_ms: int) -> Span | None:
    return next((span for span in spans if span.from_ms <= at_ms < span.to_ms), None)
