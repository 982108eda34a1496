"""One log entry told to everybody: each page gets the event it may see, encoded once per kind of viewer."""

from __future__ import annotations

import msgspec

from hearing.events import Entry
from hearing.state import Hearing
from signaling.protocol import Update
from signaling.view import Audience, audience, hearing_view, may_see

_encoder = msgspec.json.Encoder()


class EncodedUpdate:
    """An entry with the hearing after it, as frames for any viewer."""

    __slots__ = ("_frames", "entry", "hearing")

    def __init__(self, entry: Entry, hearing: Hearing) -> None:
        self.entry = entry
        self.hearing = hearing
        self._frames: dict[tuple[bool, bool], bytes] = {}

    def frame(self, participant: str) -> bytes:
        """The frame for this participant; somebody who is not in the hearing sees what an outsider sees."""
        person = self.hearing.people.get(participant)
        who = audience_of(self.hearing, participant)
        visible = person is not None and may_see(who, person, self.entry.event)
        key = (visible, who is Audience.OUTSIDE)
        if key not in self._frames:
            self._frames[key] = _encoder.encode(
                Update(
                    seq=self.entry.seq,
                    at_ms=self.entry.at_ms,
                    utc_ms=self.entry.utc_ms,
                    actor=self.entry.actor,
                    event=self.entry.event if visible else None,
                    hearing=hearing_view(self.hearing, outside=who is Audience.OUTSIDE),
                )
            )
        return self._frames[key]


def audience_of(hearing: Hearing, participant: str) -> Audience:
    """How much this participant may see; a stranger sees what an outsider sees."""
    person = hearing.people.get(participant)
    return audience(hearing, person) if person is not None else Audience.OUTSIDE
