"""`yunting bench watch`: how soon the watch reports what it must, what it costs, and what it reports of people who
only sit there. In simulated time: hours of a hearing take minutes.

People are rendered heads (`yunting.bench.heads`). Really run are: encoder, RTP, `Sampler` with its decoder, the face
engine, the scores, the schedule with its budget, the rules. Not run: network, SRTP and the SFU (`tests/soak`).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from identity.cohort import Cohort
from identity.engine import Embedding
from identity.engines.dlib_onnx import DlibOnnx
from identity.images import read_picture
from identity.intervals import upper_bound
from identity.score import Scorer
from identity.watch import WatchState
from yunting.bench.heads.cast import Person, choose_people, load_person
from yunting.bench.heads.sitter import READING, Manners, Seat, Sitter
from yunting.bench.watch_court import DOUBTS, Court

LIMIT_S = 60.0
_QUIET_S = (60.0, 80.0)
_GIVE_UP_S = 120.0
_WANTED: dict[Seat, WatchState] = {
    "swap": WatchState.MISMATCH,
    "empty": WatchState.ABSENT,
    "second": WatchState.MULTIPLE,
}


class Reported(NamedTuple):
    """Seconds from what happened on a seat to its report, `_GIVE_UP_S` without one."""

    right_s: float
    any_s: float
    """To the first doubt of whatever kind."""


class WatchOptions(msgspec.Struct, frozen=True):
    """`cohort` people normalise the scores; 0: plain distances, as before a calibration."""

    photos: Path
    cache: Path
    trials: int = 20
    hours: float = 2.0
    reading_hours: float = 0.0
    seats: int = 3
    cohort: int = 0
    seed: int = 1


class KindRow(msgspec.Struct, frozen=True):
    """One thing that happens on a seat. Seconds from then to the report by the right name; `any_within_60_s` counts
    other doubts too: while the person is hidden, a second one is taken for another."""

    kind: str
    trials: int
    within_60_s: int
    any_within_60_s: int
    s_min: float
    s_p50: float
    s_max: float


class QuietRow(msgspec.Struct, frozen=True):
    """Hours of the same people. `false_reports` of nobody, several people, another person; `upper_95_per_h` bounds
    them all, for an hour of one seat (one-sided 95 %)."""

    manners: str
    seats: int
    hours: float
    looks: int
    no_face_pct: float
    unusable_pct: float
    score_p1: float
    lowest_score: float
    false_reports: str
    upper_95_per_h: float
    cpu_s_per_seat_s: float


class WatchResult(msgspec.Struct, frozen=True):
    """All rows. `false_in_trials`: reports of seats on which nothing had happened yet."""

    rows: tuple[KindRow, ...]
    quiet: tuple[QuietRow, ...]
    false_in_trials: int
    keyframe_bytes: int
    """Mean size of a sampled picture on the wire."""
    people: int


def run(options: WatchOptions) -> WatchResult:
    """Raises ValueError without photographs."""
    if not options.photos.is_dir():
        raise ValueError(f"{options.photos}: no folder of photographs (set YUNTING_DATA, or --photos)")
    return asyncio.run(_run(options))


async def _run(options: WatchOptions) -> WatchResult:
    engine = DlibOnnx(options.cache)
    files, _ = choose_people(options.photos, 2 * options.seats + 4, engine, options.seed)
    people = [person for person in (load_person(file, engine) for file in files) if person is not None]
    names = {file.stem.rsplit("_", 1)[0] for file in files}
    scorer = Scorer(engine.engine_id, engine.model_sha256, _cohort(options, engine, names))
    chance = random.Random(options.seed)
    delays: dict[Seat, list[Reported]] = {kind: [] for kind in _WANTED}
    early = 0
    sizes: list[float] = []
    for _ in range(options.trials):
        async with Court(engine, scorer) as court:
            found, before = await _trial(court, people, chance)
            for kind, reported in found.items():
                delays[kind].append(reported)
            early += before
            sizes += court.picture_bytes
    quiet = []
    for manners, hours, of in (("usual", options.hours, Manners()), ("reading", options.reading_hours, READING)):
        if hours:
            async with Court(engine, scorer) as court:
                for number in range(options.seats):
                    court.sit(Sitter(*_pair(people, number), random.Random(f"{options.seed}/{number}"), of))
                await court.passes(hours * 3_600)
                quiet.append(_quiet_row(court, manners, hours))
                sizes += court.picture_bytes
    return WatchResult(
        rows=tuple(_kind_row(kind, reported) for kind, reported in delays.items() if reported),
        quiet=tuple(quiet),
        false_in_trials=early,
        keyframe_bytes=round(sum(sizes) / max(1, len(sizes))),
        people=len(people),
    )


async def _trial(court: Court, people: list[Person], chance: random.Random) -> tuple[dict[Seat, Reported], int]:
    """Three seats; after a while something happens on each. Seconds to its report, and false ones before."""
    chosen = chance.sample(people, 6)
    kinds = chance.sample(list(_WANTED), len(_WANTED))
    for number in range(len(kinds)):
        sitter = Sitter(chosen[2 * number], chosen[2 * number + 1], random.Random(chance.random()))
        court.sit(sitter)
    await court.passes(chance.uniform(*_QUIET_S))
    early = court.false_reports
    began_ms = court.now_ms
    for watched, kind in zip(court.seats, kinds, strict=True):
        watched.sitter.seat = kind

    def seconds(number: int, *states: WatchState) -> float:
        told = court.seats[number].changes
        at_ms = (c.time_ms for c in told if c.time_ms > began_ms and c.state in states)
        return next(((at - began_ms) / 1_000 for at in at_ms), _GIVE_UP_S)

    def reported(number: int) -> Reported:
        return Reported(seconds(number, _WANTED[kinds[number]]), seconds(number, *DOUBTS))

    end_ms = began_ms + _GIVE_UP_S * 1_000
    while court.now_ms < end_ms and any(reported(number).right_s == _GIVE_UP_S for number in range(len(kinds))):
        await court.passes(1.0)
    return {kind: reported(number) for number, kind in enumerate(kinds)}, early


def _kind_row(kind: str, reported: list[Reported]) -> KindRow:
    ordered = sorted(each.right_s for each in reported)
    within, of_any = (sum(s <= LIMIT_S for s in column) for column in zip(*reported, strict=True))
    s_min, s_p50, s_max = (round(ordered[place], 1) for place in (0, len(ordered) // 2, -1))
    return KindRow(kind, len(ordered), within, of_any, s_min, s_p50, s_max)


def _quiet_row(court: Court, manners: str, hours: float) -> QuietRow:
    samples = [sample for seat in court.seats for sample in seat.samples]
    scores = [sample.score for sample in samples if sample.score is not None]
    reports = Counter(str(change.state) for seat in court.seats for change in seat.changes if change.state in DOUBTS)
    seat_hours = hours * len(court.seats)
    return QuietRow(
        manners=manners,
        seats=len(court.seats),
        hours=hours,
        looks=len(samples),
        no_face_pct=round(100 * sum(sample.faces == 0 for sample in samples) / len(samples), 1),
        unusable_pct=round(100 * sum(sample.faces > 0 and not sample.usable for sample in samples) / len(samples), 1),
        score_p1=round(float(np.percentile(scores, 1)), 2),
        lowest_score=round(min(scores), 2),
        false_reports=", ".join(f"{state} {count}" for state, count in reports.most_common()) or "0",
        upper_95_per_h=round(upper_bound(sum(reports.values()), len(samples)) * len(samples) / seat_hours, 2),
        cpu_s_per_seat_s=round(court.cpu_s / (seat_hours * 3_600), 5),
    )


def _pair(people: list[Person], number: int) -> tuple[Person, Person]:
    return people[2 * number], people[2 * number + 1]


def _cohort(options: WatchOptions, engine: DlibOnnx, without: set[str]) -> Cohort | None:
    """One photograph of each of so many other people."""
    vectors: dict[str, Embedding] = {}
    for file in sorted(options.photos.rglob("*.jpg")):
        name = file.stem.rsplit("_", 1)[0]
        if len(vectors) == options.cohort:
            break
        if name in without or name in vectors:
            continue
        rgb = read_picture(file.read_bytes())
        boxes = engine.detect(rgb)
        if len(boxes) == 1:
            vectors[name] = engine.embed(rgb, boxes[0])
    return Cohort(engine.engine_id, engine.model_sha256, np.stack(list(vectors.values()))) if vectors else None
