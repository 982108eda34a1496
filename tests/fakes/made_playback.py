"""What a viewer of `made_peers.py` could have shown and played, in media time: a busy test does not look like a bad
network. A picture counts when it is whole and so is every one since its keyframe; repeats count, however late."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from tests.fakes.srtp_client import Rtp

_FREEZE_TICKS = (40 + 150) * 90
"""Chromium counts a picture that stands 150 ms longer than usual (totalFreezesDuration, webrtc-stats)."""


@dataclass(frozen=True, slots=True)
class _Piece:
    timestamp: int
    first: bool
    last: bool
    keyframe: bool


@dataclass
class Playback:
    """Marks are numbers of packets: `audio_mark` and `video_mark` now, to ask about what came since then."""

    _audio: list[int] = field(default_factory=list)
    _pieces: dict[int, _Piece] = field(default_factory=dict)
    _newest: int = 0

    def audio(self, packet: Rtp) -> None:
        """A packet of sound."""
        self._audio.append(_near(packet.sequence, self._audio[-1] if self._audio else packet.sequence))

    def video(self, sequence: int, payload: bytes, packet: Rtp) -> None:
        """A packet of the made VP8 stream, or its repeat: `sequence` and `payload` are the original's."""
        number = _near(sequence, self._newest or sequence)
        self._newest = max(self._newest, number)
        self._pieces[number] = _Piece(packet.timestamp, payload[0] == 0x10, packet.marker, payload[1] == 0)

    @property
    def audio_mark(self) -> int:
        """See the class."""
        return max(self._audio)

    @property
    def video_mark(self) -> int:
        """See the class."""
        return self._newest

    def audio_lost(self, since: int) -> tuple[int, int]:
        """Packets of sound that never came since the mark: in all, and the most in a row."""
        came = sorted({number for number in self._audio if number >= since})
        gaps = [later - earlier - 1 for earlier, later in pairwise(came)]
        return sum(gaps), max(gaps, default=0)

    def frozen_s(self, since: int) -> float:
        """How long pictures stood too long since the mark, in all."""
        gaps = ((later - earlier) & 0xFFFFFFFF for earlier, later in pairwise(self._shown(since)))
        return sum(gap for gap in gaps if gap > _FREEZE_TICKS) / 90_000

    def _shown(self, since: int) -> list[int]:
        """RTP timestamps of the pictures that could be decoded."""
        shown: list[int] = []
        whole, decodes, before = False, False, 0
        for number in sorted(self._pieces):
            piece = self._pieces[number]
            follows = number == before + 1
            before = number
            decodes = (decodes and follows) or (piece.keyframe and piece.first)
            whole = piece.first or (whole and follows)
            if decodes and whole and piece.last and number >= since:
                shown.append(piece.timestamp)
        return shown


def _near(sequence: int, reference: int) -> int:
    """The extended number of a 16-bit sequence number, the nearest to `reference`."""
    return reference + ((sequence - reference + 0x8000) & 0xFFFF) - 0x8000
