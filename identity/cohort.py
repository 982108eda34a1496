"""AS-norm: a face score measured against how like strangers both faces are (adaptive symmetric score normalisation).

Raw distances mean different things for different people: faces of a group that the network was trained on little
lie near each other. Each side is therefore scored against a cohort of other people, one vector each; the mean and
standard deviation of its K most similar strangers are the yardstick (Matejka et al., Interspeech 2017; measured for
these engines in `docs/identity.md`). Higher is more alike; strangers lie around 0, people of one face several units
above.

The cohort file holds vectors of consenting people without names, in random order, sealed by AES-256-GCM.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hearing.errors import UserError
from identity.engine import Embedding, ModelMismatch

NEAREST = 200
"""K: how many of the most similar strangers make the yardstick."""
SMALLEST = 200
"""A smaller cohort is refused: its yardstick was not measured."""
KEY_BYTES = 32

_MAGIC = b"yunting-cohort-1"
_NONCE_BYTES = 12
_MIN_SD = 1e-6

Matrix = npt.NDArray[np.float32]


class CohortError(UserError):
    """The cohort file is absent, cannot be read, is damaged, sealed with another key, or too small."""


class Yardstick(msgspec.Struct, frozen=True):
    """How like strangers one vector is; computed once for an enrolled template and kept beside it."""

    mean: float
    sd: float


class Calibration(msgspec.Struct, frozen=True):
    """What `yunting identity calibrate` found on the people of the cohort; kept in the cohort file."""

    frames: int
    """Frames a probe was averaged from."""
    impostor_pairs: int
    genuine_pairs: int
    people: int
    pass_from: float | None
    """Score from which a match passes by itself; None: the false match rate could not be bounded, so none does."""
    false_match_bound: float
    """Upper 95 % bound of the false match rate at `pass_from`, or at a score above all impostors seen."""
    made_utc_ms: int


class Cohort:
    """Vectors of strangers of one engine and model, with what was measured on them. Immutable, safe for threads."""

    def __init__(
        self, engine_id: str, model_sha256: str, vectors: Matrix, calibration: Calibration | None = None
    ) -> None:
        if not np.isfinite(vectors).all():
            raise CohortError(
                "cohort-not-finite",
                "人脸模型给出的数值无效（无穷大或非数字），请更换模型",
                "The face model gave numbers that are none (infinite or NaN): take another model",
            )
        if vectors.ndim != 2 or len(vectors) < SMALLEST:
            raise CohortError(
                "cohort-too-small",
                f"校准样本需要至少 {SMALLEST} 人，现有 {len(vectors)} 人",
                f"A cohort needs {SMALLEST} people at least; these are {len(vectors)}",
            )
        self.engine_id = engine_id
        self.model_sha256 = model_sha256
        self.calibration = calibration
        self.vectors = np.ascontiguousarray(vectors, np.float32)

    def __len__(self) -> int:
        return len(self.vectors)

    def check(self, engine_id: str, model_sha256: str) -> None:
        """Raises ModelMismatch unless the cohort is of this engine and model."""
        if (engine_id, model_sha256) != (self.engine_id, self.model_sha256):
            raise ModelMismatch(f"{self.engine_id} {self.model_sha256[:12]}", f"{engine_id} {model_sha256[:12]}")

    def yardstick(self, vector: Embedding) -> Yardstick:
        """The K strangers most like `vector`. ValueError: another length, or not finite."""
        if vector.shape != self.vectors.shape[1:] or not np.isfinite(vector).all():
            raise ValueError(f"a vector of {vector.shape}, not {self.vectors.shape[1:]}")
        scores = -np.linalg.norm(self.vectors - vector, axis=1)
        mean, sd = nearest_statistics(scores[None])
        return Yardstick(float(mean[0]), float(sd[0]))

    def score(self, enrolled: Embedding, yardstick: Yardstick, probe: Embedding) -> float:
        """The normalised score of two vectors; `yardstick` is the enrolled one's."""
        raw = -float(np.linalg.norm(enrolled - probe))
        mine = self.yardstick(probe)
        return ((raw - yardstick.mean) / yardstick.sd + (raw - mine.mean) / mine.sd) / 2


def nearest_statistics(scores: Matrix) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and standard deviation of the K highest scores of each row."""
    k = min(NEAREST, scores.shape[1])
    top = np.partition(scores, scores.shape[1] - k, axis=1)[:, -k:].astype(np.float64)
    return top.mean(axis=1), np.maximum(top.std(axis=1), _MIN_SD)


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    engine_id: str
    model_sha256: str
    people: int
    length: int
    vectors: bytes
    calibration: Calibration | None


def save(cohort: Cohort, path: Path, key: bytes) -> None:
    """Write the sealed file, replacing it as a whole; readable by its owner alone."""
    order = np.random.default_rng(secrets.randbits(128)).permutation(len(cohort))
    stored = _Stored(
        engine_id=cohort.engine_id,
        model_sha256=cohort.model_sha256,
        people=len(cohort),
        length=cohort.vectors.shape[1],
        vectors=cohort.vectors[order].astype("<f4").tobytes(),
        calibration=cohort.calibration,
    )
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = _MAGIC + nonce + AESGCM(_checked(key)).encrypt(nonce, msgspec.msgpack.encode(stored), _MAGIC)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(path: Path, key: bytes) -> Cohort:
    """The cohort in a sealed file. Raises CohortError: absent, unreadable, damaged, another key; what it holds is not
    trusted."""
    cipher = AESGCM(_checked(key))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CohortError("cohort-absent", "没有校准文件", "There is no cohort file") from None
    except OSError as problem:
        # Made by another account, perhaps: taken for absent, a court would wonder why nobody passes any more.
        raise CohortError(
            "cohort-unreadable",
            f"校准文件无法读取：{problem.strerror}",
            f"The cohort file cannot be read: {problem.strerror}",
        ) from None
    body = data[len(_MAGIC) + _NONCE_BYTES :]
    nonce = data[len(_MAGIC) : len(_MAGIC) + _NONCE_BYTES]
    try:
        if not data.startswith(_MAGIC) or len(nonce) < _NONCE_BYTES:
            raise ValueError("not a cohort file")
        stored = msgspec.msgpack.decode(cipher.decrypt(nonce, body, _MAGIC), type=_Stored)
        vectors = np.frombuffer(stored.vectors, "<f4").reshape(stored.people, stored.length)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise CohortError(
            "cohort-damaged",
            "校准文件损坏，或密钥不符",
            "The cohort file is damaged, or sealed with another key",
        ) from None
    return Cohort(stored.engine_id, stored.model_sha256, vectors.astype(np.float32), stored.calibration)


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key of {len(key)} bytes, not {KEY_BYTES}")
    return key
