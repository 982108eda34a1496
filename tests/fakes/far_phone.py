"""A phone whose crystal is not ours: it hums at given moments of its own clock, and sends nothing in between."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from media_server.ports import Kind, PublicationInfo, SenderReport, Source
from tests.fakes.made_peers import AUDIO, AUDIO_US
from yunting.bench.record_source import REPORT_EVERY_S, rtp_packet

_FRAME_TICKS = 960
_TICKS_A_US = 0.048


@dataclass(frozen=True)
class FarPhone:
    """`said` is (second at which it begins, frames of 20 ms), in order. The crystal is `ppm` faster than ours; the
    phone's clock is `ahead_s` from ours. The packets with the numbers `lost` do not arrive."""

    participant: str
    ssrc: int
    said: Sequence[tuple[float, Sequence[bytes]]]
    seconds: float
    ppm: float = 0.0
    ahead_s: float = 0.0
    lost: Collection[int] = ()
    publication: PublicationInfo = field(init=False)

    def __post_init__(self) -> None:
        publication = PublicationInfo(
            id=f"{self.participant}-audio",
            participant=self.participant,
            kind=Kind.AUDIO,
            source=Source.MICROPHONE,
            codec="opus",
        )
        object.__setattr__(self, "publication", publication)

    def events(self, begin_us: int) -> Iterator[tuple[int, bytes | SenderReport]]:
        """See `heard_court.Microphone`."""
        found: list[tuple[int, bytes | SenderReport]] = []
        fast = 1 + self.ppm * 1e-6
        every_us = round(REPORT_EVERY_S[Kind.AUDIO] * 1e6)
        for at_us in range(begin_us, begin_us + round(self.seconds * 1e6), every_us):
            ticks = round((at_us - begin_us) * fast * _TICKS_A_US)
            ntp_us = at_us + round(self.ahead_s * 1e6)
            ntp = (ntp_us // 1_000_000 << 32) + (ntp_us % 1_000_000 << 32) // 1_000_000
            found.append((at_us + 1, SenderReport(self.ssrc, ntp, ticks & 0xFFFFFFFF, at_us + 1)))
        sequence = 0
        for at_s, frames in self.said:
            first = round(at_s * fast * 1e6 / AUDIO_US)
            for number, frame in enumerate(frames, first):
                at_us = begin_us + round(number * AUDIO_US / fast)
                timestamp = number * _FRAME_TICKS & 0xFFFFFFFF
                packet = rtp_packet(AUDIO, sequence & 0xFFFF, timestamp, self.ssrc, frame, marker=number == first)
                # It is sent when it is whole.
                if sequence not in self.lost:
                    found.append((at_us + AUDIO_US, packet))
                sequence += 1
        return iter(sorted(found, key=lambda each: each[0]))
