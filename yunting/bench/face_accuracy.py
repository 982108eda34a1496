"""How often faces are taken for another's: error rates of pairs of photos, with 95 % intervals."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from identity.cohort import Matrix
from identity.evaluate import (
    Between,
    Indices,
    Scores,
    all_pairs,
    at_threshold,
    bootstrap,
    chosen_pairs,
    operating_table,
    score_matrix,
    smallest_cohort,
)
from identity.intervals import Rate, rate
from identity.score import REVIEW_FROM, STRONG
from yunting.bench.face_pictures import Acquired, Pair

FRAMES = (3, 5)
"""Probes of several photos, averaged. Frames of one visit are more alike than photos: the gain at the gate is
less."""

Interval = tuple[float, float]


class OperatingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the operating table."""

    score: str
    frames: int
    threshold: float
    fmr: float
    fmr_95: Interval
    fnmr: float
    fnmr_95: Interval


class PointRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a person meets at the gate: parts of 1."""

    frames: int
    who: str
    passes: float
    review: float
    fails: float
    pairs: int


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """`*_95` are 95 % intervals: by bootstrap over people for `eer*` and `fnmr_at_fmr_1e3*`, else Clopper-Pearson."""

    eer: float
    """Of the listed pairs; normalised scores, flip averaging, one photo against one photo."""
    eer_95: Interval
    eer_raw: float
    """The same with plain distances."""
    eer_raw_95: Interval
    fta: float
    fta_95: Interval
    fnmr_at_fmr_1e3: float
    """Over all pairs of the pictures; normalised, flip averaging, single photos."""
    fnmr_at_fmr_1e3_95: Interval
    fnmr_at_fmr_1e3_no_flip: float
    fnmr_at_fmr_1e3_no_flip_95: Interval
    fnmr_at_fmr_1e3_3_frames: float
    fnmr_at_fmr_1e3_3_frames_95: Interval
    threshold: float
    """The score below which the gate fails a match; `far` and `frr` are over all pairs there, single photos."""
    far: float
    far_95: Interval
    frr: float
    frr_95: Interval
    images: int
    people: int
    pairs: int
    genuine_pairs: int
    impostor_pairs: int
    cohort_people: int
    """At least so many people normalise a pair."""
    table: list[OperatingRow]
    points: list[PointRow]


def accuracy(found: Acquired, pairs: list[Pair]) -> Accuracy:
    """All figures. ValueError: too few people to normalise by."""
    if smallest_cohort(found.people) < 200:
        raise ValueError(f"人数太少 / too few people to normalise by: {found.people}")
    plain = _single(found.plain, found.person)
    single = _single(found.flipped, found.person)
    raw = all_pairs(found.flipped, found.person, found.flipped, found.person, normalise=False, once=True)
    visits = {frames: _visits(found, frames) for frames in FRAMES}
    listed, listed_raw = (_listed(found, pairs, normalise) for normalise in (True, False))
    eer, eer_raw = (bootstrap(scores, 1e-2)[1] for scores in (listed, listed_raw))
    fnmr, no_flip, several = (bootstrap(scores, 1e-3)[0] for scores in (single, plain, visits[3]))
    fta = rate(found.tried - len(found.names), found.tried)
    gate = at_threshold(single, REVIEW_FROM)
    kinds = [("raw", 1, raw), ("as-norm, no flip", 1, plain), ("as-norm", 1, single)]
    kinds += [("as-norm", frames, scores) for frames, scores in visits.items()]
    return Accuracy(
        eer=eer.value,
        eer_95=_ends(eer),
        eer_raw=eer_raw.value,
        eer_raw_95=_ends(eer_raw),
        fta=fta.value,
        fta_95=_ends(fta),
        fnmr_at_fmr_1e3=fnmr.value,
        fnmr_at_fmr_1e3_95=_ends(fnmr),
        fnmr_at_fmr_1e3_no_flip=no_flip.value,
        fnmr_at_fmr_1e3_no_flip_95=_ends(no_flip),
        fnmr_at_fmr_1e3_3_frames=several.value,
        fnmr_at_fmr_1e3_3_frames_95=_ends(several),
        threshold=REVIEW_FROM,
        far=gate.false_match.value,
        far_95=_ends(gate.false_match),
        frr=gate.false_non_match.value,
        frr_95=_ends(gate.false_non_match),
        images=found.tried,
        people=found.people,
        pairs=len(listed.genuine) + len(listed.impostor),
        genuine_pairs=len(single.genuine),
        impostor_pairs=len(single.impostor),
        cohort_people=smallest_cohort(found.people),
        table=[row for kind in kinds for row in _rows(*kind)],
        points=[row for frames, scores in ((1, single), *visits.items()) for row in _points(frames, scores)],
    )


def _ends(figure: Rate | Between) -> Interval:
    return figure.low, figure.high


def _single(vectors: Matrix, person: Indices) -> Scores:
    return all_pairs(vectors, person, vectors, person, normalise=True, once=True)


def _visits(found: Acquired, frames: int) -> Scores:
    """Means of `frames` photos of each person who has more, against all other photos."""
    random = np.random.default_rng(1)
    probes, whose, rest = [], [], np.ones(len(found.names), bool)
    for person in np.nonzero(np.bincount(found.person) > frames)[0]:
        chosen = random.permutation(np.nonzero(found.person == person)[0])[:frames]
        probes.append(found.flipped[chosen].mean(axis=0))
        whose.append(person)
        rest[chosen] = False
    return all_pairs(
        np.array(probes, np.float32),
        np.array(whose, np.int64),
        found.flipped[rest],
        found.person[rest],
        normalise=True,
        once=False,
    )


def _listed(found: Acquired, pairs: list[Pair], normalise: bool) -> Scores:
    at = {name: index for index, name in enumerate(found.names)}
    matrix = score_matrix(found.flipped, found.person, found.flipped, found.person, normalise=normalise)
    genuine, impostor = np.zeros(matrix.shape, bool), np.zeros(matrix.shape, bool)
    for pair in pairs:
        if pair.left in at and pair.right in at:
            (genuine if pair.same else impostor)[at[pair.left], at[pair.right]] = True
    return chosen_pairs(matrix, found.person, found.person, genuine, impostor)


def _rows(score: str, frames: int, scores: Scores) -> list[OperatingRow]:
    return [
        OperatingRow(
            score=score,
            frames=frames,
            threshold=round(row.threshold, 3),
            fmr=_digits(row.false_match.value),
            fmr_95=_short(row.false_match),
            fnmr=_digits(row.false_non_match.value),
            fnmr_95=_short(row.false_non_match),
        )
        for row in operating_table(scores)
    ]


def _points(frames: int, scores: Scores) -> list[PointRow]:
    out = []
    for who, values in (("own", scores.genuine), ("other", scores.impostor)):
        passes, fails = float((values >= STRONG).mean()), float((values < REVIEW_FROM).mean())
        out.append(
            PointRow(
                frames=frames,
                who=who,
                passes=_digits(passes),
                review=_digits(1 - passes - fails),
                fails=_digits(fails),
                pairs=len(values),
            )
        )
    return out


def _short(figure: Rate) -> Interval:
    return _digits(figure.low), _digits(figure.high)


def _digits(value: float) -> float:
    return float(f"{value:.3g}")
