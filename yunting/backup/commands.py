"""`yunting backup` and `yunting restore`: parse, call, print."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML 设置文件 / settings file")]
Json = Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object as the last line")]

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


class BackedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What `yunting backup --json` and `yunting restore --json` print."""

    backup: str
    about: Any


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="备份放在哪里 / where backups lie")],
    drill: Annotated[
        bool, typer.Option("--drill", help="演练：恢复最新备份并核验 / restore the newest one aside and check it")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="只列出旧备份；加 --yes 才删除 / list old backups; --yes removes them")
    ] = False,
    keep: Annotated[
        int, typer.Option("--keep", min=1, help="--prune：保留几份完好的 / how many whole ones stay")
    ] = 7,
    yes: Annotated[bool, typer.Option("--yes", help="--prune：确认删除 / remove them")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """备份数据库、录音录像、卷宗包；服务器可照常运行 / back the record up; a server may be running.

    密钥 identity.key、storage.key 不在备份里，请另存 / the keys that wrap others are not in it: keep them elsewhere.
    """
    from config import load
    from yunting.backup.drill import drill as run
    from yunting.backup.folder import about
    from yunting.backup.make import make

    if drill and prune:
        raise typer.BadParameter("--drill 与 --prune 只能用一个 / one of --drill and --prune")
    if prune:
        _prune(folder, keep, yes, json)
        return
    settings = load(config, os.environ)
    with _bytes_shown("演练 / drill" if drill else "备份 / backup") as told:
        if not drill:
            made = make(settings, folder, told)
            done = BackedUp(backup=str(made), about=about(made))
        else:
            result = asyncio.run(run(settings, folder, told))
    if drill:
        if json:
            _print_json(result)
        else:
            for line in result.noted:
                _out.print(f"· {line}", soft_wrap=True, markup=False)
            for line in result.wrong:
                _out.print(f"✗ {line}", soft_wrap=True, markup=False, style="red")
            _out.print(
                f"{result.backup}: {result.sessions} 庭次 / sessions, {result.entries} 条日志 / entries, "
                f"{result.heads} 签名 / heads, {result.tracks} 轨道 / tracks, {result.packages} 卷宗包 / packages, "
                f"{result.ballots.leaves} 表决叶 / ballot leaves, {result.ballots.heads} 树头 / tree heads "
                f"({'完好 / whole' if not result.wrong else '有误 / wrong'})",
                soft_wrap=True,
                markup=False,
            )
        raise typer.Exit(1 if result.wrong else 0)
    _tell(done, json)


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="一份备份，或备份所在目录 / one, or where they lie")],
    config: Config = None,
    json: Json = False,
) -> None:
    """把备份恢复到设置所指的位置；已有数据时拒绝 / put the newest backup where the settings say; never over data."""
    from config import load
    from yunting.backup.folder import newest
    from yunting.backup.restore import restore as run

    settings = load(config, os.environ)
    with _bytes_shown("恢复 / restore") as told:
        found = newest(folder)
        done = BackedUp(backup=str(found), about=run(found, settings, told))
    _tell(done, json)


def _prune(folder: Path, keep: int, yes: bool, json: bool) -> None:
    from yunting.backup.prune import prune as run

    with _bytes_shown("核对 / reading through") as told:
        done = run(folder, keep, remove=yes, hashed=told)
    if json:
        _print_json(done)
        return
    said = "已删除 / removed" if done.removed else "将删除，加 --yes 执行 / would be removed with --yes"
    for what, paths in (("完好，保留 / whole, kept", done.kept), ("损坏 / damaged", done.damaged), (said, done.old)):
        for path in paths:
            _out.print(f"{what}: {path}", soft_wrap=True, markup=False)


def _tell(done: BackedUp, json: bool) -> None:
    if json:
        _print_json(done)
        return
    for line in (*(f"缺 / missing: {name}" for name in done.about.missing), *done.about.left_out):
        _out.print(f"· {line}", soft_wrap=True, markup=False)
    _out.print(
        f"{done.backup}: {done.about.sessions} 庭次 / sessions, {done.about.files} 文件 / files, "
        f"{done.about.bytes / 1e6:.1f} MB",
        soft_wrap=True,
        markup=False,
    )


def _print_json(answer: object) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")


@contextmanager
def _bytes_shown(what: str) -> Iterator[Callable[[int], object]]:
    with Progress(
        *Progress.get_default_columns()[:1], DownloadColumn(), console=_err, disable=not _err.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda count: bar.advance(task, count)
