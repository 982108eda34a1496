"""An hour of two phones whose crystals run 600 ppm apart: a line still stands where it was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.far_phone import FarPhone
from tests.fakes.heard_court import PEOPLE, heard_court
from tests.fakes.hummed import VOICES, HumEngine, hum

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

HOUR_S = 3600
EVERY_S = 120
SPOKE_S, PAUSE_S = 2.0, 1.0
WITHIN_MS = 300


async def test_after_an_hour_of_drifting_clocks_lines_stand_where_they_were_said(tmp_path: Path) -> None:
    voices = [hum([voice], SPOKE_S, PAUSE_S) for voice in range(VOICES)]
    begins_s = [10.0 + EVERY_S * number for number in range(HOUR_S // EVERY_S)]
    said = [(at_s, voices[number % VOICES]) for number, at_s in enumerate(begins_s)]
    phones = [
        FarPhone(who, 1 + number, said, HOUR_S, ppm=ppm, ahead_s=ahead_s)
        for number, ((who, _), ppm, ahead_s) in enumerate(zip(PEOPLE, (300, -300), (-900, 86_400), strict=True))
    ]
    async with heard_court(tmp_path, {"zh-CN": HumEngine(0)}) as court:
        began_ms = court.ledger.clock.now_ms()
        await court.play(phones)
        await court.close()
        heard = await court.utterances()
    for who, _ in PEOPLE:
        own = sorted((each for each in heard if each.participant == who), key=lambda each: each.from_ms)
        assert [each.raw for each in own] == [str(number % VOICES) for number in range(len(begins_s))]
        off_ms = [
            edge
            for each, at_s in zip(own, begins_s, strict=True)
            for edge in (each.from_ms - began_ms - at_s * 1000, each.to_ms - began_ms - (at_s + SPOKE_S) * 1000)
        ]
        assert max(map(abs, off_ms)) <= WITHIN_MS, off_ms
