"""One log entry told to everybody: each page gets the event it may see, encoded once per kind of viewer."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from hearing import events as ev
from hearing.events import Entry
from hearing.exhibit_events import ExhibitEvent
from hearing.state import Hearing
from hearing.transcript_events import TranscriptEvent
from signaling.protocol import Update
from signaling.view import Audience, at_the_gate, audience, hearing_view, is_of_supervisor, may_see

RECENT_ENTRIES = 256
RECENT_BYTES = 4 * 1024 * 1024
_STRUCTS_BYTES = 1_500
"""An entry with its event, and what a hearing has of its own beside the table of its people (measured)."""

NO_PART_OF_HEARING = (TranscriptEvent, ev.TrackOpened, ev.RangeSealed, ev.GapRecorded, ev.TrackClosed)
"""Events that come many a second and leave the hearing as it is."""

_encoder = msgspec.json.Encoder()
_size_bytes = attrgetter("size_bytes")


class EncodedUpdate:
    """An entry with the hearing after it, as frames for any viewer."""

    __slots__ = ("_frames", "_hidden", "entry", "hearing", "size_bytes")

    def __init__(self, entry: Entry, hearing: Hearing) -> None:
        self.entry = entry
        self.hearing = hearing
        self._frames: dict[tuple[bool, Audience], bytes] = {}
        self._hidden = is_of_supervisor(hearing, entry)
        """Whoever is not of the court's own people is told that the log grew, and nothing else."""
        self.size_bytes = _STRUCTS_BYTES + sys.getsizeof(hearing.people)
        """What it takes of memory, about; grows with each kind of viewer that is told."""

    def frame(self, participant: str) -> bytes:
        """The frame for this participant; somebody who is not in the hearing sees what an outsider sees."""
        person = self.hearing.people.get(participant)
        who = audience_of(self.hearing, participant)
        visible = person is not None and may_see(who, person, self.entry.event)
        if self._hidden and who is not Audience.STAFF:
            visible = False
        if at_the_gate(self.hearing, participant):
            # Not kept: a frame of their own for everybody at the gate, small because it names few.
            return self._encoded(visible, Audience.OUTSIDE, only=participant)
        # Parties and public see the same view: what differs is which events they see.
        key = (visible, Audience.PARTY if who is Audience.PUBLIC else who)
        if key not in self._frames:
            frame = self._frames[key] = self._encoded(visible, key[1])
            self.size_bytes += len(frame)
        return self._frames[key]

    def _encoded(self, visible: bool, who: Audience, *, only: str | None = None) -> bytes:
        entry = self.entry
        court = who is Audience.STAFF and only is None
        hidden = self._hidden and not court
        # Who did something to an exhibit that this viewer may not know of.
        secret = not visible and isinstance(entry.event, ExhibitEvent)
        changed = not hidden and not isinstance(entry.event, NO_PART_OF_HEARING)
        if not (visible or changed or court):
            # Alike whatever it is: by its actor, or by the time that it shares with what brought it about, one could
            # tell a supervisor's coming and going from a sealed range.
            return _encoder.encode(Update(seq=entry.seq, at_ms=0, utc_ms=0, actor="server", event=None, hearing=None))
        return _encoder.encode(
            Update(
                seq=entry.seq,
                at_ms=entry.at_ms,
                utc_ms=entry.utc_ms,
                actor=entry.actor if only is None and not secret else "",
                event=entry.event if visible else None,
                hearing=hearing_view(
                    self.hearing,
                    outside=who is Audience.OUTSIDE,
                    only=only,
                    supervised=court,
                )
                if changed
                else None,
            )
        )


class Recent:
    """The newest updates of a session, for pages that come back after a short break. Bounded, however long the
    session and however many people: the oldest are dropped, and who needs those is given the log itself."""

    def __init__(self, max_entries: int = RECENT_ENTRIES, max_bytes: int = RECENT_BYTES) -> None:
        self._updates: deque[EncodedUpdate] = deque(maxlen=max_entries)
        self._max_bytes = max_bytes

    @property
    def size_bytes(self) -> int:
        """What all of them take, about."""
        return sum(map(_size_bytes, self._updates))

    def extend(self, updates: Sequence[EncodedUpdate]) -> None:
        """Keep these too, which follow the newest one without a gap. A kept one grows when viewers of another kind
        come back: it is counted anew here each time."""
        self._updates.extend(updates)
        size_bytes = self.size_bytes
        while size_bytes > self._max_bytes:
            size_bytes -= self._updates.popleft().size_bytes

    def after(self, seq: int) -> list[EncodedUpdate] | None:
        """All updates after the entry `seq`; None when the first of them is not kept."""
        if not self._updates or self._updates[0].entry.seq > seq + 1:
            return None
        return [update for update in self._updates if update.entry.seq > seq]


def audience_of(hearing: Hearing, participant: str) -> Audience:
    """How much this participant may see; a stranger sees what an outsider sees."""
    person = hearing.people.get(participant)
    return audience(hearing, person) if person is not None else Audience.OUTSIDE
