"""Which of many open microphones are let through."""

from __future__ import annotations

import random

import pytest

from media_server.loudest import Loudest

pytestmark = pytest.mark.unit

PACKET_US = 20_000
SPEECH, MURMUR, QUIET = 25, 55, 90


def names(count: int) -> list[str]:
    return [f"mic {number}" for number in range(count)]


class Hall:
    """Microphones that send a packet each 20 ms."""

    def __init__(self, count: int, seed: int = 3) -> None:
        self.mics = names(count)
        self.loudest = Loudest()
        self.now_us = 0
        self.dice = random.Random(seed)

    def round(self, levels: dict[str, int]) -> dict[str, bool]:
        """A packet of each; who was let through, by what was decided before it came."""
        self.now_us += PACKET_US
        through = {mic: not self.loudest.hushed(mic) for mic in self.mics}
        for mic in self.dice.sample(self.mics, len(self.mics)):
            self.loudest.heard(mic, levels.get(mic, QUIET), self.now_us)
        return through

    def inside(self) -> set[str]:
        return {mic for mic in self.mics if not self.loudest.hushed(mic)}


def test_in_a_small_room_nobody_is_hushed() -> None:
    hall = Hall(5)
    for number in range(200):
        hall.round({f"mic {number % 5}": SPEECH})
        assert hall.inside() == set(hall.mics)


def test_with_a_thousand_only_five_are_let_through() -> None:
    hall = Hall(1000)
    for _ in range(20):
        hall.round({})
        assert len(hall.inside()) == 5


def test_a_first_syllable_is_let_through_from_the_second_packet_on() -> None:
    hall = Hall(50)
    for _ in range(30):
        hall.round({})
    (stranger, *_) = sorted(set(hall.mics) - hall.inside())
    assert not hall.round({stranger: SPEECH})[stranger]
    assert hall.round({stranger: SPEECH})[stranger]


def test_who_spoke_last_keeps_his_place_in_a_pause() -> None:
    hall = Hall(50)
    talkers = hall.mics[10:15]
    for number in range(500):
        hall.round({talkers[number // 50 % 5]: SPEECH})
    assert hall.inside() == set(talkers)
    for _ in range(250):
        hall.round({})
    assert hall.inside() == set(talkers)


def test_background_takes_no_place_from_a_speaker() -> None:
    hall = Hall(50)
    talkers = dict.fromkeys(hall.mics[:5], SPEECH)
    for _ in range(20):
        hall.round(talkers)
    for _ in range(200):
        hall.round({mic: hall.dice.choice((70, 80, 100)) for mic in hall.mics[5:]})
    assert hall.inside() == set(talkers)


def test_the_loudest_of_many_speakers_are_inside() -> None:
    hall = Hall(40)
    loud, soft = dict.fromkeys(hall.mics[:5], 20), dict.fromkeys(hall.mics[5:15], MURMUR)
    for _ in range(60):
        hall.round(soft)
    for _ in range(60):
        hall.round(loud | soft)
    assert hall.inside() == set(loud)


def test_ten_equally_loud_speakers_do_not_chop_each_other_up() -> None:
    hall = Hall(20)
    crowd = hall.mics[:10]
    changes, before = 0, hall.inside()
    for _ in range(500):
        hall.round({mic: SPEECH + hall.dice.randint(-2, 2) for mic in crowd})
        changes += len(hall.inside() - before)
        before = hall.inside()
    assert changes <= 60


def test_who_has_the_floor_always_passes_and_takes_no_place() -> None:
    hall = Hall(50)
    judge = hall.mics[30]
    hall.loudest.always({judge})
    talkers = dict.fromkeys(hall.mics[:5], SPEECH)
    for _ in range(50):
        hall.round(talkers)
    assert hall.inside() == {judge, *talkers}
    hall.loudest.always(())
    hall.round(talkers)
    assert hall.inside() == set(talkers)


def test_a_microphone_without_levels_passes() -> None:
    hall = Hall(50)
    hall.round({})
    assert not hall.loudest.hushed("a phone of long ago")


def test_a_place_that_becomes_free_is_taken() -> None:
    hall = Hall(6)
    hall.round({})
    (outside,) = set(hall.mics) - hall.inside()
    gone = next(iter(hall.inside()))
    hall.loudest.forget(gone)
    hall.mics.remove(gone)
    hall.round({})
    assert outside in hall.inside()
