"""What synthetic parties send is like what people send: sound with syllables, pictures that tell their time."""

from __future__ import annotations

import numpy as np
import pytest

from yunting.demo.picture import Portrait
from yunting.demo.speech import RATE_HZ, quiet, speech

pytestmark = pytest.mark.unit


def _level_dbov(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((samples / 32768.0) ** 2)) + 1e-9))


def test_speech_is_loud_in_syllables_and_pauses_for_breath() -> None:
    sound = speech(110.0, 6.0, seed=3)
    levels = np.array([_level_dbov(part) for part in sound.reshape(-1, RATE_HZ // 50)])
    assert _level_dbov(sound) > -30
    assert np.mean(levels > -35) > 0.4, "mostly voice"
    assert np.mean(levels < -50) > 0.05, "with breaths between"
    crossings = np.count_nonzero(np.diff((levels > -40).astype(int)) == 1) / 6.0
    assert 1.0 < crossings < 9.0, "at the rhythm of speech"


def test_pitch_is_the_speakers() -> None:
    def share_below(pitch_hz: float, limit_hz: float) -> float:
        spectrum = np.abs(np.fft.rfft(speech(pitch_hz, 4.0, seed=1).astype(float))) ** 2
        hz = np.fft.rfftfreq(4 * RATE_HZ, 1 / RATE_HZ)
        return float(spectrum[hz < limit_hz].sum() / spectrum[hz < 1000].sum())

    assert share_below(200.0, 150.0) < 0.01 < share_below(100.0, 150.0), "nothing below the fundamental"


def test_quiet_is_below_any_speech_threshold() -> None:
    assert _level_dbov(quiet(1.0, seed=2)) < -60


def test_pictures_differ_from_moment_to_moment_and_fit_the_encoder() -> None:
    portrait = Portrait("原告 张三", (60, 80, 110))
    first, later = portrait.frame(1_700_000_000_000, True), portrait.frame(1_700_000_000_300, True)
    assert (first.width, first.height, first.format.name) == (640, 360, "yuv420p")
    difference = np.abs(first.to_ndarray().astype(int) - later.to_ndarray().astype(int))
    assert difference.max() > 60, "the clock has moved on"
