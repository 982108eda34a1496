"""`yunting storage ...`: parses, calls, prints."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

storage = typer.Typer(help="存储 / where the record is kept", no_args_is_help=True)


@storage.callback()
def storage_group() -> None:
    """存储 / where the record is kept."""


@storage.command("rotate")
def storage_rotate(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML 设置文件 / settings file")] = None,
    json: Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object")] = False,
) -> None:
    """更换录音录像的主密钥，只重新包裹各庭次的密钥 / a new operator's key for sealed recordings.

    服务器可照常运行；中断后再执行即继续。 / Only the sessions' keys are wrapped anew. A server may be running;
    killed, it goes on when it is run again.
    """
    from config import load
    from yunting.record.recording_keys import rotate

    done = asyncio.run(rotate(load(config, os.environ)))
    if json:
        sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
        return
    out = Console(highlight=False)
    out.print(
        f"{done.key_file}: {done.rewrapped} 个庭次的密钥已重新包裹；请另存新密钥 / keys of sessions were wrapped "
        "anew; keep a copy of the new key elsewhere",
        soft_wrap=True,
        markup=False,
    )


@storage.command("sweep")
def storage_sweep(
    session_id: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="已闭庭的庭次；不填为全部已封存的 / one that is closed")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML 设置文件 / settings file")] = None,
    json: Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object")] = False,
) -> None:
    """删除不再需要的合成片段；记录不变 / remove the pieces of composites that nobody needs; the record stays.

    已最终封存的庭次由服务器自动删除。指定庭次则一并删除：再次导出时重新制作。 / The server does it by itself once a
    record is sealed for good. Those of another session are made again when it is exported.
    """
    from config import load
    from yunting.record.pieces import sweep_offline

    swept = asyncio.run(sweep_offline(load(config, os.environ), session_id))
    if json:
        sys.stdout.write(msgspec.json.encode({"sessions": swept}).decode() + "\n")
        return
    out = Console(highlight=False)
    for session, count in swept.items():
        out.print(f"{session}: {count / 1e6:.1f} MB", soft_wrap=True, markup=False)
    out.print(f"已删除 / removed: {len(swept)}", soft_wrap=True, markup=False)
