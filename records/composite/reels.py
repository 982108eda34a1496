"""The pictures of everybody in a window, by person: whoever came back after a drop has several files, the newest
picture of any is shown. Kept from window to window, so that a file is decoded once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av

from records.composite.window import STALE_MS, Window
from records.media.pictures import Pictures


@dataclass(frozen=True, slots=True)
class Shown:
    """A person's newest picture, its session ms, and whether any file of theirs has pictures at all."""

    frame: av.VideoFrame | None
    shown_ms: int | None
    has_video: bool


@dataclass(slots=True)
class Reels:
    """Decoders of the files in `recordings`. `load` a window, then `advance` persons through it."""

    recordings: Path
    _running: dict[str, Pictures] = field(default_factory=dict)
    _waiting: list[tuple[int, str, str]] = field(default_factory=list)
    """(from ms, participant, file) of those that are still to be opened, the next last."""
    _people: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """(to ms, file) of those that are open."""
    _ends: dict[str, int] = field(default_factory=dict)
    _window: Window | None = None

    def load(self, window: Window) -> None:
        """The window that follows, or any other: what can be used of the last one is."""
        self._window = window
        self._people = {}
        tracks = window.timeline.tracks
        files = {track.file for track in tracks}
        for file in [file for file in self._running if file not in files]:
            self._running.pop(file).close()
        order = sorted(enumerate(tracks), key=lambda item: (-item[1].span.from_ms, -item[0]))
        self._waiting = [(track.span.from_ms, track.participant, track.file) for _, track in order]
        self._ends = {track.file: track.span.to_ms for track in tracks}
        self._open(window.span.from_ms)

    def advance(self, participant: str, session_ms: int) -> Shown:
        """The person's picture at this moment; moments may not go back within a window."""
        self._open(session_ms)
        newest: Pictures | None = None
        has_video = False
        for to_ms, file in self._people.get(participant, ()):
            if to_ms + STALE_MS < session_ms:
                continue
            pictures = self._running[file]
            pictures.advance(session_ms)
            has_video = has_video or pictures.has_video
            if pictures.shown_ms is not None and (newest is None or pictures.shown_ms >= (newest.shown_ms or 0)):
                newest = pictures
        if newest is None:
            return Shown(None, None, has_video)
        return Shown(newest.frame, newest.shown_ms, has_video)

    def errors(self) -> dict[str, int]:
        """Packets that could not be decoded, by file, since `load` or before."""
        return {file: pictures.errors for file, pictures in self._running.items() if pictures.errors}

    def close(self) -> None:
        """Close every file. Idempotent."""
        for pictures in self._running.values():
            pictures.close()
        self._running.clear()

    def _open(self, session_ms: int) -> None:
        while self._waiting and self._waiting[-1][0] <= session_ms:
            _, participant, file = self._waiting.pop()
            assert self._window is not None
            ranges = self._window.held[file]
            running = self._running.get(file)
            if running is not None and running.continues(ranges, self._window.span.from_ms):
                running.extend(ranges)
            else:
                if running is not None:
                    running.close()
                self._running[file] = Pictures(self.recordings / file, ranges, self._window.span.from_ms)
            self._people.setdefault(participant, []).append((self._ends[file], file))
