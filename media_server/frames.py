"""From the packets of one camera track to frames that a decoder can take one after the other. Pure.

For those who look at pictures now (faces). The recorder has its own way (`recording/stream.py`): it waits longer and
names what is missing; here what is late or damaged is left out until the next keyframe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from media_server.payloads import Frame, depacketizer
from media_server.recording.reorder import Lost, Reorder, parse_rtp

HOLD_US = 200_000
"""A missing packet is waited for so long: one NACK and its answer."""


@dataclass(frozen=True, slots=True)
class Decodable:
    """A frame whose predecessors, back to a keyframe, were all given. `arrival_us` is that of its last packet."""

    frame: Frame
    arrival_us: int


class FrameAssembler:
    """`needs_keyframe` says that nothing comes until the publisher sends one. `codec` as in `PublicationInfo`."""

    def __init__(self, codec: str) -> None:
        self.needs_keyframe = True
        self._reorder = Reorder(HOLD_US)
        self._depacketizer = depacketizer(codec)
        self._unfinished: int | None = None

    def push(self, arrival_us: int, rtp: bytes) -> Iterator[Decodable]:
        """Take a packet; what is no RTP is ignored. The iterator must be run to its end."""
        packet = parse_rtp(rtp, arrival_us)
        if packet is None:
            return
        for items in (self._reorder.push(packet), self._reorder.release(arrival_us)):
            for item in items:
                if isinstance(item, Lost):
                    self.damaged()
                elif len(item.payload):
                    if self._unfinished not in (None, item.timestamp):
                        self.damaged()
                    frame = self._depacketizer.push(item.payload, item.marker, item.timestamp)
                    self._unfinished = None if item.marker else item.timestamp
                    if frame is None and item.marker:
                        self.damaged()
                    if frame is not None and (frame.keyframe or not self.needs_keyframe):
                        self.needs_keyframe = False
                        yield Decodable(frame, item.arrival_us)

    def damaged(self) -> None:
        """Something is missing: nothing is given until the next keyframe. Idempotent."""
        self._depacketizer.reset()
        self._unfinished = None
        self.needs_keyframe = True
