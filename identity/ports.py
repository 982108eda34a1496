"""What the gate needs of documents, registries, the face engine and the media side: small Protocols.

Liveness is decided on the media side, which hands the gate a `ChallengeResult`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""


@dataclass(frozen=True, slots=True)
class Document:
    """A number that is well formed. `number` is normalised (upper case, no blanks) and goes nowhere but to the
    registry and the keyed hash; `masked` may be shown and logged; `minor`: under fourteen."""

    kind: str
    number: str
    masked: str
    minor: bool


class Documents(Protocol):
    """Reads document numbers."""

    def read(self, kind: str, number: str, now_utc_ms: int) -> Document:
        """Raises UserError `document-format`, `document-checksum`, `document-date`."""


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
    where not. `abandoned`: the page stopped, the media ended or the time ran out."""

    passed: bool
    frames: tuple[Picture, ...] = ()
    reason: str = ""
    abandoned: bool = False


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
        """Compare live frames with a reference photo (JPEG). Raises UserError (`no-face`, `many-faces`, ...) when
        either side holds no usable face."""

    async def check_reference(self, picture: bytes) -> bytes:
        """The photo as a clean JPEG without metadata. Raises UserError `not-a-picture`, `picture-too-large`,
        `no-face`, `many-faces`, `face-too-small`."""

    async def jpeg(self, picture: Picture) -> bytes:
        """One frame as JPEG."""


class CodeSender(Protocol):
    """The court's SMS service."""

    async def send(self, phone: str, code: str, request: str) -> None:
        """Send; `request` makes a repetition harmless. Raises UserError `code-not-sent`."""


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
