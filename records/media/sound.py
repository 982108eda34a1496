"""A few seconds of one recorded track, to hear what a line of the transcript says.

Only sealed bytes are read: they are on disk, hashed, and end between two clusters, so that a file that is still being
written gives its past like a finished one. The log says which bytes hold which time; no others are read.
"""

from __future__ import annotations

import bisect
import io
import wave
from pathlib import Path

import msgspec
import numpy as np

from hearing import events as ev
from hearing.events import Entry
from records.media.tracks import RATE_HZ, SAMPLES_PER_MS, AudioTrack
from records.vault.unlocked import open_recorded

MAX_CUT_MS = 120_000
LEAD_MS = 100
"""Decoded before the first wanted sample: Opus needs some packets to settle (RFC 7845 4.6 asks for 80 ms)."""
_CLUSTER = b"\x1f\x43\xb6\x75"
_MAX_HEADER_BYTES = 64 * 1024
_LISTEN_HZ = 16_000


class Piece(msgspec.Struct, frozen=True):
    """Bytes of a file that hold media of `from_ms` to `to_ms`."""

    from_ms: int
    to_ms: int
    first_byte: int
    end_byte: int


class SoundIndex:
    """Which bytes of which file hold the sound of which track. Fold the log's entries into it, in order."""

    def __init__(self) -> None:
        self.last_seq = 0
        self._files: dict[str, str] = {}
        self._pieces: dict[str, list[Piece]] = {}

    def apply(self, entry: Entry) -> None:
        """Idempotent by `seq`."""
        if entry.seq <= self.last_seq:
            return
        self.last_seq = entry.seq
        match entry.event:
            case ev.TrackOpened(track=track, file=file, codecs=codecs) if "opus" in codecs:
                self._files[track] = file
                self._pieces.setdefault(file, [])
            case ev.RangeSealed() as e if e.file in self._pieces:
                self._pieces[e.file].append(Piece(e.from_ms, e.to_ms, e.first_byte, e.end_byte))

    def find(self, track: str, from_ms: int, to_ms: int) -> tuple[str, list[Piece]] | None:
        """File and pieces that hold this span, the file's first (its header) always among them; None when nothing of
        it is recorded and sealed."""
        file = self._files.get(track)
        pieces = self._pieces.get(file or "", [])
        if file is None or not pieces or pieces[-1].to_ms <= from_ms or pieces[0].from_ms >= to_ms:
            return None
        start = max(0, bisect.bisect_right(pieces, from_ms - LEAD_MS, key=lambda piece: piece.from_ms) - 1)
        end = bisect.bisect_left(pieces, to_ms, key=lambda piece: piece.from_ms)
        return file, [*([] if start == 0 else pieces[:1]), *pieces[start:end]]


def cut_wav(path: Path, pieces: list[Piece], from_ms: int, to_ms: int) -> bytes:
    """The span as a WAV file, 16 kHz mono, silence where nothing was recorded. Blocks. Raises OSError, and ValueError
    for a span that is none or too long."""
    if not 0 <= from_ms < to_ms <= from_ms + MAX_CUT_MS:
        raise ValueError(f"{from_ms} to {to_ms} ms is no span of at most {MAX_CUT_MS} ms")
    track = AudioTrack(io.BytesIO(_bytes_of(path, pieces)))
    try:
        lead_ms = min(from_ms, LEAD_MS)
        track.read((from_ms - lead_ms) * SAMPLES_PER_MS, lead_ms * SAMPLES_PER_MS)
        samples = track.read(from_ms * SAMPLES_PER_MS, (to_ms - from_ms) * SAMPLES_PER_MS)
    finally:
        track.close()
    # Means of three: speech has nothing above 8 kHz that a listener needs, and the file is a third as large.
    quiet = samples[: len(samples) // 3 * 3].reshape(-1, RATE_HZ // _LISTEN_HZ).mean(axis=1)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_LISTEN_HZ)
        file.writeframes((np.clip(quiet, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def _bytes_of(path: Path, pieces: list[Piece]) -> bytes:
    parts: list[bytes] = []
    with open_recorded(path) as file:
        for number, piece in enumerate(pieces):
            file.seek(piece.first_byte)
            data = file.read(piece.end_byte - piece.first_byte)
            skips = number == 0 and len(pieces) > 1 and pieces[1].first_byte != piece.end_byte
            if skips:
                # Of the first piece only the header: its clusters are of another time.
                data = data[: max(0, data.find(_CLUSTER, 0, _MAX_HEADER_BYTES))]
            parts.append(data)
    return b"".join(parts)
