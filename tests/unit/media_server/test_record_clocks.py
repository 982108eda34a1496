"""RTP time to session time: sync within 40 ms whatever the publishers' clocks do, and never backward."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from media_server.recording.clocks import PeerClock, TrackClock, Unwrapper, ntp_us
from media_server.recording.timeline import Timeline

pytestmark = pytest.mark.unit

START_US = 5_000_000_000
NTP_EPOCH_S = 3_900_000_000
ENCODING_MS = 40


def to_ntp(seconds: float) -> int:
    return int(seconds * 2**32)


class Device:
    """A camera and a microphone on clocks of their own; `play` gives (true s, kind, session ms) of each frame."""

    def __init__(
        self,
        seed: int,
        *,
        ntp_ppm: float = 0.0,
        audio_ppm: float = 0.0,
        video_ppm: float = 0.0,
        ahead_s: float = 0.0,
        step_at_s: float | None = None,
        reported: bool = True,
        jitter_ms: float = 20.0,
    ) -> None:
        self.random = random.Random(seed)
        self.ntp_ppm, self.ahead_s, self.step_at_s = ntp_ppm, ahead_s, step_at_s
        self.reported, self.jitter_ms = reported, jitter_ms
        peer = PeerClock()
        self.tracks = {}
        for kind, rate, ppm in (("audio", 48_000, audio_ppm), ("video", 90_000, video_ppm)):
            clock = TrackClock(rate, peer)
            base = self.random.randrange(1 << 32)
            self.tracks[kind] = (clock, Timeline(clock, rate, lambda us: (us - START_US) / 1000), rate, ppm, base)

    def rtp(self, kind: str, at_s: float) -> int:
        _, _, rate, ppm, base = self.tracks[kind]
        return (base + round(at_s * rate * (1 + ppm * 1e-6))) & 0xFFFFFFFF

    def arrival_us(self, sent_s: float) -> int:
        return START_US + int(sent_s * 1e6 + 5_000 + self.random.uniform(0, self.jitter_ms) * 1000)

    def play(self, seconds: float) -> list[tuple[float, str, float]]:
        events: list[tuple[int, float, str, bool]] = []
        for kind, period_s, delay_s in (("audio", 0.02, 0.02), ("video", 1 / 30, ENCODING_MS / 1000)):
            for index in range(int(seconds / period_s)):
                events.append((self.arrival_us(index * period_s + delay_s), index * period_s, kind, False))
        if self.reported:
            for kind, every_s in (("audio", 2.5), ("video", 0.5)):
                sent_s = every_s
                while sent_s < seconds:
                    events.append((self.arrival_us(sent_s), sent_s, kind, True))
                    sent_s += 2 * every_s * self.random.uniform(0.5, 1.5)
        events.sort()
        result = []
        for arrival_us, at_s, kind, is_report in events:
            clock, timeline, *_ = self.tracks[kind]
            if is_report:
                stepped_s = 3600 if self.step_at_s is not None and at_s >= self.step_at_s else 0
                ntp_s = NTP_EPOCH_S + self.ahead_s + stepped_s + at_s * (1 + self.ntp_ppm * 1e-6)
                clock.report(self.rtp(kind, at_s), to_ntp(ntp_s), arrival_us)
            else:
                unwrapped = clock.packet(self.rtp(kind, at_s), arrival_us)
                result.append((at_s, kind, timeline.at(unwrapped, arrival_us)))
        return result


def errors_ms(played: list[tuple[float, str, float]], from_s: float) -> list[float]:
    return [session_ms - at_s * 1000 for at_s, _, session_ms in played if at_s >= from_s]


def assert_never_backward(played: list[tuple[float, str, float]]) -> None:
    for kind in ("audio", "video"):
        times = [(at_s, session_ms) for at_s, k, session_ms in played if k == kind]
        times.sort()
        assert all(a[1] <= b[1] for a, b in itertools.pairwise(times))


ppm = st.floats(-100, 100)


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(
    seed=st.integers(0, 10_000),
    ntp_ppm=ppm,
    audio_ppm=ppm,
    video_ppm=ppm,
    ahead_s=st.floats(-1e6, 1e6),
    step_at_s=st.none() | st.floats(5, 25),
    reported=st.booleans(),
    other=ppm,
)
def test_two_persons_stay_within_forty_ms(
    seed: int,
    ntp_ppm: float,
    audio_ppm: float,
    video_ppm: float,
    ahead_s: float,
    step_at_s: float | None,
    reported: bool,
    other: float,
) -> None:
    one = Device(
        seed,
        ntp_ppm=ntp_ppm,
        audio_ppm=audio_ppm,
        video_ppm=video_ppm,
        ahead_s=ahead_s,
        step_at_s=step_at_s,
        reported=reported,
    ).play(40)
    two = Device(seed + 1, ntp_ppm=other, audio_ppm=-audio_ppm).play(40)
    for played in (one, two):
        assert_never_backward(played)
    errors = errors_ms(one, 4) + errors_ms(two, 4)
    # Without reports a sender's own delay (40 ms of encoding here) cannot be known.
    assert max(errors) - min(errors) <= (40 if reported else 40 + ENCODING_MS)


def test_minutes_of_a_fast_device_follows_its_clock_not_ours() -> None:
    played = Device(3, ntp_ppm=100, audio_ppm=-100, video_ppm=80, jitter_ms=10).play(240)
    late = errors_ms(played, 180)
    early = errors_ms(played, 30)[: 80 * 60]
    assert abs(sum(late) / len(late) - sum(early) / len(early)) < 5


def test_a_stepped_publisher_clock_moves_nothing() -> None:
    still = Device(7, jitter_ms=5).play(60)
    stepped = Device(7, jitter_ms=5, step_at_s=30).play(60)
    assert max(abs(a[2] - b[2]) for a, b in zip(still, stepped, strict=True)) < 15


def test_one_delayed_report_is_not_believed() -> None:
    peer = PeerClock()
    assert peer.report(1_000_000, START_US)
    assert not peer.report(2_000_000, START_US + 1_000_000 + 2_000_000)
    assert peer.epoch == 0
    assert peer.report(3_000_000, START_US + 2_000_000)
    assert peer.offset_us(0) == START_US - 1_000_000


def test_outliers_do_not_bend_the_line() -> None:
    clock = TrackClock(90_000, PeerClock())
    for second in range(30):
        clock.packet(second * 90_000, START_US + second * 1_000_000)
        wrong = 9_000 if second in (10, 17) else 0
        clock.report(second * 90_000 + wrong, to_ntp(1000 + second), START_US + second * 1_000_000)
    assert clock.server_us(30 * 90_000) == pytest.approx(START_US + 30_000_000, abs=1500)


def test_a_lasting_change_of_the_line_rebuilds_it() -> None:
    clock = TrackClock(90_000, PeerClock())
    for second in range(40):
        shift = 18_000 if second >= 20 else 0
        clock.packet(second * 90_000 + shift, START_US + second * 1_000_000)
        clock.report(second * 90_000 + shift, to_ntp(1000 + second), START_US + second * 1_000_000)
    assert clock.server_us(40 * 90_000 + 18_000) == pytest.approx(START_US + 40_000_000, abs=1500)


def test_timestamps_that_jump_without_reason_do_not_carry_the_recording_away() -> None:
    clock = TrackClock(48_000, PeerClock())
    timeline = Timeline(clock, 48_000, lambda us: us / 1000)
    before = [timeline.at(clock.packet(n * 960, n * 20_000), n * 20_000) for n in range(100)]
    jumped = 1_000_000_000
    after = [timeline.at(clock.packet(jumped + n * 960, n * 20_000), n * 20_000) for n in range(100, 200)]
    times = before + after
    assert times == sorted(times)
    assert after[-1] == pytest.approx(199 * 20, abs=40)


def starved(seconds: int, until_s: float) -> tuple[dict[str, list[tuple[float, float]]], dict[str, Timeline]]:
    """A sender that is short of time at first: ever later, then it catches up in a burst.

    Like aiortc it reports the last frame with the moment it was sent. Gives (true s, session ms) of each frame.
    """
    most_s = 0.15 * until_s

    def late_s(at_s: float) -> float:
        return 0.15 * at_s if at_s < until_s else max(0.0, most_s - 3 * (at_s - until_s))

    peer = PeerClock()
    timelines: dict[str, Timeline] = {}
    played: dict[str, list[tuple[float, float]]] = {"audio": [], "video": []}
    events: list[tuple[float, int, str, float]] = []
    clocks: dict[str, TrackClock] = {}
    for kind, rate, period_s, busy_s in (("audio", 48_000, 0.02, 0.003), ("video", 90_000, 0.05, 0.02)):
        clocks[kind] = TrackClock(rate, peer)
        timelines[kind] = Timeline(clocks[kind], rate, lambda us: (us - START_US) / 1000)
        frames = [
            (n * period_s + late_s(n * period_s) + busy_s, n * period_s) for n in range(int(seconds / period_s))
        ]
        sent = list(itertools.accumulate(frames, lambda a, b: (max(a[0], b[0]), b[1])))
        events += [(sent_s, 0, kind, at_s) for sent_s, at_s in sent]
        for second in range(1, seconds):
            events.append((second + 0.001, 1, kind, 0.0))
    newest: dict[str, tuple[float, int]] = {}
    for sent_s, is_report, kind, at_s in sorted(events):
        arrival_us = START_US + int(sent_s * 1e6)
        if is_report:
            reported_s, rtp = newest[kind]
            clocks[kind].report(rtp, to_ntp(NTP_EPOCH_S + reported_s), arrival_us)
        else:
            rtp = round(at_s * (48_000 if kind == "audio" else 90_000))
            newest[kind] = (sent_s, rtp)
            played[kind].append((at_s, timelines[kind].at(clocks[kind].packet(rtp, arrival_us), arrival_us)))
    return played, timelines


@pytest.mark.parametrize("until_s", [1.0, 3.0, 6.0])
def test_a_sender_short_of_time_at_its_start_does_not_shift_the_recording(until_s: float) -> None:
    played, timelines = starved(30, until_s)
    for kind, rows in played.items():
        times = [session_ms for _, session_ms in rows]
        assert times == sorted(times)
        settled = [session_ms - at_s * 1000 for at_s, session_ms in rows if at_s >= until_s * 1.3 + 2]
        assert -20 <= min(settled) <= max(settled) <= 40, kind
        assert abs(timelines[kind].drift_ms) <= 100, kind


@given(st.lists(st.integers(-40_000, 40_000), max_size=50), st.integers(0, (1 << 32) - 1))
def test_unwrapping_inverts_wrapping(steps: list[int], start: int) -> None:
    unwrap = Unwrapper(32)
    true = start
    assert unwrap.take(start) == start
    for step in steps:
        true += step
        assert unwrap.take(true & 0xFFFFFFFF) == true


@given(st.integers(0, (1 << 64) - 1))
def test_ntp_in_microseconds(ntp: int) -> None:
    assert abs(ntp_us(ntp) - ntp * 1_000_000 / 2**32) <= 2


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**50)), max_size=30))
def test_absurd_reports_are_survived(reports: list[tuple[int, int, int]]) -> None:
    clock = TrackClock(90_000, PeerClock())
    timeline = Timeline(clock, 90_000, lambda us: us / 1000)
    last_ms = float("-inf")
    for number, (rtp, ntp, arrival_us) in enumerate(reports):
        at_us = number * 33_333
        unwrapped = clock.packet(number * 3000, at_us)
        clock.report(rtp, ntp, arrival_us)
        now_ms = timeline.at(unwrapped, at_us)
        assert last_ms <= now_ms <= at_us / 1000 + 1000
        last_ms = now_ms
