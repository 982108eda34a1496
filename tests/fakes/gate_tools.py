"""The gate's neighbours for tests: a registry that knows one pair, an engine that says what it is told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hearing.documents import Document, resident_check
from hearing.errors import UserError
from identity.liveness import Hint, Prompt
from identity.liveness_words import Action
from identity.ports import ChallengeResult, Match, Picture, RegistryAnswer, Tell
from signaling.gate.tools import GateTools

WRAPPING_KEY = bytes(range(100, 132))
NUMBER = "11010519491231002X"
"""The sample of GB 11643 itself."""
OTHER_NUMBER = "44010619990101123" + resident_check("44010619990101123")
CHILD = "44010620200101001" + resident_check("44010620200101001")
PHOTO = b"\xff\xd8 reference photo of Zhang Sanfeng" * 30
FRAME: Picture = np.zeros((48, 64, 3), np.uint8)
LIVE = ChallengeResult(passed=True, frames=(FRAME,) * 3)
FLAT = ChallengeResult(passed=False, reason="flat")


@dataclass
class OneNameRegistry:
    """`yes` for everybody's NUMBER and CHILD, `no` for others; `unknown` while it is down."""

    down: bool = False
    photo: bytes | None = None

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        if self.down:
            return RegistryAnswer("unknown", "test")
        known = document.number in {NUMBER, CHILD}
        return RegistryAnswer("yes" if known else "no", "test", self.photo if known else None)


@dataclass
class ToldMatcher:
    """Answers with `decision`; `not-calibrated` as long as nobody calibrated it."""

    decision: str = "review"
    reason: str = "not-calibrated"
    seen: list[int] = field(default_factory=list)
    problem: Exception | None = None
    """Raised instead of an answer."""

    async def match(self, frames: Sequence[Picture], reference: bytes) -> Match:
        if self.problem is not None:
            raise self.problem
        self.seen.append(len(frames))
        return Match(self.decision, 4_200, "fake-1", b"template of a face" * 20, self.reason)  # type: ignore[arg-type]

    async def check_reference(self, picture: bytes) -> bytes:
        if not picture.startswith(b"\xff\xd8"):
            raise UserError("not-a-picture", "不是图片", "not a picture")
        return picture

    async def jpeg(self, picture: Picture) -> bytes:
        return b"\xff\xd8 picture at the gate" * 20


@dataclass
class Letterbox:
    """An SMS service that keeps what it was given."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, phone: str, code: str, request: str) -> None:
        self.sent.append((phone, code))


def gate_tools(
    matcher: ToldMatcher | None = None,
    registry: OneNameRegistry | None = None,
    codes: Letterbox | None = None,
    liveness: ScriptedLiveness | None = None,
) -> GateTools:
    return GateTools(
        wrapping_key=WRAPPING_KEY,
        registry=registry or OneNameRegistry(),
        matcher=matcher or ToldMatcher(),
        codes=codes,
        liveness=liveness,
    )


class ScriptedLiveness:
    """Runs challenges: asks for one action, then ends with `result` once it was offered `pictures` pictures."""

    def __init__(self, result: ChallengeResult | Exception, pictures: int = 3) -> None:
        self.result = result
        """Raised where it is an exception: the engine failed."""
        self.pictures = pictures
        self.offered: list[tuple[int, int]] = []
        """Width and height of each picture of any challenge."""

    def __call__(self, tell: Tell) -> _ScriptedRunner:
        return _ScriptedRunner(self, tell)


class _ScriptedRunner:
    def __init__(self, script: ScriptedLiveness, tell: Tell) -> None:
        self._script = script
        self._tell = tell
        self._seen = 0
        self._enough = asyncio.Event()

    def offer(self, rgb: Picture, time_ms: int, /) -> None:
        self._script.offered.append((rgb.shape[1], rgb.shape[0]))
        self._seen += 1
        if self._seen >= self._script.pictures:
            self._enough.set()

    async def run(self) -> ChallengeResult:
        self._tell(Hint("too-dark", "光线太暗", "too dark"))
        now_ms = time.monotonic_ns() // 1_000_000
        self._tell(Prompt("n", 0, 3, Action.LEFT, now_ms + 3_000, "请向左转头", "turn left"))
        await self._enough.wait()
        if isinstance(self._script.result, Exception):
            raise self._script.result
        return self._script.result
