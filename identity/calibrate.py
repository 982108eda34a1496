"""From photos of consenting people to a cohort, and to the score from which a match may pass without the clerk.

One photo of each person goes into the cohort. The rest shows how often people of this kind are taken for each
other: probes are means of several photos, as the gate's are means of several frames, against single photos of
everybody, normalised by people who are in neither. A match passes by itself from the score where the upper 95 %
bound of the false match rate is 1e-4: the larger one of the exact bound over pairs (which share people) and of the
bootstrap over people (which sees no error where there was none).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from hearing.errors import UserError
from identity.cohort import SMALLEST, Calibration, Cohort, Matrix
from identity.engine import Embedding, EngineBusy, EngineUnavailable, FaceEngine, only_face
from identity.evaluate import Indices, Operating, Scores, all_pairs, operating_table, smallest_cohort, threshold_at
from identity.images import MAX_BYTES, read_picture
from identity.intervals import upper_bound
from identity.score import FRAMES, STRONG

FALSE_MATCH_RATE = 1e-4
MOST_PEOPLE = 5_000
MOST_PHOTOS = 10
"""Of each person; more are left out."""
MOST_PAIRS = 20_000_000
"""Of a probe and a photo, for one table: some 60 bytes of memory each. Where more could be made, each person's first
photos are compared with."""
LEAST_FACE_PX = 60
_KINDS = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_ROUNDS = 400

Vectors = dict[int, list[Embedding]]
"""Person -> a vector of each photo."""


class Photo(msgspec.Struct, frozen=True):
    """A file of a person, who is a number here."""

    person: int
    file: Path


class RefusedPhoto(msgspec.Struct, frozen=True):
    """A photo that was left out, and why (code of the error)."""

    file: Path
    reason: str


class Table(msgspec.Struct, frozen=True):
    """Operating figures of probes of so many photos."""

    frames: int
    rows: list[Operating]


class Calibrated(msgspec.Struct, frozen=True):
    """The cohort with its calibration, and the figures behind it."""

    cohort: Cohort
    tables: list[Table]
    photos: int


def photos_in(folder: Path) -> list[Photo]:
    """The photos of a folder that has a folder for each person. Raises UserError `no-photos`, `loose-photos`,
    `too-many-people`, naming the place."""
    if not folder.is_dir():
        raise UserError("no-photos", f"没有这个文件夹：{folder}", f"there is no such folder: {folder}")
    inside = sorted(folder.iterdir())
    loose = [each.name for each in inside if each.suffix.lower() in _KINDS and each.is_file()]
    if loose:
        # Left out, a court would believe that these people had been measured too.
        raise UserError(
            "loose-photos",
            f"{folder}：照片须放在每人各自的文件夹内，例如 {loose[0]}（共 {len(loose)} 张）",
            f"{folder}: photos belong into a folder of each person, not {loose[0]} (one of {len(loose)})",
        )
    people = [each for each in inside if each.is_dir() and not each.name.startswith(".")]
    if len(people) > MOST_PEOPLE:
        raise UserError(
            "too-many-people",
            f"{folder}：有 {len(people)} 人，至多 {MOST_PEOPLE} 人",
            f"{folder}: {len(people)} people, at most {MOST_PEOPLE} can be compared with each other",
        )
    found: list[Photo] = []
    for person, place in enumerate(people):
        files = sorted(each for each in place.iterdir() if each.suffix.lower() in _KINDS and each.is_file())
        found += [Photo(person, file) for file in files[:MOST_PHOTOS]]
    if not found:
        raise UserError(
            "no-photos",
            f"{folder}：没有找到照片；每人一个文件夹，内放 JPEG、PNG 或 WebP 照片",
            f"{folder}: no photos found; one folder for each person, with JPEG, PNG or WebP photos in it",
        )
    return found


def vectors_of(
    engine: FaceEngine, photos: list[Photo], step: Callable[[], None]
) -> tuple[Vectors, list[RefusedPhoto]]:
    """The vector of each photo with one face that is large enough; `step` is called after each photo. A picture that
    is there twice counts once (`same-picture`); in the folders of two people it counts for neither (`two-people`), as
    it would be an impostor who looks exactly alike. Raises EngineUnavailable, EngineBusy: half a calibration is none.
    """
    vectors: dict[int, dict[str, Embedding]] = {}
    refused: list[RefusedPhoto] = []
    first: dict[str, Photo] = {}
    for photo in photos:
        try:
            data = _read(photo.file)
            digest = hashlib.sha256(data).hexdigest()
            other = first.setdefault(digest, photo)
            if other is not photo:
                refused.append(
                    RefusedPhoto(photo.file, "same-picture" if other.person == photo.person else "two-people")
                )
                if other.person != photo.person and vectors.get(other.person, {}).pop(digest, None) is not None:
                    refused.append(RefusedPhoto(other.file, "two-people"))
            else:
                vectors.setdefault(photo.person, {})[digest] = _vector(engine, data)
        except (EngineUnavailable, EngineBusy):
            raise
        except UserError as problem:
            refused.append(RefusedPhoto(photo.file, problem.code))
        except OSError:
            refused.append(RefusedPhoto(photo.file, "not-a-picture"))
        step()
    return {person: list(each.values()) for person, each in vectors.items() if each}, refused


def _read(file: Path) -> bytes:
    """No more of it than shows that it is too large."""
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _vector(engine: FaceEngine, data: bytes) -> Embedding:
    rgb = read_picture(data)
    face = only_face(engine.detect(rgb))
    if face.width < LEAST_FACE_PX:
        raise UserError("face-too-small", "照片中人脸过小", "the face in the photo is too small")
    return engine.embed(rgb, face)


def calibrate(engine_id: str, model_sha256: str, vectors: Vectors, utc_ms: int) -> Calibrated:
    """The cohort of these people, measured on themselves. Raises CohortError: fewer than `SMALLEST` people."""
    people = [each for _, each in sorted(vectors.items()) if each]
    first = _matrix([each[0] for each in people]) if people else np.zeros((0, 1), np.float32)
    measured = Cohort(engine_id, model_sha256, first)
    tables: list[Table] = []
    probes: list[tuple[int, Scores]] = []
    if smallest_cohort(len(people)) >= SMALLEST:
        for frames in (1, *FRAMES):
            scores = _scores(people, frames)
            if scores is not None:
                tables.append(Table(frames, operating_table(scores)))
                probes.append((frames, scores))
    calibration = _calibration(len(people), [(f, s) for f, s in probes if f >= FRAMES[0]], utc_ms)
    cohort = Cohort(engine_id, model_sha256, measured.vectors, calibration)
    return Calibrated(cohort, tables, sum(map(len, people)))


def bounded_threshold(scores: Scores, limit: float = FALSE_MATCH_RATE) -> tuple[float | None, float]:
    """The lowest score from which the bound of the false match rate is at most `limit`, and the bound there; None
    where there are too few pairs to tell, with the bound above all impostors seen."""
    tried = len(scores.impostor)
    best = upper_bound(0, tried)
    if best > limit:
        return None, best
    drawn = _Drawn(scores)
    for errors in _fewer(_most_errors(tried, limit)):
        threshold = threshold_at(scores.impostor, errors / tried)
        bound = max(upper_bound(errors, tried), drawn.bound(threshold))
        if bound <= limit:
            return threshold, bound
    return None, drawn.bound(float(scores.impostor.max()))


def _calibration(people: int, probes: list[tuple[int, Scores]], utc_ms: int) -> Calibration | None:
    if not probes:
        return None
    # A mean of more photos scores higher against everybody: the strictest of the probes decides for all of them.
    found = [bounded_threshold(scores) for _, scores in probes]
    thresholds = [threshold for threshold, _ in found if threshold is not None]
    whole = len(thresholds) == len(found)
    most, scores = probes[-1]
    return Calibration(
        frames=most,
        impostor_pairs=len(scores.impostor),
        genuine_pairs=len(scores.genuine),
        people=people,
        pass_from=max(STRONG, *thresholds) if whole else None,
        false_match_bound=max(bound for _, bound in found),
        made_utc_ms=utc_ms,
    )


def _scores(people: list[list[Embedding]], frames: int) -> Scores | None:
    """Means of `frames` photos of those who have more, against the other photos of everybody."""
    probes: list[Embedding] = []
    owners: list[int] = []
    enrolled: list[Embedding] = []
    persons: list[int] = []
    most = max(1, MOST_PAIRS // len(people) ** 2)
    for person, vectors in enumerate(people):
        # The first photo may be in the cohort of others, never in a probe: it is what the gate would have on file.
        taken = vectors[-frames:] if len(vectors) > frames else []
        if taken:
            probes.append(np.mean(taken, axis=0))
            owners.append(person)
        rest = vectors[: len(vectors) - len(taken)][:most]
        enrolled += rest
        persons += [person] * len(rest)
    if not probes:
        return None
    return all_pairs(
        _matrix(probes), _indices(owners), _matrix(enrolled), _indices(persons), normalise=True, once=False
    )


def _most_errors(tried: int, limit: float) -> int:
    """How many false matches of `tried` the exact bound allows."""
    low, high = 0, int(limit * tried) + 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if upper_bound(middle, tried) <= limit else (low, middle - 1)
    return low


def _fewer(errors: int) -> Iterator[int]:
    while errors > 0:
        yield errors
        errors -= max(1, errors // 10)
    yield 0


class _Drawn:
    """People drawn with replacement, and how many impostor pairs each draw has: the same for every threshold."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        people = scores.people
        flat = scores.impostor_people[:, 0].astype(np.int64) * people + scores.impostor_people[:, 1]
        of_two = np.bincount(flat, minlength=people**2).reshape(people, people).astype(np.float32)
        random = np.random.default_rng(20_261_126)
        self._times = np.stack(
            [np.bincount(random.integers(0, people, people), minlength=people) for _ in range(_ROUNDS)]
        ).astype(np.float32)
        self._pairs = np.einsum("rp,rp->r", self._times, self._times @ of_two.T, dtype=np.float64)

    def bound(self, threshold: float) -> float:
        """95th percentile of the false match rate from this score on."""
        wrong = self._scores.impostor_people[self._scores.impostor >= threshold]
        errors = np.einsum("re,re->r", self._times[:, wrong[:, 0]], self._times[:, wrong[:, 1]], dtype=np.float64)
        some = self._pairs > 0
        return float(np.percentile(errors[some] / self._pairs[some], 95)) if some.any() else 1.0


def _matrix(vectors: list[Embedding]) -> Matrix:
    return np.array(vectors, np.float32)


def _indices(values: list[int]) -> Indices:
    return np.array(values, np.int64)
