"""Operating figures of a face engine: scores of all pairs of people, each normalised by people who are in neither
photo.

People are dealt into groups; a pair of people of the groups i and j is normalised by the cohort of all other
groups, so that all pairs count and no cohort knows either person. Pure: vectors in, figures out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from identity.cohort import Matrix, nearest_statistics
from identity.intervals import Rate, rate

GROUPS = 8
FALSE_MATCH_RATES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
ROUNDS = 400
"""Of the bootstrap (Efron 1979): people are drawn with replacement, so that pairs which share a person stay
together."""

_TAIL = 0.06

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class Scores(msgspec.Struct, frozen=True):
    """Scores of pairs, higher is more alike, and whose pair each is (two indices of people)."""

    genuine: Floats
    genuine_person: Indices
    impostor: Floats
    impostor_people: npt.NDArray[np.int32]
    """Two columns."""
    people: int


class Operating(msgspec.Struct, frozen=True):
    """One row of the operating table."""

    threshold: float
    false_match: Rate
    false_non_match: Rate


class Between(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval by bootstrap over people."""

    value: float
    low: float
    high: float


def all_pairs(
    probes: Matrix, probe_person: Indices, enrolled: Matrix, enrolled_person: Indices, *, normalise: bool, once: bool
) -> Scores:
    """Every probe against every enrolled vector. `once`: both are the same list, so that each pair counts once."""
    matrix = score_matrix(probes, probe_person, enrolled, enrolled_person, normalise=normalise)
    same = probe_person[:, None] == enrolled_person[None, :]
    wanted = np.triu(np.ones(matrix.shape, bool), 1) if once else np.ones(matrix.shape, bool)
    return chosen_pairs(matrix, probe_person, enrolled_person, wanted & same, wanted & ~same)


def chosen_pairs(
    matrix: Matrix,
    probe_person: Indices,
    enrolled_person: Indices,
    genuine: npt.NDArray[np.bool_],
    impostor: npt.NDArray[np.bool_],
) -> Scores:
    """The scores of some pairs of a matrix."""
    rows, columns = np.nonzero(impostor)
    return Scores(
        genuine=matrix[genuine].astype(np.float64),
        genuine_person=probe_person[np.nonzero(genuine)[0]],
        impostor=matrix[rows, columns].astype(np.float64),
        impostor_people=np.stack([probe_person[rows], enrolled_person[columns]], axis=1).astype(np.int32),
        people=int(max(probe_person.max(), enrolled_person.max())) + 1,
    )


def score_matrix(
    probes: Matrix, probe_person: Indices, enrolled: Matrix, enrolled_person: Indices, *, normalise: bool
) -> Matrix:
    """A row for each probe, a column for each enrolled vector: minus the distance, or normalised.

    Normalised, the cohort of a pair of people is one enrolled vector (the first) of each person in other groups.
    """
    raw = _scores(probes, enrolled)
    return _normalised(raw, probes, probe_person, enrolled, enrolled_person) if normalise else raw


def _scores(left: Matrix, right: Matrix) -> Matrix:
    """Minus the Euclidean distances."""
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)[None, :] - 2 * (left @ right.T)
    out: Matrix = -np.sqrt(np.maximum(squares, 0)).astype(np.float32)
    return out


def _normalised(
    raw: Matrix, probes: Matrix, probe_person: Indices, enrolled: Matrix, enrolled_person: Indices
) -> Matrix:
    cohort_person, first = np.unique(enrolled_person, return_index=True)
    group_of = cohort_person % GROUPS
    probe_cohort, enrolled_cohort = _scores(probes, enrolled[first]), _scores(enrolled, enrolled[first])
    out = np.zeros_like(raw)
    for i in range(GROUPS):
        rows = np.nonzero(probe_person % GROUPS == i)[0]
        for j in range(GROUPS):
            columns = np.nonzero(enrolled_person % GROUPS == j)[0]
            if not len(rows) or not len(columns):
                continue
            others = (group_of != i) & (group_of != j)
            mean, sd = nearest_statistics(probe_cohort[np.ix_(rows, others)])
            other_mean, other_sd = nearest_statistics(enrolled_cohort[np.ix_(columns, others)])
            part = raw[np.ix_(rows, columns)]
            ours = (part - mean[:, None]) / sd[:, None]
            theirs = (part - other_mean[None, :]) / other_sd[None, :]
            out[np.ix_(rows, columns)] = (ours + theirs) / 2
    return out


def smallest_cohort(people: int) -> int:
    """How many people normalise a pair at least."""
    return people - 2 * -(-people // GROUPS)


def threshold_at(impostor: Floats, false_match: float) -> float:
    """The lowest score at which at most this part of the impostors pass (score >= threshold)."""
    allowed = int(false_match * len(impostor))
    if allowed >= len(impostor):
        return float(impostor.min())
    highest_refused = float(np.partition(impostor, len(impostor) - allowed - 1)[len(impostor) - allowed - 1])
    return float(np.nextafter(highest_refused, np.inf))


def at_threshold(scores: Scores, threshold: float) -> Operating:
    """False matches and false non-matches, counted as independent pairs (see `intervals`)."""
    return Operating(
        threshold,
        rate(int((scores.impostor >= threshold).sum()), len(scores.impostor)),
        rate(int((scores.genuine < threshold).sum()), len(scores.genuine)),
    )


def operating_table(scores: Scores, false_matches: Sequence[float] = FALSE_MATCH_RATES) -> list[Operating]:
    """A row for each false match rate that this many impostor pairs can show (ten errors at least)."""
    shown = [fmr for fmr in false_matches if fmr * len(scores.impostor) >= 10]
    return [at_threshold(scores, threshold_at(scores.impostor, fmr)) for fmr in shown]


def equal_error(scores: Scores) -> tuple[float, float]:
    """The rate at which as many impostors pass as own people are refused, and its threshold."""
    genuine, impostor = np.sort(scores.genuine), np.sort(scores.impostor)
    refused = np.searchsorted(genuine, impostor, side="left") / max(len(genuine), 1)
    passed = 1 - np.searchsorted(impostor, impostor, side="left") / max(len(impostor), 1)
    at = int(np.argmin(np.abs(passed - refused)))
    return float((passed[at] + refused[at]) / 2), float(impostor[at])


def bootstrap(scores: Scores, false_match: float, rounds: int = ROUNDS) -> tuple[Between, Between]:
    """FNMR at `false_match`, and the EER, with intervals over people. Deterministic.

    Each round draws people with replacement: a genuine pair weighs as often as its person was drawn, an impostor
    pair as the product of its two; the threshold is found anew, so that its uncertainty is in the interval too.
    """
    # Only the impostors most alike decide; all of them count in the total.
    tail = scores.impostor >= threshold_at(scores.impostor, max(_TAIL, 2 * false_match))
    order = np.argsort(-scores.impostor[tail])
    impostor, pairs = scores.impostor[tail][order], scores.impostor_people[tail][order]
    ascending = np.argsort(scores.genuine)
    genuine, owner = scores.genuine[ascending], scores.genuine_person[ascending]
    below = np.searchsorted(genuine, impostor, side="left")
    flat = scores.impostor_people[:, 0].astype(np.int64) * scores.people + scores.impostor_people[:, 1]
    of_two = np.bincount(flat, minlength=scores.people**2).reshape(scores.people, scores.people).astype(np.float32)
    random = np.random.default_rng(20_261_125)
    fnmr, eer = [], []
    for _ in range(rounds):
        drawn = np.bincount(random.integers(0, scores.people, scores.people), minlength=scores.people).astype(float)
        total = float(drawn @ (of_two @ drawn.astype(np.float32)))
        own = np.concatenate([[0.0], np.cumsum(drawn[owner])])
        if total <= 0 or own[-1] <= 0:
            continue
        passed = np.cumsum(drawn[pairs[:, 0]] * drawn[pairs[:, 1]]) / total
        refused = own[below] / own[-1]
        first_refused = min(int(np.searchsorted(passed, false_match, side="right")), len(impostor) - 1)
        fnmr.append(float(own[np.searchsorted(genuine, impostor[first_refused], side="right")] / own[-1]))
        at = int(np.argmin(np.abs(passed - refused)))
        eer.append(float((passed[at] + refused[at]) / 2))
    at_rate = at_threshold(scores, threshold_at(scores.impostor, false_match)).false_non_match.value
    return _between(at_rate, fnmr), _between(equal_error(scores)[0], eer)


def _between(value: float, drawn: list[float]) -> Between:
    low, high = np.percentile(drawn, [2.5, 97.5]) if drawn else (0.0, 1.0)
    return Between(value, float(low), float(high))
