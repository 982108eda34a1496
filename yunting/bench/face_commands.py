"""Benchmarks of the gate and of the eye on the seats."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from yunting.bench.command_line import Json, bench, plain_errors, show, show_table


@bench.command()
def liveness(
    tries: Annotated[int, typer.Option(help="每种的次数 / of each kind")] = 40,
    kinds: Annotated[str, typer.Option(help="bona_fide,photo_still,...; 默认全部 / all by default")] = "",
    photos: Annotated[Path | None, typer.Option(help="人脸照片目录 / a folder of photographs")] = None,
    steps: Annotated[int, typer.Option(help="3 | 4")] = 3,
    seed: int = 1,
    processes: int = 2,
    json: Json = False,
) -> None:
    """活体检测：各类攻击通过几次 / how many of each attack pass. Rendered heads: says nothing about real ones."""
    from yunting.bench.heads.actors import PERFORMERS
    from yunting.bench.liveness import LivenessOptions, default_photos, run

    with plain_errors(), tempfile.TemporaryDirectory() as cache:
        result = run(
            LivenessOptions(
                photos=photos or default_photos(),
                cache=Path(cache),
                tries=tries,
                kinds=tuple(kinds.split(",")) if kinds else tuple(PERFORMERS),
                seed=seed,
                steps=steps,
                processes=processes,
            )
        )
    if json:
        show(result, json)
        return
    show_table(result.rows)
    show(msgspec.structs.replace(result, rows=()), json)


@bench.command()
def watch(
    trials: Annotated[int, typer.Option(help="每种情况的次数 / of each thing that happens")] = 20,
    hours: Annotated[float, typer.Option(help="同一批人安坐的时长（模拟） / simulated, the same people")] = 2.0,
    reading_hours: Annotated[float, typer.Option(help="常低头看材料 / the same, often reading")] = 0.0,
    seats: int = 3,
    cohort: Annotated[int, typer.Option(help="归一化用的人数，0 为未校准 / people that normalise scores")] = 0,
    photos: Annotated[Path | None, typer.Option(help="人脸照片目录 / a folder of photographs")] = None,
    seed: int = 1,
    json: Json = False,
) -> None:
    """席位巡视：多久报告、误报与 CPU / how soon a seat is reported, false reports, CPU. Rendered heads, made time."""
    from yunting.bench.liveness import default_photos
    from yunting.bench.watch import WatchOptions, run

    with plain_errors(), tempfile.TemporaryDirectory() as cache:
        options = WatchOptions(
            photos=photos or default_photos(),
            cache=Path(cache),
            trials=trials,
            hours=hours,
            reading_hours=reading_hours,
            seats=seats,
            cohort=cohort,
            seed=seed,
        )
        result = run(options)
    if json:
        show(result, json)
        return
    show_table(result.rows)
    show_table(result.quiet)
    show(msgspec.structs.replace(result, rows=(), quiet=()), json)


@bench.command()
def faces(
    pairs: Annotated[Path, typer.Option(help="CSV: left,right,same")],
    json: Json = False,
) -> None:
    """人脸比对的错误率与 CPU / error rates of face matching and its CPU, beside dlib's own network."""
    from yunting.bench.faces import FacesOptions, run

    with plain_errors():
        result = run(FacesOptions(pairs=pairs))
    if json:
        show(result, json)
        return
    show_table(result.table)
    show_table(result.points)
    show(replace(result, table=[], points=[]), json)
