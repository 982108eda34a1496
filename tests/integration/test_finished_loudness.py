"""The finished files are as loud as EBU R 128 has it, whoever spoke how softly: by FFmpeg's meter."""

from __future__ import annotations

import functools
import os
import wave
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from records.composite.painter import Look
from records.composite.render import Job, run
from records.keys import CourtKey
from tests.fakes.meter import RATE_HZ, measured_file
from yunting.bench.synthetic import CLIP_S, make_session

SPEECH = Path(os.environ.get("YUNTING_DATA", "var/data")) / "speech"
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SPEECH.is_dir(), reason="no recorded speech: set YUNTING_DATA"),
]
TINY = Look(width=320, height=240, fps=5, preset="ultrafast")
SECONDS = 40
"""Two borders between pieces, and the last of them a short one."""
REAL = ("en_jfk.wav", "en_libri_1995-1837-0001.wav", "en_libri_2412-153948-0000.wav", "en_ami_ES2011a.wav")


@functools.cache
def spoken(name: str) -> npt.NDArray[np.float32]:
    """The first CLIP_S seconds at 48 kHz, the highest sample 1."""
    with wave.open(str(SPEECH / name)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16_000, 2, 1)
        samples = np.frombuffer(file.readframes(CLIP_S * 16_000), np.int16).astype(np.float32)
    at = np.arange(CLIP_S * RATE_HZ) / 3
    loud = np.interp(at, np.arange(len(samples)), samples)
    return (loud / np.abs(loud).max()).astype(np.float32)


def voice(name: str, peak: float) -> bytes:
    return np.rint(spoken(name) * peak * 32_767).astype(np.int16).tobytes()


@pytest.mark.parametrize(
    "peaks",
    [
        pytest.param((0.03, 0.02, 0.03), id="quiet", marks=pytest.mark.long),
        pytest.param((0.98, 0.98, 0.98), id="loud", marks=pytest.mark.long),
        pytest.param((0.9, 0.04, 0.3), id="mixed"),
        pytest.param((0.25,), id="one person"),
        pytest.param((0.98, 0.98, 0.98, 0.98), id="all at once", marks=pytest.mark.long),
    ],
)
def test_speech_is_brought_to_the_standards_loudness(tmp_path: Path, peaks: Sequence[float]) -> None:
    voices = [voice(name, peak) for name, peak in zip(REAL, peaks, strict=False)]
    held = make_session(
        tmp_path / "recordings",
        CourtKey.generate(),
        seats=len(peaks),
        seconds=SECONDS,
        size=(160, 90),
        codecs=("libx264",),
        voices=voices,
    )
    log = tmp_path / "events.jsonl"
    log.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in held.entries))
    job = Job(
        events=str(log),
        recordings=str(held.recordings),
        pieces=str(tmp_path / "pieces"),
        mix=str(tmp_path / "mix.m4a"),
        seats=None,
        composite=str(tmp_path / "composite.mp4"),
        look=TINY,
        workers=1,
    )
    run(job, lambda report: None)
    for file in ("mix.m4a", "composite.mp4"):
        found = measured_file(tmp_path / file)
        print(f"{file}: {found.lufs} LUFS, {found.peak_dbtp} dBTP")  # noqa: T201
        assert abs(found.lufs + 23) <= 0.5, file
        assert found.peak_dbtp <= -1, file
