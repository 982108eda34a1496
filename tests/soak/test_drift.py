"""Ten minutes of three persons whose clocks run apart: the recording follows the server (<= 20 ms an hour)."""

from __future__ import annotations

from pathlib import Path

import pytest

from yunting.bench.record import START_US, errors_ms, slope_ms_per_h, take
from yunting.bench.record_source import Publisher, encode_loop

pytestmark = pytest.mark.soak

SECONDS = 600.0


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
