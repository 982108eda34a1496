"""From vectors to a decision that can be explained: pass, review (the clerk compares two pictures) or fail.

One scale for all: below `REVIEW_FROM` is another person, from `STRONG` on a match was as sure as this engine gets.
With a cohort the score is AS-norm's (`identity.cohort`). Without one it is the raw distance put on the same scale,
and nobody passes by themselves: raw distances let one East Asian impostor pair in six through where they let one in
a thousand of the others (`docs/identity.md`). The 0.6 of dlib's examples is used nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from identity.cohort import Cohort, CohortError, Yardstick
from identity.engine import Embedding, ModelMismatch

REVIEW_FROM = 2.5
"""One East Asian impostor pair in a hundred scores more (LFW, names of that region; `identity.md` 9.4)."""
STRONG = 5.0
"""Automatic passing never begins below, whatever a calibration says."""
FRAMES = (3, 5)
"""How many pictures of one visit make a probe."""

Outcome = Literal["pass", "review", "fail"]


class RawBands(msgspec.Struct, frozen=True):
    """Distances that stand for `STRONG` and `REVIEW_FROM` where there is no cohort."""

    strong: float
    review: float


_UNIT = RawBands(0.89, 1.13)
"""Of vectors of unit length: cosines of 0.6 and 0.36. The second is what OpenCV's documentation says for SFace; other
networks differ, so it is no more than a start for the clerk's eyes until there is a calibration."""
_RAW = {
    "dlib_onnx": RawBands(0.42, 0.55),
    "face_recognition": RawBands(0.42, 0.55),
    "onnx_generic": _UNIT,
    "http": _UNIT,
}


class Template(msgspec.Struct, frozen=True):
    """An enrolled face. Personal data: kept sealed only."""

    engine_id: str
    model_sha256: str
    vector: bytes
    """Little-endian float32."""
    yardstick: Yardstick | None
    """None: made without a cohort."""

    def values(self) -> Embedding:
        """The vector."""
        return np.frombuffer(self.vector, "<f4").astype(np.float32)

    def __repr__(self) -> str:
        return f"Template({self.engine_id!r})"


class Decision(msgspec.Struct, frozen=True):
    """What a comparison says, and why."""

    outcome: Outcome
    score: float
    """On the scale of the module text."""
    reason: str
    """Code of `identity.reasons`; empty for a pass."""
    distance: float
    normalised: bool
    """False: there was no cohort."""
    frames: int
    review_from: float
    pass_from: float | None
    """None: nobody passes without the clerk."""

    def words(self) -> tuple[str, str]:
        """One line for the clerk, Chinese and English."""
        limit = "—" if self.pass_from is None else f"{self.pass_from:.2f}"
        zh = f"得分 {self.score:.2f}（低于 {self.review_from:.2f} 不符，自动通过自 {limit}），{self.frames} 帧"
        en = (
            f"score {self.score:.2f} (no match below {self.review_from:.2f}, pass from {limit}), {self.frames} frames"
        )
        return (zh, en) if self.normalised else (f"{zh}，未校准", f"{en}, not calibrated")


class Scorer:
    """Compares vectors of one engine and model. Immutable, safe for threads.

    Raises ModelMismatch: the cohort is of another model. CohortError `cohort-needed`: what this engine's distances
    mean without one is not known.
    """

    def __init__(self, engine_id: str, model_sha256: str, cohort: Cohort | None = None) -> None:
        if cohort is not None:
            cohort.check(engine_id, model_sha256)
        elif engine_id not in _RAW:
            raise CohortError(
                "cohort-needed",
                f"引擎 {engine_id} 须先校准：yunting identity calibrate",
                f"the engine {engine_id} must be calibrated first: yunting identity calibrate",
            )
        self.engine_id = engine_id
        self.model_sha256 = model_sha256
        self.cohort = cohort

    @property
    def pass_from(self) -> float | None:
        """The score from which a match passes by itself; None until a calibration has bounded the false matches."""
        found = self.cohort.calibration if self.cohort else None
        return None if found is None or found.pass_from is None else max(STRONG, found.pass_from)

    def enrol(self, vectors: Sequence[Embedding]) -> Template:
        """A template of one or more pictures of one person; the stranger's side is computed here, once."""
        vector = mean_vector(vectors)
        yardstick = self.cohort.yardstick(vector) if self.cohort else None
        return Template(self.engine_id, self.model_sha256, vector.astype("<f4").tobytes(), yardstick)

    def score(self, enrolled: Template, probe: Embedding) -> float:
        """How alike. Raises ModelMismatch, ValueError (a vector of another length, or not finite)."""
        return self._compare(enrolled, probe)[0]

    def decide(self, enrolled: Template, frames: Sequence[Embedding]) -> Decision:
        """Compare a visit's frames, flip-averaged, with a template. Raises as `score`; ValueError: no frames."""
        frames = self._as_calibrated(frames)
        score, distance = self._compare(enrolled, mean_vector(frames))
        outcome: Outcome
        if score < REVIEW_FROM:
            outcome, reason = "fail", "no-match"
        elif self.pass_from is None:
            outcome, reason = "review", "not-calibrated"
        elif score < self.pass_from or len(frames) < FRAMES[0]:
            outcome, reason = "review", "uncertain"
        else:
            outcome, reason = "pass", ""
        return Decision(
            outcome, score, reason, distance, self.cohort is not None, len(frames), REVIEW_FROM, self.pass_from
        )

    def _as_calibrated(self, frames: Sequence[Embedding]) -> Sequence[Embedding]:
        """Not more frames than the calibration averaged, spread over the visit: a mean of more scores higher."""
        found = self.cohort.calibration if self.cohort else None
        most = max(FRAMES[0], found.frames) if found else FRAMES[1]
        if len(frames) <= most:
            return frames
        return [frames[round(at * (len(frames) - 1) / (most - 1))] for at in range(most)]

    def _compare(self, enrolled: Template, probe: Embedding) -> tuple[float, float]:
        if (enrolled.engine_id, enrolled.model_sha256) != (self.engine_id, self.model_sha256):
            raise ModelMismatch(enrolled.engine_id, self.engine_id)
        mine = enrolled.values()
        if mine.shape != probe.shape or not np.isfinite(probe).all():
            raise ValueError(f"a vector of {probe.shape}, not {mine.shape}")
        distance = float(np.linalg.norm(mine - probe))
        if self.cohort is None:
            bands = _RAW[self.engine_id]
            steps = (bands.review - distance) / (bands.review - bands.strong)
            return REVIEW_FROM + steps * (STRONG - REVIEW_FROM), distance
        yardstick = enrolled.yardstick or self.cohort.yardstick(mine)
        return self.cohort.score(mine, yardstick, probe), distance


def mean_vector(vectors: Sequence[Embedding]) -> Embedding:
    """The mean. ValueError: none, unequal lengths, or not finite."""
    if not vectors or len({vector.shape for vector in vectors}) != 1:
        raise ValueError("no vectors, or of different lengths")
    mean: Embedding = np.stack(list(vectors)).mean(axis=0).astype(np.float32)
    if mean.ndim != 1 or not np.isfinite(mean).all():
        raise ValueError("not a finite vector")
    return mean


def encode(template: Template) -> bytes:
    """For the vault."""
    return msgspec.msgpack.encode(template)


def decode(data: bytes) -> Template:
    """What `encode` made. ValueError for anything else."""
    try:
        template = msgspec.msgpack.decode(data, type=Template)
    except msgspec.MsgspecError:
        raise ValueError("not a face template") from None
    if not template.vector or len(template.vector) % 4:
        raise ValueError("not a face template")
    return template
