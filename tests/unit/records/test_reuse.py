"""Composite and sound of a sealed package go into the next one as they are, or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hearing.seal_events import SealMade, SealStep
from records.chain import GENESIS, make_entry
from records.package.reuse import copy_composed, final_package, missing_characters

pytestmark = pytest.mark.unit

FILES = {"data/media/mix.m4a": b"sound", "data/media/seats/a.flac": b"one", "data/media/seats/b.flac": b"two"}
WANTED = ("data/media/mix.m4a", "data/media/seats")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "packages" / "01JDG000000000000000000009" / "(2026)"
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    lines = [f"{hashlib.sha512(data).hexdigest()}  {path}\n" for path, data in FILES.items()]
    (folder / "manifest-sha512.txt").write_text("".join(lines))
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\n")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def sealed(step: SealStep, package: str, manifest: bytes = b"") -> SealMade:
    digest = hashlib.sha512(manifest).hexdigest()
    return SealMade(step=step, package=package, manifest_sha512=digest, key="k")


def test_every_file_below_what_is_wanted_is_copied(package: Path, tmp_path: Path) -> None:
    assert copy_composed(package, tmp_path / "new", WANTED)
    assert files(tmp_path / "new") == FILES


@pytest.mark.parametrize("harm", ["changed", "lost", "unlisted", "no manifest"])
def test_what_is_not_as_it_was_sealed_is_not_used(package: Path, tmp_path: Path, harm: str) -> None:
    seat = package / "data/media/seats/b.flac"
    wanted = WANTED
    if harm == "changed":
        seat.write_bytes(b"tvo")
    elif harm == "lost":
        seat.unlink()
    elif harm == "unlisted":
        wanted = (*WANTED, "data/media/composite.mp4")
    else:
        (package / "manifest-sha512.txt").unlink()
    assert not copy_composed(package, tmp_path / "new", wanted)
    assert files(tmp_path / "new") == {}


def test_a_manifest_cannot_point_elsewhere(package: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    digest = hashlib.sha512(b"secret").hexdigest()
    (package / "manifest-sha512.txt").write_text(f"{digest}  data/media/seats/../../../../../secret\n")
    assert not copy_composed(package, tmp_path / "new" / "deep", ("data/media/seats",))
    assert files(tmp_path / "new") == {}


def test_the_final_package_is_the_one_that_the_log_names(package: Path, tmp_path: Path) -> None:
    manifest = (package / "manifest-sha512.txt").read_bytes()
    events = (sealed("media", "other"), sealed("final", package.parent.name, manifest))
    entries = [
        make_entry(session="s", seq=number, at_ms=0, utc_ms=0, actor="server", event=event, prev=GENESIS)
        for number, event in enumerate(events, 1)
    ]
    packages = tmp_path / "packages"
    assert final_package(packages, entries) == package
    assert final_package(packages, entries[:1]) is None
    (package / "manifest-sha512.txt").write_bytes(manifest + b"\n")
    assert final_package(packages, entries) is None, "somebody has put another in its place"
    (package / "manifest-sha512.txt").unlink()
    assert final_package(packages, entries) is None


def test_a_package_that_says_nothing_of_characters_lacks_none(package: Path) -> None:
    assert missing_characters(package) == []
    (package / "data/session.json").write_text('{"missing_characters": ["𠮷"]}')
    assert missing_characters(package) == ["𠮷"]
