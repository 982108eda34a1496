"""What the gate needs of registries, the face engine and liveness: small Protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from hearing.documents import Document
from identity.liveness import Hint, Prompt
from identity.watch import Sample

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""


@dataclass(frozen=True, slots=True)
class RegistryAnswer:
    """What a real-name registry says. `photo` (JPEG) where it gives one."""

    match: Literal["yes", "no", "unknown"]
    source: str
    photo: bytes | None = None


class Registry(Protocol):
    """The real-name registry."""

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        """Never raises for an outage: that is `unknown`."""


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """How a challenge ended. `frames`: 3-5 pictures spread over the steps, empty unless `passed`; `reason` is a code
    where not. `abandoned`: the page stopped, the media ended or the time ran out. `unavailable`: the engine failed,
    which is nobody's failure: a clerk decides."""

    passed: bool
    frames: tuple[Picture, ...] = ()
    reason: str = ""
    abandoned: bool = False
    unavailable: bool = False


class LiveRunner(Protocol):
    """One challenge over the pictures of one camera (`identity.liveness_runner`)."""

    def offer(self, rgb: Picture, time_ms: int, /) -> None:
        """A picture and when it arrived (CLOCK_MONOTONIC). Never blocks."""

    async def run(self) -> ChallengeResult:
        """Until there is an outcome. Cancel to give up."""


Tell = Callable[[Prompt | Hint], None]
"""What the person is to do now."""


@dataclass(frozen=True, slots=True)
class Match:
    """One person against one reference photo. `decision` is `pass` only where a local calibration bounds the false
    match rate. `template` is what the watch compares with later; `engine_id` names the engine that reads it."""

    decision: Literal["pass", "review", "fail"]
    score_milli: int
    engine_id: str
    template: bytes
    reason: str = ""


class Matcher(Protocol):
    """The face engine with its cohort and calibration, in its pool."""

    async def match(self, frames: Sequence[Picture], reference: bytes) -> Match:
        """Compare live frames with a reference photo (JPEG). Raises NoFace or SeveralFaces where that is what the
        frames show, and other FaceErrors, which are not the person's: the photo on file or the engine fails."""

    async def check_reference(self, picture: bytes) -> bytes:
        """The photo as a clean JPEG without metadata. Raises UserError `not-a-picture`, `picture-too-large`, and as
        `identity.quality.check_photo`."""

    async def jpeg(self, picture: Picture) -> bytes:
        """One frame as JPEG."""


class CodeSender(Protocol):
    """The court's SMS service."""

    async def send(self, phone: str, code: str, request: str) -> None:
        """Send; `request` makes a repetition harmless. Raises UserError `code-not-sent`."""


class SeatEye(Protocol):
    """Looks at one seat for the watch (`identity.watch_look`)."""

    @property
    def cpu_ms(self) -> float:
        """CPU time of all looks so far."""

    def look(self, rgb: Picture, time_ms: int, whole: bool) -> Sample:
        """In a worker thread, one look at a time. Raises FaceError, ValueError (no picture)."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Leave to be challenged once: single use, until `expires_utc_ms`."""

    nonce: str
    expires_utc_ms: int


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A template opened for the watch; keep it in memory only."""

    engine_id: str
    template: bytes
