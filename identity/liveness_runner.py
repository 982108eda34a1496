"""Runs one liveness challenge over the pictures of one camera: looks in the worker pool, decides on the event loop.

How the media side uses it, with a `media_server.sampler.Sampler` of about 10 pictures a second at 640 pixels:

    runner = LivenessRunner(Challenge(secrets.SystemRandom(), now_ms()), engine, pool, tell, now_ms)
    async def look(picture): runner.offer(picture.rgb, picture.arrival_us // 1_000)
    result = await runner.run()          # cancel the task to give up

`tell` gets each `Prompt` and `Hint` at once, to be sent to the page; the outcome is `result.outcome`, the pictures
for the matcher `result.frames`. `now_ms` must be the clock of the pictures' arrival (CLOCK_MONOTONIC).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from identity.engine import FaceEngine, Rgb
from identity.face_look import FaceFollower, LookLimits
from identity.liveness import Challenge, Hint, Observation, Prompt
from identity.liveness_evidence import Outcome

TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class LivenessResult:
    """`frames` are the chosen pictures in order of time (3 to 5 when passed, else none). `cpu_ms` is what it cost."""

    outcome: Outcome
    frames: tuple[Rgb, ...]
    cpu_ms: float
    looked_at: int
    dropped: int


class LivenessRunner:
    """One challenge, one camera. The queue of pictures holds one: a newer picture replaces the one that waits, so who
    looks slowly sees fewer pictures, never older ones."""

    def __init__(
        self,
        challenge: Challenge,
        engine: FaceEngine,
        pool: Executor,
        tell: Callable[[Prompt | Hint], None],
        now_ms: Callable[[], int],
        limits: LookLimits | None = None,
    ) -> None:
        self.challenge = challenge
        self._follower = FaceFollower(engine, limits)
        self._pool = pool
        self._tell = tell
        self._now_ms = now_ms
        self._waiting: tuple[Rgb, int] | None = None
        self._arrived = asyncio.Event()
        self._kept: dict[int, Rgb] = {}
        self._looked_at = 0
        self._dropped = 0

    def offer(self, rgb: Rgb, time_ms: int) -> None:
        """A picture and when it arrived. Never blocks; drops the picture that waits, if any. The array must not be
        changed afterwards."""
        self._dropped += self._waiting is not None
        self._waiting = rgb, time_ms
        self._arrived.set()

    async def run(self) -> LivenessResult:
        """Until there is an outcome: at most about a minute. Raises EngineUnavailable."""
        while self.challenge.outcome is None:
            picture = await self._next()
            if picture is None:
                self._pass_on(self.challenge.tick(self._now_ms()))
            else:
                await self._look(*picture)
        outcome = self.challenge.outcome
        frames = tuple(self._kept[frame.time_ms] for frame in outcome.chosen)
        self._kept.clear()
        return LivenessResult(outcome, frames, self._follower.cpu_ms, self._looked_at, self._dropped)

    async def _next(self) -> tuple[Rgb, int] | None:
        try:
            async with asyncio.timeout(TICK_S):
                await self._arrived.wait()
        except TimeoutError:
            return None
        self._arrived.clear()
        picture, self._waiting = self._waiting, None
        return picture

    async def _look(self, rgb: Rgb, time_ms: int) -> None:
        loop = asyncio.get_running_loop()
        wants = self.challenge.wants_embedding
        try:
            seen = await loop.run_in_executor(self._pool, self._follower.look, rgb, time_ms, wants)
        except ValueError:
            # What is no picture is nobody's face.
            return
        self._looked_at += 1
        outputs = self.challenge.observe(
            Observation(time_ms, seen.faces, seen.landmarks, seen.embedding, seen.quality, seen.hint),
            self._now_ms(),
        )
        wanted = self.challenge.kept
        if time_ms in wanted:
            self._kept[time_ms] = rgb
        self._kept = {kept_ms: picture for kept_ms, picture in self._kept.items() if kept_ms in wanted}
        self._pass_on(outputs)

    def _pass_on(self, outputs: list[Prompt | Hint | Outcome]) -> None:
        for output in outputs:
            if not isinstance(output, Outcome):
                self._tell(output)
