"""Sound that no recogniser likes, before real Vosk: what is said beside it is written down, under its speaker."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from hearing import events as ev
from hearing.transcript import Transcript
from hearing.transcript_events import UtteranceHeard
from tests.fakes.far_phone import FarPhone
from tests.fakes.heard_court import Court, heard_court
from tests.fakes.ledgers import log_of
from transcription.vosk_engine import VoskEngine
from yunting.bench.captions import edits
from yunting.bench.spoken_source import RATE_HZ, Clip, Sound, clips, opus_frames, speech_bounds

DATA = Path(os.environ.get("YUNTING_DATA", "var/data"))
MODEL = DATA / "models" / "vosk-toy-court-cn"
SPEECH = DATA / "speech"
pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not MODEL.is_dir() or not (SPEECH / "manifest.json").is_file(), reason=f"no model or clips under {DATA}"
    ),
]

WITHIN_MS = 300
LEAD_S = 6.0


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(MODEL, ("zh-CN",))


@pytest.fixture(scope="module")
def said() -> dict[str, Clip]:
    return {Path(clip.name).stem: clip for clip in clips(SPEECH)}


@pytest.fixture
async def court(tmp_path: Path, engine: VoskEngine) -> AsyncIterator[Court]:
    async with heard_court(tmp_path, {"zh-CN": engine}) as court:
        yield court


async def heard_of(court: Court, *sounds: Sound) -> list[UtteranceHeard]:
    """The judge's microphone gives these one after the other. Everything that it gave was listened to."""
    return await heard_frames(court, [(LEAD_S, opus_frames(np.concatenate([*sounds, quiet(2)])))])


async def heard_frames(court: Court, said: Sequence[tuple[float, Sequence[bytes]]]) -> list[UtteranceHeard]:
    end_s = said[-1][0] + len(said[-1][1]) * 0.02
    await court.play([FarPhone("judge", 1, said, end_s)])
    await court.close()
    transcript = Transcript()
    entries = await log_of(court.ledger)
    for entry in entries:
        transcript.apply(entry)
    closed = [entry.event for entry in entries if isinstance(entry.event, ev.TrackClosed)]
    assert closed
    assert all((transcript.heard_until_ms(each.track) or 0) > each.to_ms for each in closed)
    heard = sorted(await court.utterances(), key=lambda each: each.from_ms)
    assert all(not each.trouble and each.participant == "judge" for each in heard)
    assert len({each.utterance for each in heard}) == len(heard)
    assert all(a.to_ms <= b.from_ms for a, b in itertools.pairwise(heard))
    return heard


def quiet(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE_HZ), dtype=np.int16)


def noise(seconds: float, level: float) -> Sound:
    return np.random.default_rng(1).normal(0, level, round(seconds * RATE_HZ)).clip(-32768, 32767).astype(np.int16)


def music(seconds: float) -> Sound:
    """Chords of four voices over a drum, four to the bar."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    beat = (times * 2).astype(int)
    root = np.array([220.0, 174.6, 261.6, 196.0])[beat // 4 % 4]
    phase = np.cumsum(root) / RATE_HZ * 2 * np.pi
    chord = sum(np.sin(phase * ratio) for ratio in (1, 1.26, 1.498, 2))
    drum = np.random.default_rng(2).normal(0, 1, len(times)) * np.exp(-(times * 2 % 1) * 20)
    return (2500 * chord + 6000 * drum).astype(np.int16)


def stands(clip: Clip, at_s: float, heard: Sequence[UtteranceHeard], wrong: int = 0) -> None:
    """One line has the clip's words, but for so many letters, and its times."""
    (line,) = [each for each in heard if edits(clip.text, each.raw) <= wrong]
    begin_s, end_s = speech_bounds(clip.sound)
    assert abs(line.from_ms - (at_s + begin_s) * 1000) <= WITHIN_MS
    assert abs(line.to_ms - (at_s + end_s) * 1000) <= WITHIN_MS


async def test_clipped_speech_is_a_line_at_its_time(court: Court, said: dict[str, Clip]) -> None:
    clip = said["syn_zh_court_34"]
    # A tenth of all samples, pauses included, are cut off.
    gain = 32767 / np.quantile(np.abs(clip.sound.astype(np.float64)), 0.9)
    stands(clip, LEAD_S, await heard_of(court, (clip.sound * gain).clip(-32768, 32767).astype(np.int16)))


async def test_silence_is_no_line(court: Court) -> None:
    assert await heard_of(court, quiet(30)) == []


@pytest.mark.parametrize("before", ["noise", "hiss", pytest.param("music", marks=pytest.mark.long)])
async def test_speech_after_noise_and_music_stands_in_full(court: Court, said: dict[str, Clip], before: str) -> None:
    clip = said["syn_zh_court_34"]
    sound = {"noise": noise(2, 6000), "hiss": noise(2, 60), "music": music(2)}[before]
    heard = await heard_of(court, sound, quiet(1.5), clip.sound)
    stands(clip, LEAD_S + 3.5, heard)


async def test_who_mutes_in_mid_word_has_two_lines_and_nothing_in_the_pause(
    court: Court, said: dict[str, Clip]
) -> None:
    clip, later = said["syn_zh_court_09"], said["syn_zh_court_34"]
    begin_s, end_s = speech_bounds(clip.sound)
    muted_s = (begin_s + end_s) / 2
    before = opus_frames(clip.sound)[: round(muted_s * 50)]
    after = opus_frames(np.concatenate([later.sound, quiet(2)]))
    heard = await heard_frames(court, [(LEAD_S, before), (LEAD_S + 10, after)])
    first, second = heard
    assert abs(first.from_ms - (LEAD_S + begin_s) * 1000) <= WITHIN_MS
    assert abs(first.to_ms - (LEAD_S + muted_s) * 1000) <= WITHIN_MS
    assert edits(clip.text[: len(first.raw)], first.raw) <= 2
    stands(later, LEAD_S + 10, [second])


async def test_two_people_at_one_microphone_are_its_seats_lines(court: Court, said: dict[str, Clip]) -> None:
    first, second = said["syn_zh_court_09"], said["syn_zh_court_34"]
    at_s = first.seconds / 2
    together = np.zeros(round((at_s + max(first.seconds - at_s, second.seconds) + 0.1) * RATE_HZ), dtype=np.int32)
    together[: len(first.sound)] += first.sound
    together[round(at_s * RATE_HZ) :][: len(second.sound)] += second.sound
    heard = await heard_of(court, together.clip(-32768, 32767).astype(np.int16))
    begin_s, end_s = speech_bounds(first.sound)[0], at_s + speech_bounds(second.sound)[1]
    assert abs(heard[0].from_ms - (LEAD_S + begin_s) * 1000) <= WITHIN_MS
    assert abs(heard[-1].to_ms - (LEAD_S + end_s) * 1000) <= WITHIN_MS
