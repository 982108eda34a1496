"""After a crash: compare the recording folder with the ranges in the log, and say what is there and what is not.

Nothing is changed or removed. Bytes after the last sealed range are kept: they are hashed now, and an incident
in the log says that they were sealed only after the restart. Blocks: run it before the event loop or in a thread.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av

from hearing.events import Event, GapRecorded, RangeSealed, RecordingIncident, TrackClosed, TrackOpened
from records.vault.unlocked import for_av, open_recorded, recorded_bytes

SUFFIX = ".mkv"
CRASH = "crash"
"""Reason of a track's end that was noted after a restart."""
_BLOCK_BYTES = 1 << 20


class Condition(enum.StrEnum):
    """What became of a track file."""

    COMPLETE = "complete"
    """Closed in order, every range verified."""
    CUT = "cut"
    """The process died while it was written: the sealed ranges verify, the rest is what reached the disk."""
    DAMAGED = "damaged"
    """A sealed range does not verify."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """A file that no event names: begun in the moment of the crash."""


@dataclass(frozen=True, slots=True)
class RecoveredTrack:
    """One track file as found. Bytes sealed_bytes..total_bytes are the unsealed tail, `tail_sha512` its hash."""

    track: str
    file: str
    condition: Condition
    kinds: tuple[str, ...]
    sealed_bytes: int
    total_bytes: int
    sealed_to_ms: int
    plays_to_ms: int
    """Time of the last frame that can be read, the tail included."""
    tail_sha512: str | None
    detail: str
    noted: bool = False
    """The log says already, after an earlier restart, what became of it."""


@dataclass(slots=True)
class _Told:
    file: str
    kinds: tuple[str, ...] = ()
    ranges: list[RangeSealed] = field(default_factory=list)
    from_ms: int = 0
    closed: bool = False
    noted: bool = False


def track_names(folder: Path) -> frozenset[str]:
    """Tracks that have a file in the folder: `taken` of the next recorder."""
    return frozenset(path.stem for path in folder.glob(f"*{SUFFIX}")) if folder.is_dir() else frozenset()


def inspect(folder: Path, events: Iterable[Event]) -> tuple[RecoveredTrack, ...]:
    """Verify every track that the log names and every file in the folder, in order of name. Idempotent."""
    told: dict[str, _Told] = {}
    for event in events:
        if isinstance(event, TrackOpened):
            kinds = tuple("audio" if codec == "opus" else "video" for codec in event.codecs)
            told[event.track] = _Told(event.file, kinds, from_ms=event.from_ms)
        elif isinstance(event, RangeSealed):
            told.setdefault(event.track, _Told(event.file)).ranges.append(event)
        elif isinstance(event, TrackClosed):
            track = told.setdefault(event.track, _Told(event.file))
            track.closed = True
            track.noted = track.noted or event.reason == CRASH
    for name in track_names(folder):
        told.setdefault(name, _Told(f"{name}{SUFFIX}"))
    return tuple(_inspect_track(folder, track, told[track]) for track in sorted(told))


def crash_events(tracks: Sequence[RecoveredTrack], now_ms: int) -> tuple[Event, ...]:
    """What belongs into the log after a restart at session time `now_ms`: ranges sealed late, gaps, one incident.

    Empty when every track had been closed in order, or its loss was noted before: a file that is missing or damaged
    stays so at every restart and every export."""
    events: list[Event] = []
    unclosed = [track for track in tracks if track.condition is not Condition.COMPLETE and not track.noted]
    for track in unclosed:
        if track.tail_sha512 is not None and track.condition is not Condition.DAMAGED:
            events.append(
                RangeSealed(
                    track=track.track,
                    file=track.file,
                    first_byte=track.sealed_bytes,
                    end_byte=track.total_bytes,
                    sha512=track.tail_sha512,
                    from_ms=track.sealed_to_ms,
                    to_ms=track.plays_to_ms,
                )
            )
        events += [
            GapRecorded(
                track=track.track,
                kind=kind,
                from_ms=track.plays_to_ms,
                to_ms=max(now_ms, track.plays_to_ms),
                cause="crash",
            )
            for kind in track.kinds
        ]
        events.append(
            TrackClosed(
                track=track.track,
                file=track.file,
                to_ms=track.plays_to_ms,
                bytes_total=track.total_bytes,
                reason=CRASH,
            )
        )
    if unclosed:
        from_ms = min(track.sealed_to_ms for track in unclosed)
        detail = "; ".join(f"{track.file}: {track.condition}, {track.detail}" for track in unclosed)
        events.append(RecordingIncident(cause="crash", from_ms=from_ms, to_ms=max(now_ms, from_ms), detail=detail))
    return tuple(events)


def _inspect_track(folder: Path, track: str, told: _Told) -> RecoveredTrack:
    path = folder / told.file
    sealed_bytes = sealed_to_ms = 0
    if not path.is_file():
        return RecoveredTrack(
            track,
            told.file,
            Condition.MISSING,
            told.kinds,
            0,
            0,
            told.from_ms,
            told.from_ms,
            None,
            "no such file",
            told.noted,
        )
    total_bytes = recorded_bytes(path)
    sealed_to_ms = told.from_ms
    wrong = ""
    for sealed in told.ranges:
        if sealed.first_byte != sealed_bytes or sealed.end_byte > total_bytes:
            wrong = f"range {sealed.first_byte}..{sealed.end_byte} does not follow byte {sealed_bytes}"
        elif _sha512(path, sealed.first_byte, sealed.end_byte) != sealed.sha512:
            wrong = f"range {sealed.first_byte}..{sealed.end_byte} was changed"
        if wrong:
            break
        sealed_bytes, sealed_to_ms = sealed.end_byte, sealed.to_ms
    tail = _sha512(path, sealed_bytes, total_bytes) if sealed_bytes < total_bytes else None
    if wrong:
        condition, detail = Condition.DAMAGED, wrong
    elif not told.kinds and not told.ranges:
        condition, detail = Condition.UNKNOWN, f"{total_bytes} bytes that the log does not know"
    elif told.closed and tail is None:
        condition, detail = Condition.COMPLETE, ""
    else:
        condition, detail = Condition.CUT, f"bytes {sealed_bytes}..{total_bytes} sealed after the restart"
    plays_to_ms = max(sealed_to_ms, _last_frame_ms(path)) if condition is Condition.CUT else sealed_to_ms
    return RecoveredTrack(
        track,
        told.file,
        condition,
        told.kinds,
        sealed_bytes,
        total_bytes,
        sealed_to_ms,
        plays_to_ms,
        tail,
        detail,
        told.noted,
    )


def _sha512(path: Path, first_byte: int, end_byte: int) -> str:
    digest = hashlib.sha512()
    with open_recorded(path) as file:
        file.seek(first_byte)
        left = end_byte - first_byte
        while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _last_frame_ms(path: Path) -> int:
    """Time of the last whole frame; 0 when the file has no readable head."""
    last_ms = 0
    try:
        with av.open(for_av(path), "r") as container:
            for packet in container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    last_ms = max(last_ms, round(float(packet.pts * packet.time_base) * 1000))
    except av.FFmpegError:
        # The cut end of a file: what was read before it counts.
        return last_ms
    return last_ms
