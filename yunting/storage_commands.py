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
    from yunting.recording_keys import rotate

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
