"""`yunting bench liveness`: how many of each kind of performance pass the liveness challenge, below the browser.

Heads are rendered from photographs (`yunting.bench.heads`), found and read by the real engine, judged by the real
machine; only time is simulated (ten pictures a second). What this says about real faces, prints and screens is
nothing: see `docs/identity.md`, "Liveness".
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from identity.engines.dlib_onnx import DlibOnnx
from identity.face_look import FaceFollower
from identity.intervals import upper_bound
from identity.liveness import Challenge, Observation, Prompt, Rules
from yunting.bench.heads.actors import BONA_FIDE, PERFORMERS, Scene, prompt_at
from yunting.bench.heads.cast import Person, choose_people, load_person

FRAME_MS = 100
PEOPLE = 20


class LivenessOptions(msgspec.Struct, frozen=True):
    """`photos` is a folder of photographs, one face each; `cache` holds the converted face model."""

    photos: Path
    cache: Path
    tries: int = 40
    kinds: tuple[str, ...] = tuple(PERFORMERS)
    seed: int = 1
    steps: int = 3
    processes: int = 2


class KindRow(msgspec.Struct, frozen=True):
    """One kind of performance. `upper_95` bounds the rate of passing from above (one-sided Clopper-Pearson, 95 %);
    for `bona_fide` read `passed / tries`."""

    kind: str
    tries: int
    passed: int
    upper_95: float
    reasons: str


class LivenessResult(msgspec.Struct, frozen=True):
    """All rows, and what looking cost: CPU ms for a second of challenge at ten pictures a second."""

    rows: tuple[KindRow, ...]
    people: int
    heads_left_out: int
    cpu_ms_per_s: float
    challenge_s: float
    """Median length of a challenge that was passed."""


class Try(msgspec.Struct, frozen=True):
    """One performance."""

    code: str
    took_ms: int
    cpu_ms: float


def run(options: LivenessOptions) -> LivenessResult:
    """Raises ValueError for unknown kinds or without photographs."""
    unknown = sorted(set(options.kinds) - set(PERFORMERS))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(PERFORMERS)}")
    if not options.photos.is_dir():
        raise ValueError(f"{options.photos}: no folder of photographs (set YUNTING_DATA, or --photos)")
    people, left_out = choose_people(options.photos, PEOPLE, DlibOnnx(options.cache), options.seed)
    jobs = [_Job(options, tuple(people), kind, number) for kind in options.kinds for number in range(options.tries)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.processes, context) as pool:
        tries = list(pool.map(_perform_job, jobs, chunksize=2))
    rows = []
    for index, kind in enumerate(options.kinds):
        own = tries[index * options.tries : (index + 1) * options.tries]
        codes = Counter(each.code for each in own)
        reasons = ", ".join(f"{code} {count}" for code, count in codes.most_common() if code != "passed")
        rows.append(
            KindRow(
                kind, options.tries, codes["passed"], round(upper_bound(codes["passed"], options.tries), 4), reasons
            )
        )
    lengths = sorted(each.took_ms for each in tries if each.code == "passed")
    seconds = sum(each.took_ms for each in tries) / 1_000
    return LivenessResult(
        rows=tuple(rows),
        people=PEOPLE,
        heads_left_out=left_out,
        cpu_ms_per_s=round(sum(each.cpu_ms for each in tries) / max(seconds, 1e-9), 1),
        challenge_s=lengths[len(lengths) // 2] / 1_000 if lengths else 0.0,
    )


def perform(
    kind: str, person: Person, other: Person, engine: DlibOnnx, number: int, seed: int = 1, steps: int = 3
) -> Try:
    """One try of one kind; the same numbers give the same try."""
    chance = random.Random(f"{seed}/{kind}/{number}")
    challenge = Challenge(random.Random(f"{seed}/{number}/asked"), 0, Rules(steps=steps))
    performer = PERFORMERS[kind](Scene(person, other, challenge.steps, chance))
    follower = FaceFollower(engine)
    shown: tuple[int, Prompt] | None = None
    time_ms = 0
    while challenge.outcome is None:
        time_ms += FRAME_MS
        picture = performer.picture(time_ms, *prompt_at(shown, time_ms))
        seen = follower.look(picture, time_ms, challenge.wants_embedding)
        observed = Observation(time_ms, seen.faces, seen.landmarks, seen.embedding, seen.quality, seen.hint)
        for output in challenge.observe(observed):
            shown = (time_ms, output) if isinstance(output, Prompt) else shown
    return Try(challenge.outcome.code, time_ms, follower.cpu_ms)


class _Job(msgspec.Struct, frozen=True):
    options: LivenessOptions
    people: tuple[Path, ...]
    kind: str
    number: int


def _perform_job(job: _Job) -> Try:
    options, people = job.options, job.people
    engine = _engine(options.cache)
    other = random.Random(job.number).randrange(1, len(people))
    pair = [_person(people[(job.number + shift) % len(people)], options.cache) for shift in (0, other)]
    return perform(job.kind, pair[0], pair[1], engine, job.number, options.seed, options.steps)


@cache
def _engine(folder: Path) -> DlibOnnx:
    """Once in each process."""
    return DlibOnnx(folder)


@lru_cache(maxsize=64)
def _person(file: Path, folder: Path) -> Person:
    person = load_person(file, _engine(folder))
    assert person is not None
    return person


def default_photos() -> Path:
    """The test data's photographs."""
    return Path(os.environ.get("YUNTING_DATA", "var/data")) / "faces" / "lfw"


ATTACKS = tuple(kind for kind in PERFORMERS if kind != BONA_FIDE)
