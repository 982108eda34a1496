"""A fault of ours while one seat is listened to: the others have their captions, the seat its lines afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hearing.transcript_events import UtteranceHeard
from tests.fakes.far_phone import FarPhone
from tests.fakes.heard_court import Court, heard_court
from tests.fakes.hummed import HumEngine, HumStream, hum

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

VOICES = {"judge": (3, 14, 25), "plaintiff": (8, 19, 30)}
SPOKE_S, PAUSE_S = 2.0, 1.5


class Faulty(HumEngine):
    """Breaks down by a fault of ours when these streams are opened, counted from 1 on."""

    def __init__(self, faults: Sequence[int]) -> None:
        super().__init__(0)
        self._faults = faults
        self._opened = 0

    def open(self, language: str, hotwords: Sequence[str] = ()) -> HumStream:
        self._opened += 1
        if self._opened in self._faults:
            raise KeyError("a fault of ours")
        return super().open(language, hotwords)


async def play(folder: Path, faults: Sequence[int]) -> tuple[list[UtteranceHeard], Court]:
    phones = [
        FarPhone(who, number, [(6.0, hum(voices, SPOKE_S, PAUSE_S))], 20)
        for number, (who, voices) in enumerate(VOICES.items(), 1)
    ]
    async with heard_court(folder, {"zh-CN": Faulty(faults)}) as court:
        await court.play(phones)
        await court.close()
        return sorted(await court.utterances(), key=lambda each: each.from_ms), court


@pytest.mark.parametrize("faults", [[1], [1, 2], [2]])
async def test_each_line_comes_once_whoever_was_given_up(tmp_path: Path, faults: list[int]) -> None:
    heard, court = await play(tmp_path, faults)
    for who, voices in VOICES.items():
        own = [each for each in heard if each.participant == who]
        assert [each.raw for each in own] == [str(voice) for voice in voices]
    assert all(state.available for state in court.captions.states)
    assert court.captions.states[-1].unheard == ()


async def test_a_track_that_breaks_down_again_is_given_up_and_the_pages_are_told(tmp_path: Path) -> None:
    heard, court = await play(tmp_path, [1, 3])
    (unheard,) = court.captions.states[-1].unheard
    (other,) = VOICES.keys() - {unheard.participant}
    assert [(each.participant, each.raw) for each in heard] == [(other, str(voice)) for voice in VOICES[other]]
