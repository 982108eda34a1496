"""How large the pictures of a stream are, from the first keyframe that comes whole. Pure.

Of a stream with spatial layers inside: the lowest with VP9 (the others may come later, without a keyframe), the
highest with AV1.
"""

from __future__ import annotations

from media_server.bitstreams import vp9_size
from media_server.packets import rtp_payload
from media_server.payloads import depacketizer, is_keyframe


class PictureSize:
    """Reads packets until one keyframe is complete; packets between keyframes cost one look each."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._frame = depacketizer(codec)
        self._next: int | None = None

    def push(self, rtp: bytes) -> tuple[int, int] | None:
        """Take a packet; width and height in pixels when a keyframe has told them. What does not fit is ignored."""
        payload = rtp_payload(rtp)
        if not payload:
            return None
        sequence = int.from_bytes(rtp[2:4], "big")
        if sequence != self._next:
            if not is_keyframe(self._codec, payload):
                return None
            self._frame.reset()
        self._next = sequence + 1 & 0xFFFF
        marker = bool(rtp[1] & 0x80)
        frame = self._frame.push(payload, marker, int.from_bytes(rtp[4:8], "big"))
        if marker:
            self._next = None
        if frame is None:
            return None
        if self._codec == "vp9":
            return vp9_size(frame.data)
        return (frame.width, frame.height) if frame.width and frame.height else None
