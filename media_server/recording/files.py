"""Which streams share a track file, what it is called, and what the recorder knows of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from hearing.events import GapRecorded
from media_server.payloads import Frame
from media_server.ports import Source
from media_server.recording.matroska import StreamSpec
from media_server.recording.stream import Stream
from media_server.recording.writer import Open

Lane = tuple[str, str]
"""Participant and what belongs together: camera with microphone, screen with its sound, the room camera."""

_LANES = {
    Source.MICROPHONE: "person",
    Source.CAMERA: "person",
    Source.SCREEN: "screen",
    Source.SCREEN_AUDIO: "screen",
    Source.ROOM: "room",
}


def lane_of(stream: Stream) -> Lane:
    """The lane whose streams go into one file when they begin together."""
    return stream.publication.participant, _LANES[stream.publication.source]


class Names:
    """Gives tracks their names: seat_participant_n, n from 1 without repeats. `taken` are stems that exist."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = set(taken)

    def next(self, seat: str, participant: str) -> str:
        """A new stem, safe as a file name whatever the ids hold."""
        stem = "_".join(re.sub(r"[^A-Za-z0-9-]", "-", part)[:64] for part in (seat, participant))
        number = 1
        while f"{stem}_{number}" in self._taken:
            number += 1
        name = f"{stem}_{number}"
        self._taken.add(name)
        return name


@dataclass(slots=True)
class TrackFile:
    """A file that is or was being written. `members` in the order of its streams."""

    number: int
    track: str
    lane: Lane
    members: list[Stream]
    sizes: list[tuple[int, int]]
    """Width and height per member; (0, 0) for sound."""
    codecs: tuple[str, ...]
    sources: tuple[str, ...]
    participant: str
    seat: str
    from_ms: int
    sealed_us: int
    """When the newest range was ordered."""
    sealed_until_us: int
    """When the newest range was reported; until then, when the file began."""
    last_ms: int = 0
    opening: Open | None = None
    """The order to begin it, given with its first frames; None from then on."""
    before: list[float | None] = field(default_factory=list)
    """`last_ms` of each member before this file: where the gap starts if it never comes to be."""
    opened: bool = False
    """Whether the writer has made it."""
    held: list[GapRecorded] = field(default_factory=list)
    """Gaps before its first frames, to be told when it has been opened."""
    reason: str = ""
    """Why it was closed; empty while it is open."""

    @property
    def name(self) -> str:
        """File name inside the recording folder."""
        return f"{self.track}.mkv"


def spec_of(stream: Stream, frame: Frame | None) -> StreamSpec:
    """How to begin a file with this stream; `frame` is its first one (video: a keyframe)."""
    if frame is None:
        return StreamSpec(stream.publication.codec, b"", 0, 0)
    return StreamSpec(stream.publication.codec, frame.data, frame.width or 0, frame.height or 0)


def size_of(frame: Frame | None) -> tuple[int, int]:
    """Picture size of a keyframe, (0, 0) for anything else."""
    return (frame.width or 0, frame.height or 0) if frame else (0, 0)
