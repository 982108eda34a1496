"""Words of an engine that knows when they were said stand in log, JSON and captions at these very milliseconds."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import msgspec
import pytest

from hearing.transcript import Transcript
from records import timeline
from records.writing.captions import cues_of
from records.writing.minutes import compose
from records.writing.transcript_json import TranscriptRecord, record_of, write_json
from tests.fakes.far_phone import FarPhone
from tests.fakes.heard_court import heard_court
from tests.fakes.hummed import hum
from tests.fakes.ledgers import log_of
from transcription.engine import SAMPLE_RATE, EngineWord
from transcription.scripted_engine import Script, ScriptedEngine, Utterance

pytestmark = pytest.mark.integration

PER_MS = SAMPLE_RATE // 1000
WORDS = (("请", 320, 481), ("原告", 600, 1033), ("陈述", 1400, 1777), ("诉讼", 2000, 2345), ("请求", 2345, 2700))
HOLE_FROM_MS, HOLE_MS = 1200, 100


def script() -> Script:
    words = tuple(
        EngineWord(text=text, from_sample=from_ms * PER_MS, to_sample=to_ms * PER_MS)
        for text, from_ms, to_ms in WORDS
    )
    return Script(utterances=(Utterance(words=words),))


async def test_words_stand_at_the_times_of_the_engine_also_beyond_what_was_lost(tmp_path: Path) -> None:
    frames = hum([5], 3.0, 2.0)
    lost = range(HOLE_FROM_MS // 20, (HOLE_FROM_MS + HOLE_MS) // 20)
    whole = FarPhone("judge", 1, [(8.0, frames)], 14)
    holed = FarPhone("plaintiff", 2, [(12.0, frames)], 18, lost=lost)
    async with heard_court(tmp_path, {"zh-CN": ScriptedEngine([script(), script()])}) as court:
        await court.play([whole, holed])
        await court.close()
        entries = await log_of(court.ledger)
    course, transcript = timeline.read(entries), Transcript()
    for entry in entries:
        transcript.apply(entry)
    record = record_of(course, transcript, compose(course, transcript, UTC))
    lines = msgspec.json.decode(write_json(record), type=TranscriptRecord).lines
    assert [each.participant for each in lines] == ["judge", "plaintiff"]
    for line, hole_ms in zip(lines, (0, HOLE_MS), strict=True):
        fed_ms = int(line.id.split("@")[1])
        expected = [
            (text, *(fed_ms + at_ms + (hole_ms if at_ms >= HOLE_FROM_MS else 0) for at_ms in times))
            for text, *times in WORDS
        ]
        assert [(word.text.rstrip("，。"), word.from_ms, word.to_ms) for word in line.words] == expected
        (cue,) = (each for each in cues_of(course, transcript) if each.line == line.id)
        assert (cue.from_ms, cue.to_ms) == (expected[0][1], expected[-1][2])
