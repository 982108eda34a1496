"""What listens inside the server gets one stream of a track, whatever layer or SSRC it comes from."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from media_server.incoming import STALL_US
from media_server.ports import Kind, PublicationInfo, SenderReport, Source
from media_server.publication import CLIMB_US
from tests.fakes.layered_camera import LayeredCamera

pytestmark = pytest.mark.unit

KEY = b"\x10" + b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 320, 180)
DELTA = b"\x10\x01" + b"\x00" * 10
NTP = 3_900_000_000 << 32
STEP_US = 40_000


@dataclass(slots=True, eq=False)
class Listener:
    """A subscriber that keeps what it is given."""

    started: list[int] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    reports: list[SenderReport] = field(default_factory=list)
    ended: int = 0

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        self.started.append(ssrc)

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        self.packets.append(rtp)

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        self.reports.append(report)

    def track_ended(self, publication_id: str) -> None:
        self.ended += 1

    @property
    def numbers(self) -> list[tuple[int, int]]:
        """Sequence number and SSRC of each packet."""
        return [struct.unpack_from("!xxH4xI", rtp) for rtp in self.packets]  # type: ignore[misc]

    @property
    def timestamps(self) -> list[int]:
        return [int.from_bytes(rtp[4:8], "big") for rtp in self.packets]


class Playing:
    """Encodings l (SSRC 1) and h (SSRC 2) whose timestamps are `base` apart from the clock."""

    def __init__(self) -> None:
        self.base = {1: 1000, 2: 500_000}
        info = PublicationInfo("p", "judge", Kind.VIDEO, Source.CAMERA, "vp8")
        self.camera = LayeredCamera(info, {"l": 1, "h": 2})
        self.track = self.camera.publication
        self.now_us = 10_000_000
        self.sequences = {1: 100, 2: 60_000}

    def send(self, ssrc: int, *, key: bool = False) -> None:
        self.sequences[ssrc] += 1
        stamp = self.base[ssrc] + self.now_us * 9 // 100 & 0xFFFFFFFF
        header = struct.pack("!BBHII", 0x80, 0x80 | 102, self.sequences[ssrc] & 0xFFFF, stamp, ssrc)
        self.camera.take(self.now_us, header + (KEY if key else DELTA))

    def play(self, duration_us: int, *ssrcs: int) -> None:
        for _ in range(duration_us // STEP_US):
            self.now_us += STEP_US
            for ssrc in ssrcs:
                self.send(ssrc)
            self.track.tick(self.now_us)

    def report(self, ssrc: int) -> None:
        stamp = self.base[ssrc] + self.now_us * 9 // 100 & 0xFFFFFFFF
        ntp = NTP + (self.now_us << 32) // 1_000_000
        self.camera.take(self.now_us, SenderReport(ssrc, ntp, stamp, self.now_us))


@pytest.fixture
def playing() -> Playing:
    made = Playing()
    for ssrc in (1, 2):
        made.send(ssrc, key=True)
    return made


def test_a_change_of_layer_happens_at_a_keyframe_and_reports_move_with_it(playing: Playing) -> None:
    listener = Listener()
    playing.report(1)
    playing.report(2)
    playing.track.start([listener])
    assert listener.started == [1]
    playing.play(CLIMB_US + 200_000, 1, 2)
    assert playing.track.layer is playing.track.layer_of("h")
    # Until its keyframe comes, the one before goes on.
    assert [ssrc for _, ssrc in listener.numbers] == [1] * len(listener.packets)
    waiting = playing.track.layer_of("h")
    assert waiting is not None
    assert waiting.keyframes.wanted
    before = len(listener.packets)
    playing.now_us += STEP_US
    playing.send(2, key=True)
    playing.play(400_000, 1, 2)
    assert len(listener.packets) == before + 1 + 10
    assert listener.packets[before].endswith(KEY)
    numbers = [number for number, _ in listener.numbers]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {ssrc for _, ssrc in listener.numbers} == {1}
    steps = [b - a for a, b in pairwise(listener.timestamps)]
    assert set(steps) == {STEP_US * 9 // 100}
    listener.reports.clear()
    playing.report(1)
    playing.report(2)
    # One stream has one line of reports: that of the layer it is taken from, on its own clock.
    assert [(told.ssrc, told.rtp) for told in listener.reports] == [(1, 1000 + playing.now_us * 9 // 100)]


def test_who_comes_later_is_told_the_same_stream(playing: Playing) -> None:
    first, late = Listener(), Listener()
    playing.report(1)
    playing.report(2)
    playing.track.start([first])
    playing.play(CLIMB_US + 200_000, 1, 2)
    playing.send(2, key=True)
    playing.track.attach(late)
    playing.track.attach(late)
    playing.play(400_000, 2)
    assert late.started == [1]
    assert late.packets == first.packets[-len(late.packets) :]
    assert [told.ssrc for told in late.reports] == [1]
    playing.track.detach(first)
    playing.track.detach(late)
    playing.track.detach(late)
    assert (first.ended, late.ended) == (1, 1)
    assert not any(playing.camera.plane.taps.values())


def test_a_layer_that_stops_is_left_within_a_second_for_the_other(playing: Playing) -> None:
    listener = Listener()
    playing.track.start([listener])
    playing.play(CLIMB_US + 200_000, 1, 2)
    playing.send(2, key=True)
    playing.play(400_000, 1, 2)
    playing.play(STALL_US + 2 * STEP_US, 1)
    assert playing.track.layer is playing.track.layer_of("l")
    before = len(listener.packets)
    playing.send(1, key=True)
    playing.play(200_000, 1)
    assert len(listener.packets) == before + 1 + 5
    numbers = [number for number, _ in listener.numbers]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_keyframe_tells_the_size_and_so_roughly_that_of_the_other() -> None:
    playing = Playing()
    low, high = playing.track.layers
    playing.send(1)
    assert (low.size, high.size) == (None, None)
    playing.send(1, key=True)
    assert (low.size, low.measured) == ((320, 180), True)
    assert (high.size, high.measured) == ((640, 360), False)
    # Who knows its size is listened to no longer.
    assert playing.camera.plane.taps[1] == []


def test_another_ssrc_of_the_same_encoding_goes_on_in_the_same_stream(playing: Playing) -> None:
    listener = Listener()
    playing.track.start([listener])
    playing.play(400_000, 1)
    playing.track.bind(3, "l")
    assert 1 not in {layer.ssrc for layer in playing.track.layers}
    playing.base[3], playing.sequences[3] = 77_777, 9_000
    before = len(listener.packets)
    playing.play(200_000, 3)
    assert len(listener.packets) == before
    playing.send(3, key=True)
    playing.play(200_000, 3)
    numbers = [number for number, _ in listener.numbers]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) == before + 1 + 5
    assert playing.camera.plane.streams == {1: "vp8", 2: "vp8", 3: "vp8"}
    playing.track.end()
    assert listener.ended == 1
    assert not any(playing.camera.plane.taps.values())
