"""`yunting render`: the composite once more, beside the record, in another layout, size or without captions."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import Progress

from config import Settings
from hearing.errors import UserError
from records.composite.layout import MODES
from records.composite.render import Job, Rendered, render
from records.package.export import load_sources
from records.vault.unlocked import key_of
from yunting.backends import open_store
from yunting.record import composites
from yunting.record.recording_keys import open_recording_keys


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How the composite is to look; what is None is as the court set it. `layout` empty: as it was shown."""

    layout: str = ""
    captions: bool = True
    width: int | None = None
    height: int | None = None
    fps: int | None = None


async def render_offline(settings: Settings, session: str, out: Path, wanted: Wanted, console: Console) -> Rendered:
    """Write the MP4 `out`, which must not exist; a progress bar on a terminal. The record is not changed, a server
    may run on it. What was made for the package is used where it looks the same, and kept for the next time.

    UserError `layout-unknown`, `size-odd`, `file-exists`, `no-such-session`, `nothing-recorded`, `disk-full`,
    `render-failed`.
    """
    if wanted.layout and wanted.layout not in MODES:
        known = ", ".join(MODES)
        raise UserError(
            "layout-unknown",
            f"没有布局 {wanted.layout}，可选：{known}",
            f"there is no layout {wanted.layout}: it is one of {known}",
        )
    for pixels in (wanted.width, wanted.height):
        if pixels is not None and pixels % 2:
            raise UserError(
                "size-odd", f"宽、高须为偶数：{pixels}", f"width and height have to be even numbers: {pixels} is odd"
            )
    if await asyncio.to_thread(out.exists):
        raise UserError("file-exists", f"文件已存在：{out}", f"the file exists already: {out}")
    folder = Path(settings.storage.folder)
    store = await open_store(settings.storage.store)
    try:
        await (await open_recording_keys(settings, store)).unlock(session, folder / "recordings" / session)
        sources = await load_sources(store, session, folder / "recordings" / session)
    finally:
        await store.close()
    look = composites.look_of(settings)
    changes = {name: value for name in ("width", "height", "fps") if (value := getattr(wanted, name)) is not None}
    look = replace(look, layout=wanted.layout, captions=wanted.captions, **changes)
    with tempfile.TemporaryDirectory(prefix="yunting-render-", dir=out.parent) as name:
        log = Path(name) / "events.jsonl"
        unfinished = Path(name) / "composite.mp4"
        await asyncio.to_thread(log.write_bytes, b"".join(msgspec.json.encode(e) + b"\n" for e in sources.entries))
        job = Job(
            events=str(log),
            recordings=str(sources.recordings),
            key=key_of(sources.recordings),
            pieces=str(composites.folder_of(folder, session)),
            mix=None,
            seats=None,
            composite=str(unfinished),
            look=look,
        )
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("合成 / composing", total=1000)
            done = await render(job, lambda permille: bar.update(task, completed=permille))
        await asyncio.to_thread(unfinished.rename, out)
    return done
