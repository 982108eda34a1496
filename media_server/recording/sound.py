"""Tells a listener every frame of sound that is given to a track file, with the time it has there."""

from __future__ import annotations

from collections.abc import Sequence

from media_server.ports import Kind, SoundListener
from media_server.recording.files import TrackFile
from media_server.recording.matroska import MuxFrame


class Sound:
    """Of a file with several streams of sound the first is told: who reads the file finds it in the same place."""

    def __init__(self, listener: SoundListener | None) -> None:
        self._listener = listener
        self._last_ms: dict[int, int] = {}

    def given(self, file: TrackFile, frames: Sequence[MuxFrame]) -> None:
        """These frames were ordered to be written."""
        if self._listener is None:
            return
        stream = next((n for n, m in enumerate(file.members) if m.publication.kind is Kind.AUDIO), None)
        last_ms = self._last_ms.get(file.number, -1)
        for frame in frames:
            if frame.stream == stream:
                # As the muxer does it: times increase.
                last_ms = max(frame.pts_ms, last_ms + 1)
                self._listener.sound(file.track, file.participant, last_ms, frame.data)
                self._last_ms[file.number] = last_ms

    def ended(self, file: TrackFile) -> None:
        """The file takes no more frames. Idempotent."""
        last_ms = self._last_ms.pop(file.number, None)
        if self._listener is not None and last_ms is not None:
            self._listener.sound_ended(file.track, max(last_ms, file.last_ms) + 1)
