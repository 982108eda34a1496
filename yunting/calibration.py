"""`yunting identity calibrate`, and the cohort that it leaves for the server."""

from __future__ import annotations

import hashlib
import hmac
import time
from pathlib import Path

import msgspec
import structlog
from rich.console import Console
from rich.progress import Progress

from config import Settings
from identity.calibrate import FALSE_MATCH_RATE, calibrate, photos_in, vectors_of
from identity.cohort import Cohort, CohortError, load, save
from identity.engine import FaceEngine, ModelMismatch

_TOLD_EVERY = 200
_log = structlog.get_logger()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the operating table; intervals are 95 %."""

    frames: int
    threshold: float
    fmr: float
    fnmr: float
    fnmr_low: float
    fnmr_high: float


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that was left out, by its place in the folder."""

    file: str
    reason: str


class CalibrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the command found. `pass_from` None: every match goes to the clerk."""

    cohort: str
    engine: str
    model_sha256: str
    """A calibration counts for this engine and model alone."""
    people: int
    photos: int
    refused: list[Refusal]
    pass_from: float | None
    false_match_bound: float | None
    """Upper 95 % bound at `pass_from`; None where nothing could be measured."""
    false_match_wanted: float
    impostor_pairs: int
    """Probes of one person against photos of others, which the bound rests on."""
    table: list[Row]


def cohort_file(settings: Settings) -> Path:
    """Where the sealed cohort lies."""
    return Path(settings.identity.cohort or Path(settings.storage.folder) / "identity" / "cohort")


def cohort_key(wrapping_key: bytes) -> bytes:
    """The cohort's own key, from the operator's (which seals other things too)."""
    return hmac.new(wrapping_key, b"yunting cohort file", hashlib.sha256).digest()


def open_cohort(file: Path, key: bytes, engine: FaceEngine) -> Cohort | None:
    """The cohort, or None where there is none; one that cannot be used is logged and counts as none, so that every
    match goes to the clerk."""
    try:
        cohort = load(file, key)
        cohort.check(engine.engine_id, engine.model_sha256)
    except (CohortError, ModelMismatch) as problem:
        if problem.code != "cohort-absent":
            _log.error("cohort.unusable", code=problem.code, problem=problem.en)
        return None
    return cohort


def calibrate_from(
    settings: Settings, engine: FaceEngine, photos: Path, wrapping_key: bytes, console: Console
) -> CalibrationReport:
    """Measure the people of a folder and write the cohort. Raises UserError: no photos, too few people, and
    as `vectors_of`; an older cohort stays then."""
    listed = photos_in(photos)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("照片 / photos", total=len(listed))
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            bar.advance(task)
            if not console.is_terminal and done % _TOLD_EVERY == 0:
                console.print(f"照片 / photos {done}/{len(listed)}")

        vectors, refused = vectors_of(engine, listed, step)
    console.print("正在比对所有人 / comparing everybody with everybody …")
    made = calibrate(engine.engine_id, engine.model_sha256, vectors, time.time_ns() // 1_000_000)
    file = cohort_file(settings)
    save(made.cohort, file, cohort_key(wrapping_key))
    found = made.cohort.calibration
    return CalibrationReport(
        cohort=str(file),
        engine=engine.engine_id,
        model_sha256=engine.model_sha256,
        people=len(made.cohort),
        photos=made.photos,
        refused=[Refusal(file=str(each.file.relative_to(photos)), reason=each.reason) for each in refused],
        pass_from=found.pass_from if found else None,
        false_match_bound=found.false_match_bound if found else None,
        false_match_wanted=FALSE_MATCH_RATE,
        impostor_pairs=found.impostor_pairs if found else 0,
        table=[
            Row(
                frames=table.frames,
                threshold=row.threshold,
                fmr=row.false_match.value,
                fnmr=row.false_non_match.value,
                fnmr_low=row.false_non_match.low,
                fnmr_high=row.false_non_match.high,
            )
            for table in made.tables
            for row in table.rows
        ],
    )


def said(report: CalibrationReport) -> str:
    """The report's conclusion in one line of each language."""
    if report.pass_from is not None and report.false_match_bound is not None:
        bound = f"{report.false_match_bound:.1e}"
        return (
            f"自动通过自 {report.pass_from:.2f} 分（误认率 95% 上限 {bound}，{report.impostor_pairs} 对不同人），"
            f"仅适用于与样本相似的人群和本模型（{report.engine} {report.model_sha256[:12]}）\n"
            f"matches pass by themselves from {report.pass_from:.2f}: false matches at most {bound} (upper 95 % "
            f"bound, {report.impostor_pairs} pairs of different people), for people like these and this model "
            f"({report.engine} {report.model_sha256[:12]}) only"
        )
    if report.false_match_bound is None:
        return (
            "自动通过保持关闭：需要至少约 270 人，且其中许多人每人有 6 张以上照片\n"
            "automatic passing stays off: at least some 270 people are needed, many of them with six photos or more"
        )
    bound = f"{report.false_match_bound:.1e}"
    return (
        f"自动通过保持关闭：误认率 95% 上限为 {bound}，须不高于 {report.false_match_wanted:.0e}；请增加人数和照片\n"
        f"automatic passing stays off: false matches are bounded by {bound} only, {report.false_match_wanted:.0e} is "
        "needed; add people and photos"
    )
