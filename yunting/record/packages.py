"""Record packages on disk: `<storage.folder>/packages/<id>/<package>`, found again after a restart."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection
from pathlib import Path

from hearing.ids import is_ulid
from hearing.seal_events import SealStep
from signaling.ports import Exported

MAX_INFO_BYTES = 64 * 1024
_STEPS: dict[str, SealStep] = {"media": "media", "final": "final"}


def exported(folder: Path, *, note_zh: str = "", note_en: str = "") -> Exported:
    """What a page needs to know of a finished package. Blocks. Raises OSError, ValueError for what is none."""
    info = _info(folder)
    size, _, _ = info["Payload-Oxum"].partition(".")
    return Exported(
        id=folder.parent.name,
        folder=folder,
        sha512=hashlib.sha512((folder / "manifest-sha512.txt").read_bytes()).hexdigest(),
        bytes_total=int(size),
        note_zh=note_zh,
        note_en=note_en,
        edition=info.get("Yunting-Edition", "court"),
        case_no=info.get("Yunting-Case", ""),
        seal=_STEPS.get(info.get("Yunting-Seal", "")),
    )


def packages_of(packages: Path, session: str) -> list[Exported]:
    """Finished packages of a session, the oldest first; what is no package is passed over. Blocks."""
    found = []
    for folder in sorted(packages.glob("*/*")):
        if not is_ulid(folder.parent.name) or folder.name.startswith("."):
            continue
        try:
            if _info(folder).get("External-Identifier") == session:
                found.append(exported(folder))
        except (OSError, ValueError, KeyError):
            # Not ours, or taken away halfway: what cannot be read is not offered.
            continue
    return found


def all_packages(packages: Path, known: Collection[str] = ()) -> list[tuple[Path, str]]:
    """Folder and session of every finished package but those whose id is known, the oldest first. Blocks."""
    found = []
    for folder in sorted(packages.glob("*/*")):
        if folder.parent.name in known or not is_ulid(folder.parent.name) or folder.name.startswith("."):
            continue
        with contextlib.suppress(OSError, ValueError, KeyError):
            found.append((folder, _info(folder)["External-Identifier"]))
    return found


def _info(folder: Path) -> dict[str, str]:
    with (folder / "bag-info.txt").open("rb") as file:
        text = file.read(MAX_INFO_BYTES).decode("utf-8")
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}
