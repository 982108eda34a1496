"""`yunting roll ...`: creditors' tables from the command line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

roll = typer.Typer(help="债权表 / creditors' rolls", no_args_is_help=True)

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


@roll.command("import")
def roll_import(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="csv 或 xlsx / csv or xlsx")
    ],
    meeting: Annotated[str, typer.Option("--meeting", help="债权人会议编号 / id of the meeting")],
    accept_refusals: Annotated[
        bool,
        typer.Option("--accept-refusals", help="有错误行时也导入其余行 / import the other rows though some are bad"),
    ] = False,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML 设置文件 / settings file")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object as the last line")
    ] = False,
) -> None:
    """导入债权表，错误逐行列出；退出码 1：未导入 / import a table; exit 1: bad rows, nothing imported."""
    import os

    from config import load
    from yunting.rolls import import_file

    with Progress(console=_err, disable=not _err.is_terminal) as bar:
        task = bar.add_task("读取债权表 / reading the table", total=1000)
        told = asyncio.run(
            import_file(
                load(config, os.environ),
                meeting,
                file,
                accept_refusals=accept_refusals,
                progress=lambda permille: bar.update(task, completed=permille),
            )
        )
    for row in told.refused:
        _err.print(f"第 {row.line} 行 / line {row.line}  {row.column}: {row.zh} / {row.en}", soft_wrap=True)
    if told.refused_rows > len(told.refused):
        _err.print(f"…… 共 {told.refused_rows} 行有误 / rows refused in all: {told.refused_rows}")
    for row in told.without_decision:
        _err.print(
            f"注意：第 {row.line} 行 / note: line {row.line}  {row.column}: {row.zh} / {row.en}", soft_wrap=True
        )
    if told.without_decision_rows > len(told.without_decision):
        _err.print(f"…… 共 {told.without_decision_rows} 行 / such rows in all: {told.without_decision_rows}")
    if json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        done = "已导入 / imported" if told.kept else "未导入 / NOT imported"
        _out.print(f"{done}: {told.claims} 笔债权 / claims, {told.voting} 人有表决权 / with a vote")
        _out.print(f"申报 / filed {_yuan(told.filed_fen)}  有表决权 / voting {_yuan(told.voting_fen)}")
        for group in told.groups:
            _out.print(f"  {group.group.value:<10}{group.creditors:>8}  {_yuan(group.amount_fen)}")
    raise typer.Exit(0 if told.kept else 1)


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d} 元"
