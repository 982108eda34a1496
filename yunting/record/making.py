"""Making a package with the court's settings: what a running server and `yunting export` do alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from config import Settings
from records.editions.make import export_edition
from records.editions.withheld import Edition
from records.keys import CourtKey
from records.package import export as package
from records.package.seal_files import Seal
from signaling.ports import ExportStep
from yunting.record import composites

_STEPS = {
    "render": ("合成音视频", "Composing audio and video"),
    "seal": ("计算校验值", "Computing digests"),
    "check": ("验证", "Verifying"),
    "done": ("完成", "Done"),
}


async def export_court(
    settings: Settings,
    sources: package.SessionSources,
    out: Path,
    key: CourtKey,
    actor: str,
    progress: Callable[[ExportStep], None],
    seal: Seal | None = None,
) -> package.PackageResult:
    """The whole record as a package in `out`. Raises as `records.package.export.export_session`."""
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    options = replace(_options(settings, actor), seal=seal)
    return await package.export_session(sources, out, key, options, _teller(progress))


async def derive(
    settings: Settings,
    court: Path,
    out: Path,
    key: CourtKey,
    actor: str,
    progress: Callable[[ExportStep], None],
    edition: Edition,
    case_no: str | None,
) -> package.PackageResult:
    """Another edition, from the package `court`. Raises as `records.editions.make.export_edition`."""
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    options = _options(settings, actor)
    return await export_edition(court, out, key, edition, case_no, options, _teller(progress))


def _options(settings: Settings, actor: str) -> package.ExportOptions:
    return package.ExportOptions(look=composites.look_of(settings), actor=actor)


def _teller(progress: Callable[[ExportStep], None]) -> Callable[[int, str], None]:
    """Steps as the export tells them from its threads, in words on this event loop."""
    loop = asyncio.get_running_loop()

    def tell(permille: int, what: str) -> None:
        zh, en = _STEPS.get(what, (what, what))
        loop.call_soon_threadsafe(progress, ExportStep(permille=permille, step_zh=zh, step_en=en))

    return tell


def note_of(result: package.PackageResult) -> tuple[str, str]:
    """What the court has to know of a package: Chinese and English, empty for nothing."""
    if not result.former_keys:
        return "", ""
    keys = ", ".join(result.former_keys)
    return (
        f"法院密钥已更换：庭审日志曾由密钥 {keys} 签名；本卷宗包由现用密钥 {result.key} 签署，请用现用密钥验证",
        f"The court's key was changed: the log had been signed with {keys}; this package is signed with "
        f"{result.key}: verify with that one",
    )
