"""Picture, sound and captions of the composite stand where they happened: a flash and a beep a second, several
participants, two of whom speak."""

from __future__ import annotations

import logging
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from hearing.transcript import Transcript
from records import timeline
from records.composite.encoding import moments
from records.composite.layout import Box, arrange
from records.composite.scenes import plan
from records.writing.captions import cues_of
from tests.fakes.sessions import SMALL, Made, make_package
from yunting.bench.synthetic import PHASE_MS

pytestmark = pytest.mark.integration

LIMIT_MS = 40
RECESS = (4000, 6000)
SECONDS = 10


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_package(tmp_path_factory.mktemp("sync"), seats=3, seconds=SECONDS, recess=RECESS)


def expected_ms() -> list[int]:
    moments_ms = [second * 1000 + PHASE_MS for second in range(SECONDS)]
    return [at_ms for at_ms in moments_ms if not RECESS[0] <= at_ms < RECESS[1]]


def stage() -> Box:
    """Where the pictures stand at 640x360: below the head line, above the captions."""
    return Box(4, 32, 632, 250).even()


def lit(path: Path, box: Box) -> list[tuple[float, float]]:
    """From when to when letters stand in the box, ms; the end is the first frame without."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            luma = frame.to_ndarray(format="gray")[box.y : box.y + box.height, box.x : box.x + box.width]
            letters = float(luma.max()) > 150
            if letters and since is None:
                since = frame.time * 1000
            elif not letters and since is not None:
                found.append((since, frame.time * 1000))
                since = None
    assert since is None, "the last caption ends"
    return found


def flashes(path: Path, box: Box) -> list[float]:
    """When the middle of the box turns white, ms."""
    found, was_white = [], False
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray")
            y, x = box.y + box.height // 2, box.x + box.width // 2
            white = float(luma[y - 8 : y + 8, x - 8 : x + 8].mean()) > 200
            if white and not was_white:
                assert frame.time is not None
                found.append(frame.time * 1000)
            was_white = white
    return found


def sound(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """Mono samples placed by PTS, and their rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate = stream.rate
        samples = np.zeros((SECONDS + 1) * rate, dtype=np.float32)
        for frame in container.decode(stream):
            part = frame.to_ndarray().reshape(-1)
            assert frame.time is not None
            start = round(frame.time * rate)
            samples[start : start + len(part)] = part
    return samples, rate


def beeps(samples: npt.NDArray[np.float32], rate: int, hz: int) -> list[float]:
    """When the tone of this frequency begins, ms: energy of a sliding 10 ms correlation."""
    moment = np.arange(len(samples)) / rate
    mixed = samples * np.exp(-2j * np.pi * hz * moment)
    width = rate // 100
    energy = np.abs(np.convolve(mixed, np.ones(width) / width, mode="same"))
    loud = energy > energy.max() * 0.5
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    merged = [start for index, start in enumerate(starts) if index == 0 or start - starts[index - 1] > rate // 2]
    return [1000 * start / rate for start in merged]


def test_composite_is_in_sync_across_participants(made: Made) -> None:
    path = made.result.folder / "data/media/composite.mp4"
    line = timeline.read(made.source.entries)
    scene = plan(line)[0]
    boxes = arrange(scene.mode, scene.people, scene.focus, stage())
    samples, rate = sound(path)
    offsets: dict[str, list[float]] = {}
    for participant, box in boxes.items():
        seen = flashes(path, box)
        heard = beeps(samples, rate, made.source.beep_hz[participant])
        assert len(seen) == len(heard) == len(expected_ms())
        offsets[f"{participant} picture"] = [a - b for a, b in zip(seen, expected_ms(), strict=True)]
        offsets[f"{participant} sound"] = [a - b for a, b in zip(heard, expected_ms(), strict=True)]
    every = [offset for values in offsets.values() for offset in values]
    skew_ms = max(every) - min(every)
    logging.getLogger(__name__).info("composite: %.1f..%.1f ms, skew %.1f ms", min(every), max(every), skew_ms)
    assert max(abs(offset) for offset in every) <= LIMIT_MS
    assert skew_ms <= LIMIT_MS


def test_captions_stand_while_their_words_are_said_and_at_no_other_time(made: Made) -> None:
    path = made.result.folder / "data/media/composite.mp4"
    transcript = Transcript()
    for entry in made.source.entries:
        transcript.apply(entry)
    first, second = cues_of(timeline.read(made.source.entries), transcript)
    assert (first.text, second.text) == ("现在开庭，核对身份。", "对身份没有异议。"), "the text as it was corrected"
    frame_ms = 1000 / SMALL.fps
    for cue, place in ((first, Box(4, 286, 316, 56)), (second, Box(320, 286, 316, 56))):
        [(from_ms, to_ms)] = lit(path, place)
        assert abs(from_ms - cue.from_ms) <= frame_ms
        assert abs(to_ms - cue.to_ms) <= frame_ms


def test_mix_alone_is_in_sync(made: Made) -> None:
    samples, rate = sound(made.result.folder / "data/media/audio-mix.m4a")
    for hz in made.source.beep_hz.values():
        heard = beeps(samples, rate, hz)
        assert max(abs(at - due) for at, due in zip(heard, expected_ms(), strict=True)) <= LIMIT_MS


def test_time_line_of_the_file_is_the_session_clock(made: Made) -> None:
    with av.open(str(made.result.folder / "data/media/composite.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        times = [
            round(packet.pts * packet.time_base * 1000) for packet in container.demux(video) if packet.pts is not None
        ]
        line = timeline.read(made.source.entries)
        assert times == [at_ms for at_ms, _ in moments(line, SMALL.fps)]
        assert audio.duration is not None
        assert abs(float(audio.duration * audio.time_base) * 1000 - line.duration_ms) < 50
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")


def test_lawful_break_shows_a_card_and_no_sound(made: Made) -> None:
    samples, rate = sound(made.result.folder / "data/media/composite.mp4")
    inside = samples[(RECESS[0] + 200) * rate // 1000 : (RECESS[1] - 200) * rate // 1000]
    assert float(np.abs(inside).max()) < 0.01
    with av.open(str(made.result.folder / "data/media/composite.mp4")) as container:
        cards = [
            f for f in container.decode(video=0) if f.time is not None and RECESS[0] <= f.time * 1000 < RECESS[1]
        ]
    assert len(cards) <= 4
    assert float(cards[0].to_ndarray(format="gray")[40:120].mean()) < 30
