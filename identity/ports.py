"""What the gate needs of the engine, the registry's neighbours and the media side: small Protocols.

The real-name registry's port is `identity.registry`; liveness is decided on the media side, which hands the gate a
`ChallengeResult`.
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
class ChallengeResult:
    """How a challenge ended. `frames`: 3-5 pictures spread over the steps, empty unless `passed`; `reason` is a code
    of `identity.reasons` where not. `abandoned`: the page stopped, the media ended or the time ran out."""

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

    engine_id: str

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


class LiveEyes(Protocol):
    """The media side's eyes in the gate rooms."""

    def frame(self, session: str, participant: str) -> Picture | None:
        """The newest decoded frame of somebody at the gate, or None."""


class GatePort(Protocol):
    """What the media side calls (`signaling.gate_desk.GateDesk`)."""

    async def begin_challenge(self, session: str, participant: str, fingerprint: str) -> Challenge:
        """Allowed now? Then a challenge for the media connection with this DTLS fingerprint. One at a time: an older
        one of this person counts as abandoned. Raises UserError (`identity.gate.check_stage`, `too-many`,
        `not-here`)."""

    async def challenge_ended(
        self, session: str, participant: str, nonce: str, fingerprint: str, result: ChallengeResult
    ) -> None:
        """Decide; the person and the clerks are told by message. Raises UserError `challenge-unknown` for a nonce
        that was used, has expired or belongs to another session, person or connection."""

    async def watch_template(self, session: str, participant: str) -> Enrolled | None:
        """What to compare a seat with during the session; None without consent or verdict by face."""

    async def watch_changed(self, session: str, participant: str, state: str, score_milli: int | None) -> None:
        """The watch sees something else on this seat. Idempotent for the same state."""


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
