"""`yunting identity ...`: parses, calls, prints."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

identity = typer.Typer(help="身份核验 / the gate", no_args_is_help=True)


@identity.command("calibrate")
def identity_calibrate(
    photos: Annotated[Path, typer.Option(help="每人一个文件夹 / a folder for each person")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML 设置文件 / settings file")] = None,
    json: Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object")] = False,
) -> None:
    """校准人脸比对，只用同意参加的工作人员照片 / calibrate with photos of consenting staff only."""
    from config import load
    from identity.reasons import words
    from yunting.calibration import calibrate_from, said
    from yunting.engines import chosen_engine, live_engine
    from yunting.gate import wrapping_key

    settings = load(config, os.environ)
    errors = Console(stderr=True, highlight=False)
    with closing(chosen_engine(settings, live_engine(settings))) as engine:
        report = calibrate_from(settings, engine, photos, wrapping_key(settings), errors)
    if json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        return
    out = Console(highlight=False)
    for refusal in report.refused:
        said_zh, said_en = words(refusal.reason)
        out.print(f"- {refusal.file}: {said_zh} / {said_en}", markup=False, soft_wrap=True)
    table = Table("照片数 / photos averaged", "阈值 / threshold", "误认 / FMR", "误拒 / FNMR", "95 %")
    for row in report.table:
        interval = f"{row.fnmr_low:.2%} – {row.fnmr_high:.2%}"
        table.add_row(str(row.frames), f"{row.threshold:.2f}", f"{row.fmr:.1e}", f"{row.fnmr:.2%}", interval)
    out.print(table)
    out.print(
        f"{report.people} 人 / people, {report.photos} 张 / photos → {report.cohort}", soft_wrap=True, markup=False
    )
    out.print(said(report), soft_wrap=True, markup=False)
