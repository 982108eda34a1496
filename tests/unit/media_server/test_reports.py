"""Reception statistics, round trips and the one clock."""

from __future__ import annotations

import pytest

from media_server.packets import SenderInfo
from media_server.reports import ClockMap, Reception, TimestampMap, middle, ntp_from_us, round_trip_us

pytestmark = pytest.mark.unit


def ntp(seconds: float) -> int:
    return int(seconds * (1 << 32))


def test_loss_of_an_interval_and_in_all() -> None:
    reception = Reception(5, 90_000)
    for index in range(100):
        if index % 10:
            reception.received(65_500 + index & 0xFFFF, index * 3000, index * 33_333)
    block = reception.block(4_000_000)
    assert block is not None
    assert block.lost == 9
    assert 0.08 < block.fraction_lost < 0.1
    assert block.highest_sequence >> 16 == 2
    again = reception.block(5_000_000)
    assert again is not None
    assert again.fraction_lost == 0.0


def test_jitter_of_an_even_stream_is_small_and_of_an_uneven_one_is_not() -> None:
    even, uneven = Reception(1, 48_000), Reception(2, 48_000)
    for index in range(200):
        even.received(index, index * 960, index * 20_000)
        uneven.received(index, index * 960, index * 20_000 + index % 2 * 10_000)
    calm, shaken = even.block(0), uneven.block(0)
    assert calm is not None
    assert shaken is not None
    assert calm.jitter <= 1
    assert 400 < shaken.jitter < 500


def test_a_restarted_stream_starts_afresh() -> None:
    reception = Reception(1, 90_000)
    for sequence in (1, 2, 3, 40_000, 40_001):
        reception.received(sequence, 0, 0)
    block = reception.block(0)
    assert block is not None
    assert block.lost == 0


def test_last_report_and_delay_come_back() -> None:
    reception = Reception(1, 90_000)
    reception.received(1, 0, 0)
    reception.reported(0x11112222_33334444, 1_000_000)
    block = reception.block(1_500_000)
    assert block is not None
    assert block.last_report == 0x22223333
    assert block.delay == 0x8000


def test_round_trip() -> None:
    sent = middle(ntp_from_us(10_000_000))
    assert round_trip_us(10_350_000, sent, 0x4000) in range(99_900, 100_100)
    assert round_trip_us(10_350_000, 0, 0) is None
    assert round_trip_us(10_000_000, sent, 10) == 0
    assert round_trip_us(500_000_000, sent, 0) is None


def test_lip_sync_within_a_participant_is_what_the_publisher_says() -> None:
    clock = ClockMap()
    audio, video = TimestampMap(48_000, clock), TimestampMap(90_000, clock)
    # The phone's clock is years off; its network delays the reports by 20 and 180 ms.
    clock.observe(ntp(1000.0), 50_020_000)
    audio.reported(SenderInfo(1, ntp(1000.0), 480_000, 0, 0))
    clock.observe(ntp(1000.5), 50_680_000)
    video.reported(SenderInfo(2, ntp(1000.5), 900_000, 0, 0))
    moment_us = 51_000_000
    audio_at, video_at = audio.rtp_at(moment_us), video.rtp_at(moment_us)
    assert audio_at is not None
    assert video_at is not None
    # Capture times (in the publisher's seconds) that are shown at this moment agree to the microsecond's rounding.
    audio_s = 1000.0 + (audio_at - 480_000) / 48_000
    video_s = 1000.5 + (video_at - 900_000) / 90_000
    assert abs(audio_s - video_s) < 0.000_1


def test_a_clock_stepped_forward_is_mapped_afresh_at_once() -> None:
    clock = ClockMap()
    clock.observe(ntp(1000.0), 5_000_000)
    clock.observe(ntp(4600.0), 6_000_000)
    assert clock.to_server_us(ntp(4600.0)) == 6_000_000


def test_a_clock_stepped_back_is_mapped_afresh_when_it_cannot_be_delay() -> None:
    clock = ClockMap()
    clock.observe(ntp(4600.0), 5_000_000)
    for second in range(3):
        clock.observe(ntp(1000.0 + second), 6_000_000 + second * 1_000_000)
    assert clock.to_server_us(ntp(1002.0)) == 8_000_000


def test_one_report_that_was_held_up_changes_nothing() -> None:
    clock = ClockMap()
    clock.observe(ntp(1000.0), 5_000_000)
    clock.observe(ntp(1001.0), 8_500_000)
    clock.observe(ntp(1002.0), 7_000_000)
    assert clock.to_server_us(ntp(1002.0)) == 7_000_000


def test_a_drifting_clock_is_followed_within_the_window() -> None:
    clock = ClockMap()
    for second in range(3600):
        # 100 ppm slow, with up to 90 ms of jitter.
        jitter_us = second * 37 % 10 * 10_000
        clock.observe(ntp(1000.0 + second * 0.9999), second * 1_000_000 + jitter_us)
    moment_us = clock.to_server_us(ntp(1000.0 + 3599 * 0.9999))
    assert moment_us is not None
    assert abs(moment_us - 3_599_000_000) < 5_000


def test_nothing_is_known_before_the_first_report() -> None:
    clock = ClockMap()
    assert clock.to_server_us(1) is None
    assert TimestampMap(90_000, clock).rtp_at(5) is None
