"""`yunting models ...`: parses, calls, prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

models = typer.Typer(help="语音模型 / speech models", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="最后一行输出一个 JSON 对象 / one JSON object as the last line")]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A model as `models list` shows it. `problem` is empty for one that is whole."""

    name: str
    engine: str
    folder: str
    installed_from: str
    licence: str
    problem: str


@models.command("list")
def models_list(json: Json = False) -> None:
    """列出本机的语音模型并检查文件 / the models on this machine, each checked."""
    from transcription.engine import ModelBroken
    from transcription.models import check_model, find_model, found_models, model_roots

    roots = model_roots(os.environ)
    rows = []
    for model in found_models(roots):
        problem = ""
        try:
            check_model(find_model(model.name, roots))
        except ModelBroken as broken:
            problem = f"{broken.zh} / {broken.en}"
        told = model.manifest
        rows.append(
            Listed(
                name=model.name,
                engine=model.engine,
                folder=str(model.folder),
                installed_from=told.source if told else "",
                licence=told.licence if told else "",
                problem=problem,
            )
        )
    if json:
        sys.stdout.write(msgspec.json.encode({"models": rows}).decode() + "\n")
        return
    out = Console(highlight=False)
    if not rows:
        out.print(f"没有语音模型 / no speech models in {', '.join(map(str, roots))}", soft_wrap=True, markup=False)
    for row in rows:
        source = row.installed_from or "没有清单，无法核对 / no manifest: cannot tell whether it was changed"
        out.print(f"{'✗' if row.problem else '✓'} {row.name}  {row.engine}  {row.folder}  {source}", markup=False)
        if row.problem:
            out.print(f"    → {row.problem}", soft_wrap=True, markup=False)


@models.command("install")
def models_install(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    source: Annotated[
        str | None, typer.Option("--from", help="压缩包文件或网址 / archive (zip, tar.gz): a file or an address")
    ] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="压缩包的 SHA-256 / of the archive")] = None,
    json: Json = False,
) -> None:
    """安装语音模型：下载、校验、解压、试用 / fetch, check, unpack and try a model."""
    from hearing.errors import UserError
    from transcription.model_install import install
    from transcription.models import model_roots

    if source is None:
        raise UserError(
            "model-source",
            f"云庭不附带模型目录：请从模型发布者处取得 {name} 的网址（或文件）和 SHA-256，再运行："
            f"yunting models install {name} --from FILE_OR_URL --sha256 H",
            f"Yunting keeps no catalogue of models: get the address (or file) of {name} and its SHA-256 from whoever "
            f"publishes it, then: yunting models install {name} --from FILE_OR_URL --sha256 H",
        )
    errors = Console(stderr=True, highlight=False)
    root = model_roots(os.environ)[0]
    with Progress(
        "{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=errors,
        disable=not errors.is_terminal,
    ) as bar:  # fmt: skip
        manifest = install(name, source, sha256, root, _shown(bar, errors))
    if json:
        sys.stdout.write(msgspec.json.encode({"installed": str(root / name), "manifest": manifest}).decode() + "\n")
        return
    out = Console(highlight=False)
    out.print(f"已安装 / installed: {root / name} ({manifest.engine})", soft_wrap=True, markup=False)
    if not manifest.pinned:
        out.print(
            f"未核对来源：压缩包的 SHA-256 是 {manifest.archive_sha256}，请与发布者公布的核对 / nobody vouched for "
            f"this archive: compare its SHA-256, {manifest.archive_sha256}, with the publisher's",
            soft_wrap=True,
            markup=False,
        )


def _shown(bar: Progress, console: Console) -> Callable[[int, int | None], None]:
    """Progress as a bar on a terminal, else one line each 50 MB."""
    task = bar.add_task("下载 / downloading", total=None)
    said = [0]

    def show(done: int, whole: int | None) -> None:
        bar.update(task, completed=done, total=whole)
        if not console.is_terminal and done - said[0] >= 50_000_000:
            said[0] = done
            console.print(f"{done >> 20} MiB / {whole >> 20 if whole else '?'} MiB", markup=False)

    return show
