"""What the loudest rule does to the data plane."""

from __future__ import annotations

import pytest

from media_server.loudest import Loudest, LoudestSettings
from media_server.microphones import Microphones
from media_server.ports import Source
from media_server.publication import Publication
from tests.fakes.route_plane import RoutePlane, camera

pytestmark = pytest.mark.unit

PACKET_US = 20_000


class Hall:
    """Ten microphones of which two are let through."""

    def __init__(self) -> None:
        self.plane = RoutePlane()
        self.microphones = Microphones(self.plane, Loudest(LoudestSettings(most=2)))  # type: ignore[arg-type]
        self.tracks: list[Publication] = []
        for number in range(10):
            track = camera(self.plane, f"person {number}", (), Source.MICROPHONE).publication
            track.bind(100 + number)
            self.tracks.append(track)
        self.now_us = 0

    def speak(self, *numbers: int, packets: int = 1) -> None:
        for _ in range(packets):
            self.now_us += PACKET_US
            for number, track in enumerate(self.tracks):
                self.microphones.heard(track, 20 if number in numbers else 100, self.now_us)

    def open(self) -> set[int]:
        return {number for number in range(10) if 100 + number not in self.plane.hushed}


def test_only_the_loudest_are_open_and_a_speaker_is_within_one_packet() -> None:
    hall = Hall()
    hall.speak(packets=5)
    assert len(hall.open()) == 2
    hall.speak(7)
    assert 7 in hall.open()
    assert len(hall.open()) == 2


def test_the_floor_is_open_beside_them() -> None:
    hall = Hall()
    hall.speak(1, 2, packets=50)
    hall.microphones.follow(("person 8",), hall.tracks)
    assert hall.open() == {1, 2, 8}
    hall.microphones.follow((), hall.tracks)
    assert hall.open() == {1, 2}


def test_a_hushed_one_stays_so_on_another_ssrc_and_is_open_once_muted() -> None:
    hall = Hall()
    hall.speak(1, 2, packets=50)
    hall.tracks[5].bind(205)
    hall.microphones.bound(hall.tracks[5])
    assert 205 in hall.plane.hushed
    hall.microphones.forget(hall.tracks[5])
    assert 205 not in hall.plane.hushed
