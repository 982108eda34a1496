"""The gate's neighbours for tests: a registry that knows one pair, an engine that says what it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hearing.errors import UserError
from identity.ports import ChallengeResult, Document, Match, Picture, RegistryAnswer
from signaling.gate_tools import GateTools

WRAPPING_KEY = bytes(range(100, 132))
NUMBER = "11010519491231002X"
"""The sample of GB 11643 itself."""
OTHER_NUMBER = "440106199901011231"
CHILD = "440106202001010011"
PHOTO = b"\xff\xd8 reference photo of Zhang Sanfeng" * 30
FRAME: Picture = np.zeros((48, 64, 3), np.uint8)
LIVE = ChallengeResult(passed=True, frames=(FRAME,) * 3)
FLAT = ChallengeResult(passed=False, reason="flat")


class Papers:
    """Takes eighteen characters; children are known by their number."""

    def read(self, kind: str, number: str, now_utc_ms: int) -> Document:
        if len(number) != 18:
            raise UserError("document-format", "证件号码格式有误", "not a document number")
        return Document(kind, number, f"{number[:3]}***********{number[-4:]}", number == CHILD)


@dataclass
class OneNameRegistry:
    """`yes` for everybody's NUMBER and CHILD, `no` for others; `unknown` while it is down."""

    down: bool = False

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        if self.down:
            return RegistryAnswer("unknown", "test")
        return RegistryAnswer("yes" if document.number in {NUMBER, CHILD} else "no", "test")


@dataclass
class ToldMatcher:
    """Answers with `decision`; `not-calibrated` as long as nobody calibrated it."""

    decision: str = "review"
    reason: str = "not-calibrated"
    seen: list[int] = field(default_factory=list)

    async def match(self, frames: Sequence[Picture], reference: bytes) -> Match:
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
    matcher: ToldMatcher | None = None, registry: OneNameRegistry | None = None, codes: Letterbox | None = None
) -> GateTools:
    return GateTools(
        wrapping_key=WRAPPING_KEY,
        documents=Papers(),
        registry=registry or OneNameRegistry(),
        matcher=matcher or ToldMatcher(),
        codes=codes,
    )
