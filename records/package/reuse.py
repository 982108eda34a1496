"""Composite and sound of a sealed package for the next package of the same session: the very files, not made again.

Once a record is sealed for good its pieces are gone, and what was sealed is what the composite is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from hearing.events import Entry
from hearing.seal_events import SealMade
from records.errors import UNREADABLE
from records.file_names import is_safe_path

MANIFEST = "manifest-sha512.txt"
_BLOCK = 1 << 20


class _Facts(msgspec.Struct):
    missing_characters: list[str] = []


def final_package(packages: Path, entries: Sequence[Entry]) -> Path | None:
    """The folder of the final seal's package; None while there is none, or where it lies elsewhere or is another's by
    now. Blocks."""
    made = [entry.event for entry in entries if isinstance(entry.event, SealMade) and entry.event.step == "final"]
    if not made or not is_safe_path(made[-1].package):
        return None
    folders = (packages / made[-1].package).glob("[!.]*")
    return next((folder for folder in folders if _manifest_sha512(folder) == made[-1].manifest_sha512), None)


def copy_composed(package: Path, target: Path, wanted: Sequence[str]) -> bool:
    """Copy what lies at, or below, the paths `wanted` to `target`. False, and nothing is there, when a path has no
    file or a file is not what the package's manifest says. Blocks. Raises OSError where `target` refuses."""
    copied: list[Path] = []
    try:
        for path, sha512 in _composed(package, wanted):
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            copied.append(place)
            if _copy(package / path, place) != sha512:
                raise ValueError(path)
    except (FileNotFoundError, ValueError):
        for place in copied:
            place.unlink(missing_ok=True)
        return False
    return True


def missing_characters(package: Path) -> list[str]:
    """What the font lacked, as the package tells. Blocks."""
    try:
        return msgspec.json.decode((package / "data/session.json").read_bytes(), type=_Facts).missing_characters
    except (OSError, *UNREADABLE):
        return []


def _manifest_sha512(package: Path) -> str:
    try:
        return hashlib.sha512((package / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return ""


def _composed(package: Path, wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    listed = dict[str, str]()
    for line in (package / MANIFEST).read_text(encoding="utf-8").splitlines():
        sha512, _, path = line.partition("  ")
        listed[path] = sha512
    for each in wanted:
        found = [path for path in listed if path == each or path.startswith(f"{each}/")]
        if not found or not all(is_safe_path(path) for path in found):
            raise ValueError(each)
        for path in found:
            yield path, listed[path]


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha512()
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
    return digest.hexdigest()
