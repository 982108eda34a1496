"""Export of a session as a sealed record package: a signed BagIt bag with media, log, report, player and verifier.

Atomic: built in a hidden folder beside the target, verified, and renamed at the end. An export that is cancelled,
crashes or runs out of disk leaves nothing that looks finished; the next export into the same place clears it away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hearing.errors import UserError
from records import coverage as coverages
from records.composite.render import Rendered, disk_full, render
from records.errors import FULL
from records.keys import CourtKey
from records.package.build import EDITION as EDITION
from records.package.build import Build, Progress, now_ms
from records.package.build import ExportOptions as ExportOptions
from records.package.build import SessionSources as SessionSources
from records.package.build import folder_name as folder_name
from records.ports import EventStore


@dataclass(frozen=True, slots=True)
class PackageResult:
    """A finished package. `manifest_sha512` goes into the log (`PackageMade`) and on the printed 笔录."""

    folder: Path
    session: str
    edition: str
    manifest_sha512: str
    key: str
    files: int
    bytes_total: int
    coverage: coverages.Coverage
    rendered: Rendered
    former_keys: tuple[str, ...]
    """Fingerprints of other court keys that signed heads of this log; those heads are not in the package."""
    package_ms: int
    verify_ms: int


async def load_sources(
    store: EventStore,
    session: str,
    recordings: Path,
    pictures: Mapping[str, bytes] | None = None,
    pieces: Path | None = None,
) -> SessionSources:
    """Read a session out of the store; `pictures` of signatures by their SHA-256.

    UserError `no-such-session` when it has no log.
    """
    entries = [entry async for entry in store.read(session)]
    if not entries:
        raise UserError("no-such-session", f"没有庭次 {session} 的记录", f"there is no record of session {session}")
    return SessionSources(entries, await store.heads(session), recordings, pictures or {}, pieces)


async def export_session(
    sources: SessionSources,
    out_dir: Path,
    key: CourtKey,
    options: ExportOptions | None = None,
    progress: Progress = lambda permille, what: None,
) -> PackageResult:
    """Make the package below `out_dir` and return it; cancelling stops it and leaves nothing behind.

    Not idempotent: UserError `package-exists` when the folder is there already. Further UserErrors: `record-broken`
    (the chain or a sealed range is not what was written; names it), `track-missing`, `nothing-recorded`, `disk-full`,
    `out-dir-unwritable`, `render-failed`.
    """
    build = await asyncio.to_thread(Build, sources, out_dir, key, options or ExportOptions(), progress)
    return await carry_out(build)


async def carry_out(build: Build) -> PackageResult:
    """Prepare, render, fill, check and publish, or clear what there is. See `export_session`."""
    started_ms = now_ms()
    try:
        await asyncio.to_thread(build.prepare)
        if build.renders:
            rendered = await render(build.job(), lambda permille: build.tell(permille, "render"))
        else:
            rendered = await asyncio.to_thread(build.reuse)
        await asyncio.to_thread(build.fill, rendered)
        checked_ms = now_ms()
        await asyncio.to_thread(build.check)
        verify_ms = now_ms() - checked_ms
        await asyncio.to_thread(build.publish)
    except OSError as error:
        if error.errno in FULL:
            raise disk_full() from error
        raise UserError(
            "out-dir-unwritable",
            f"无法写入导出目录：{error.strerror}",
            f"the folder for the package cannot be written: {error.strerror}",
        ) from error
    finally:
        await asyncio.shield(asyncio.to_thread(build.clear))
    return PackageResult(
        folder=build.target,
        session=build.timeline.session,
        edition=build.edition,
        manifest_sha512=build.manifest_sha512,
        key=build.key.fingerprint,
        files=build.files,
        bytes_total=build.bag.payload_bytes,
        coverage=build.coverage,
        rendered=rendered,
        former_keys=build.former_keys,
        package_ms=now_ms() - started_ms,
        verify_ms=verify_ms,
    )
