"""Persons whose clocks run apart, for ten minutes and for two hours: the recording follows the server.

Time is simulated and passes as fast as the recorder writes: two hours take some minutes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from yunting.bench.record import START_US, WAITING_S, errors_ms, slope_ms_per_h, take
from yunting.bench.record_source import Publisher, encode_loop

pytestmark = pytest.mark.soak

SECONDS, TWO_HOURS_S = 600.0, 7200.0


def test_ten_minutes_do_not_drift(tmp_path: Path) -> None:
    loop = encode_loop(width=160, height=90, bitrate_bps=100_000)
    publishers = [
        Publisher(
            loop,
            name,
            seed=number,
            begin_us=START_US,
            ntp_ppm=(0, 100, -100)[number],
            audio_ppm=(80, -100, 100)[number],
            video_ppm=(0, 100, -100)[number],
            jitter_ms=15,
        )
        for number, name in enumerate("abc")
    ]
    taken = take(tmp_path, publishers, SECONDS)
    found = taken.found()
    errors: list[float] = []
    for publisher in publishers:
        for kind, rows in errors_ms(publisher, found[publisher.participant], taken.opened_s).items():
            assert len(rows) >= SECONDS - 1, (publisher.participant, kind)
            slope = slope_ms_per_h(rows)
            print(f"{publisher.participant} {kind}: {slope:+.2f} ms/h over {len(rows)} events")  # noqa: T201
            assert abs(slope) <= 20
            errors += [error for _, error in rows]
    assert max(errors) - min(errors) <= 40


def test_two_hours_drift_by_40_ms_at_most(tmp_path: Path) -> None:
    """Few pictures a second, because what is measured are clocks; 200 ppm are 1,440 ms in two hours."""
    loop = encode_loop(fps=10, width=160, height=90, bitrate_bps=40_000)
    publishers = [
        Publisher(
            loop,
            name,
            seed=number,
            begin_us=START_US,
            ntp_ppm=(100, -100)[number],
            audio_ppm=(-100, 100)[number],
            video_ppm=(100, -100)[number],
            jitter_ms=15,
        )
        for number, name in enumerate("ab")
    ]
    taken = take(tmp_path, publishers, TWO_HOURS_S, waiting_s=WAITING_S)
    found = taken.found()
    for publisher in publishers:
        for kind, rows in errors_ms(publisher, found[publisher.participant], taken.opened_s).items():
            errors = [error for _, error in rows]
            drift_ms = abs(slope_ms_per_h(rows)) * 2
            print(  # noqa: T201
                f"{publisher.participant} {kind}: {drift_ms:.2f} ms in two hours over {len(rows)} events, "
                f"{min(errors):+.1f}..{max(errors):+.1f} ms of the truth"
            )
            assert len(rows) >= TWO_HOURS_S - 1, (publisher.participant, kind)
            assert drift_ms <= 40
            assert max(map(abs, errors)) <= 40
