"""Speech through the real recorder, Opus, gate and Vosk into the log: the words that were said, at their times."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from hearing import events as ev
from hearing.tasks import TaskSet
from hearing.transcript import Transcript
from hearing.transcript_events import UtteranceHeard
from records.ledger import Ledger
from signaling.minutes.line_messages import Transcribing
from tests.fakes.heard_court import SEATS, Court, heard_court
from tests.fakes.hearings import FakeTime, created
from tests.fakes.ledgers import KEY, FailingStore, log_of, reopened
from transcription.engine import Engine, ModelMissing
from transcription.numerals import written
from transcription.vosk_engine import VoskEngine
from yunting.bench.spoken_source import Clip, Speaker, clips
from yunting.speech.listening import Speech

pytestmark = pytest.mark.integration

DATA = Path(os.environ.get("YUNTING_DATA", "var/data"))
MODEL = DATA / "models" / "vosk-toy-court-cn"
SPEECH = DATA / "speech"
_NO_MARKS = dict.fromkeys(map(ord, "，。？"))
needs_model = pytest.mark.skipif(
    not MODEL.is_dir() or not (SPEECH / "manifest.json").is_file(), reason=f"no model or clips under {DATA}"
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return VoskEngine(MODEL, ("zh-CN",))


@pytest.fixture
async def court(tmp_path: Path, engine: Engine) -> AsyncIterator[Court]:
    async with heard_court(tmp_path, {"zh-CN": engine}) as court:
        yield court


@pytest.fixture(scope="module")
def speakers() -> list[Speaker]:
    found = clips(SPEECH)
    first, second = found[:3], found[3:6]
    return [
        Speaker("judge", first, seed=1, jitter_ms=15),
        Speaker("plaintiff", second, seed=2, jitter_ms=15, lead_s=9),
    ]


def assert_all_was_heard(heard: list[UtteranceHeard], speakers: list[Speaker]) -> None:
    for speaker in speakers:
        own = sorted(
            (each for each in heard if each.participant == speaker.publication.participant),
            key=lambda each: each.from_ms,
        )
        assert "".join(each.raw for each in own) == "".join(said.clip.text for said in speaker.said)
        assert all(each.text.translate(_NO_MARKS) == written(each.raw).text for each in own)
        assert abs(own[0].from_ms - speaker.said[0].from_s * 1000) <= 300
        assert abs(own[-1].to_ms - speaker.said[-1].to_s * 1000) <= 300


@needs_model
async def test_what_is_said_stands_in_the_log_under_the_right_name_and_time(
    court: Court, speakers: list[Speaker]
) -> None:
    await court.play(speakers)
    await court.close()
    heard = await court.utterances()
    assert_all_was_heard(heard, speakers)
    assert all("".join(word.text for word in each.words) == each.text for each in heard)
    assert {who for who, _, _, _ in court.captions.partials} == {"judge", "plaintiff"}
    lines = {line for _, line, _, _ in court.captions.partials}
    assert {each.utterance for each in heard} <= lines
    assert court.captions.states[-1] == Transcribing(available=True, behind_ms=0, zh="", en="", languages=("zh-CN",))
    transcript = Transcript()
    for entry in await log_of(court.ledger):
        transcript.apply(entry)
    for entry in await log_of(court.ledger):
        if isinstance(entry.event, ev.TrackClosed):
            assert (transcript.heard_until_ms(entry.event.track) or 0) > entry.event.to_ms


@needs_model
async def test_sound_that_comes_faster_than_it_is_heard_is_heard_from_the_recording(
    court: Court, speakers: list[Speaker]
) -> None:
    court.speech._pool.hold(True)
    await court.play(speakers, patient=False)
    court.speech._pool.hold(False)
    await court.close()
    heard = await court.utterances()
    assert_all_was_heard(heard, speakers)
    assert any(each.late for each in heard)


@needs_model
async def test_after_the_process_came_back_the_rest_is_heard(
    court: Court, engine: Engine, speakers: list[Speaker]
) -> None:
    await court.play(speakers, patient=False, until_s=12)
    court.recorder.close()
    await asyncio.to_thread(court.recorder.stop_writing)
    await court.tick()
    await court.speech.close()
    before = await court.utterances()
    court.time.restart_process(1000)
    court.ledger = await reopened(court.store, court.time)
    tasks = TaskSet()
    court.speech = Speech(lambda: {"zh-CN": engine}, "zh-CN", tasks)
    await court.speech.start()
    await court.listen()
    await court.close()
    heard = await court.utterances()
    assert len(heard) > len(before)
    names = [each.utterance for each in heard]
    assert len(names) == len(set(names))
    first = speakers[0].said[0]
    assert "".join(each.raw for each in heard if each.participant == "judge").startswith(first.clip.text)
    await court.speech.close()
    await tasks.close()


async def test_without_a_model_the_hearing_is_recorded_and_pages_are_told(tmp_path: Path) -> None:
    def missing() -> dict[str, Engine]:
        raise ModelMissing(tmp_path / "models" / "court", "court")

    store, time, tasks = FailingStore(), FakeTime(), TaskSet()
    ledger = await Ledger.create(store, KEY, time.sources(), "s", created(SEATS), "server")
    ledger.clock.start()
    speech = Speech(missing, "zh-CN", tasks)
    await speech.start()
    court = Court(tmp_path, store, time, ledger, speech)
    await court.listen()
    court.recorder.open(ledger.clock)
    noise = np.random.default_rng(1).integers(-3000, 3000, 16_000, dtype=np.int16)
    await court.play([Speaker("judge", [Clip("noise", noise, "")], seed=1)])
    await court.close()
    assert any(isinstance(entry.event, ev.TrackClosed) for entry in await log_of(ledger))
    state = court.captions.states[-1]
    assert not state.available
    assert "yunting models install" in state.en
    await speech.close()
    await tasks.close()
