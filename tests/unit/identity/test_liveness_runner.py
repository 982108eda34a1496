"""The runner looks in the pool, keeps up by dropping pictures, tells prompts at once and hands over the frames."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from identity.liveness import Challenge, Hint, Prompt
from identity.liveness_runner import LivenessResult, LivenessRunner
from tests.fakes.landmark_face import REST, Answer, answer
from tests.fakes.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.unit


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


class Camera:
    """Gives the runner a picture whenever it has looked at the last one; time goes by the pictures."""

    def __init__(self, pool: ThreadPoolExecutor, act: Answer, seed: int = 1) -> None:
        self.engine = ScriptedEngine()
        self.now_ms = 0
        self.told: list[Prompt | Hint] = []
        self.asked: tuple[int, Prompt] | None = None
        self.act = act
        challenge = Challenge(random.Random(seed), 0)
        self.runner = LivenessRunner(challenge, self.engine, pool, self._tell, lambda: self.now_ms)

    def _tell(self, output: Prompt | Hint) -> None:
        self.told.append(output)
        if isinstance(output, Prompt):
            self.asked = self.now_ms, output

    async def run(self) -> LivenessResult:
        running = asyncio.create_task(self.runner.run())
        while not running.done():
            self.now_ms += 100
            face = REST if self.asked is None else self.act(self.asked[1].action, self.now_ms - self.asked[0])
            before = len(self.engine.looks)
            self.runner.offer(self.engine.picture(face), self.now_ms)
            while len(self.engine.looks) == before and not running.done():
                await asyncio.sleep(0)
        return await running


async def test_who_does_what_is_asked_passes_and_the_frames_are_handed_over(pool: ThreadPoolExecutor) -> None:
    camera = Camera(pool, answer())
    result = await camera.run()
    assert result.outcome.code == "passed"
    assert 3 <= len(result.frames) == len(result.outcome.chosen) <= 5
    assert all(frame.shape == (480, 640, 3) for frame in result.frames)
    assert len({frame[0, 0].tobytes() for frame in result.frames}) == len(result.frames)
    assert [type(told) for told in camera.told] == [Hint, Prompt, Prompt, Prompt]
    assert result.cpu_ms > 0


async def test_who_does_nothing_fails_with_the_reason_and_without_frames(pool: ThreadPoolExecutor) -> None:
    result = await Camera(pool, lambda *_: REST).run()
    assert (result.outcome.code, result.frames) == ("no-action", ())


async def test_who_changes_places_is_refused(pool: ThreadPoolExecutor) -> None:
    act = answer()
    result = await Camera(pool, lambda action, ms: replace(act(action, ms), person=int(ms > 800))).run()
    assert result.outcome.code == "another-face"


async def test_a_newer_picture_replaces_the_one_that_waits(pool: ThreadPoolExecutor) -> None:
    engine = ScriptedEngine()
    runner = LivenessRunner(Challenge(random.Random(1), 0), engine, pool, lambda _: None, lambda: 30_000)
    for time_ms in range(100, 1_100, 100):
        runner.offer(engine.picture(replace(REST, shown=False)), time_ms)
    result = await runner.run()
    assert (result.dropped, result.looked_at) == (9, 1)
    assert result.outcome.code == "picture-stalled"


async def test_what_is_no_picture_is_passed_over(pool: ThreadPoolExecutor) -> None:
    runner = LivenessRunner(Challenge(random.Random(1), 0), ScriptedEngine(), pool, lambda _: None, lambda: 30_000)
    runner.offer(np.zeros((4, 4), np.uint8), 100)
    result = await runner.run()
    assert (result.outcome.code, result.looked_at) == ("picture-stalled", 0)


async def test_it_can_be_given_up(pool: ThreadPoolExecutor) -> None:
    runner = LivenessRunner(Challenge(random.Random(1), 0), ScriptedEngine(), pool, lambda _: None, lambda: 0)
    running = asyncio.create_task(runner.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
