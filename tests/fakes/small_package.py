"""A sealed bag with a few small files, where the server keeps its packages."""

from __future__ import annotations

from pathlib import Path

from hearing.ids import new_ulid
from records.keys import CourtKey
from records.package.manifest import Bag

SESSION = "01JABCDEFGHJKMNPQRSTVWXYZ0"


def small_package(packages: Path, key: CourtKey, number: int = 1, session: str = SESSION) -> Path:
    """Its folder, which appears whole, as packages do; one with a larger number is younger."""
    folder = packages / new_ulid(number) / f"(2018)粤01破{number}号"
    staging = folder.with_name(".partial")
    staging.mkdir(parents=True)
    bag = Bag(staging)
    bag.add("data/media/tracks/原告_1.mkv", b"\x1aE\xdf\xa3" + bytes(100_000))
    bag.add("data/events/events.jsonl", b"{}\n")
    bag.add("verify.py", b"# none")
    bag.seal(key, {"External-Identifier": session})
    return staging.rename(folder)
