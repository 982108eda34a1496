"""Packages as a ZIP and over several discs: nothing is lost, nothing is split that fits, and damage is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from records.package.discs import HOW_TO, RESERVE_BYTES, SMALLEST_DISC_BYTES, plan, split, write_zip
from records.package.join_discs import CannotJoin, join

pytestmark = pytest.mark.unit

DISC_BYTES = SMALLEST_DISC_BYTES
ROOM_BYTES = DISC_BYTES - RESERVE_BYTES


@given(st.lists(st.integers(0, 3 * DISC_BYTES), min_size=1, max_size=30))
def test_every_byte_is_on_one_disc_and_no_file_is_split_that_fits(sizes: list[int]) -> None:
    files = [(f"data/{n}", size) for n, size in enumerate(sizes)]
    discs = plan(files, DISC_BYTES)
    assert all(sum(p.to_byte - p.from_byte for p in disc) <= ROOM_BYTES for disc in discs)
    assert all(discs)
    for path, size in files:
        pieces = [piece for disc in discs for piece in disc if piece.path == path]
        edges = [0, *(piece.to_byte for piece in pieces)]
        assert [piece.from_byte for piece in pieces] == edges[:-1]
        assert edges[-1] == size
        assert (len(pieces) > 1) <= (size > ROOM_BYTES - 5 * 2_048)


def test_a_disc_that_holds_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="disc-too-small"):
        plan([("a", 1)], SMALLEST_DISC_BYTES - 1)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "(2026)粤01民初118号_S1"
    files = {
        "manifest-sha512.txt": b"x",
        "data/text/笔录.docx": b"text",
        "data/empty": b"",
        "data/media/a.mkv": os.urandom(ROOM_BYTES // 2),
        "data/media/b.mkv": os.urandom(ROOM_BYTES - 100_000),
        "data/media/composite.mp4": os.urandom(ROOM_BYTES * 2 + 12_345),
    }
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_discs_joined_are_the_package(package: Path, tmp_path: Path) -> None:
    discs = split(package, tmp_path / "discs", DISC_BYTES)
    assert len(discs) == 4
    for number, disc in enumerate(discs, 1):
        listing = json.loads((disc / "disc.json").read_bytes())
        assert (listing["disc"], listing["of"]) == (number, 4)
        assert f"这是第 {number} 张" in (disc / HOW_TO).read_text(encoding="utf-8-sig")
        assert sum(p.stat().st_size for p in disc.rglob("*") if p.is_file()) < DISC_BYTES
    # The first disc has the text, and every file that fits is whole.
    assert (discs[0] / package.name / "data/text/笔录.docx").is_file()
    stored = {p.name for disc in discs for p in disc.rglob("*")}
    assert {"a.mkv", "b.mkv", "composite.mp4.part001"} < stored
    # By the program on the disc, whatever the order, without anything of ours.
    words = [
        sys.executable,
        "-I",
        str(discs[2] / "join.py"),
        *map(str, reversed(discs)),
        "--out",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert content(tmp_path / "o" / package.name) == content(package)


def test_what_is_missing_or_altered_is_named(package: Path, tmp_path: Path) -> None:
    discs = split(package, tmp_path / "discs", DISC_BYTES)
    with pytest.raises(CannotJoin, match=r"discs are missing: 2"):
        join([discs[0], *discs[2:]], tmp_path / "one")
    victim = next(p for disc in discs for p in disc.rglob("b.mkv"))
    with victim.open("r+b") as file:
        file.write(b"changed")
    with pytest.raises(CannotJoin, match=r"b\.mkv.*altered"):
        join(discs, tmp_path / "two")
    victim.unlink()
    with pytest.raises(CannotJoin, match=r"b\.mkv.*missing"):
        join(discs, tmp_path / "three")
    with pytest.raises(UserError, match="package-exists"):
        split(package, tmp_path / "discs", DISC_BYTES)


def test_a_listing_that_leads_elsewhere_is_refused(package: Path, tmp_path: Path) -> None:
    (package / "data/media/composite.mp4").unlink()
    (package / "data/media/b.mkv").unlink()
    (disc,) = split(package, tmp_path / "discs", DISC_BYTES)
    listing = json.loads((disc / "disc.json").read_bytes())
    listing["files"][0]["path"] = "../outside"
    (disc / "disc.json").write_text(json.dumps(listing))
    with pytest.raises(CannotJoin, match="no safe path"):
        join([disc], tmp_path / "out")


@pytest.mark.parametrize(
    "change",
    [
        {"package": "../elsewhere"},
        {"package": "/elsewhere"},
        {"package": "one/two"},
        {"package": 7},
        {"files": None},
        {"files": [{"path": "a"}]},
        {"files": [{"path": "a", "stored": "../../a", "from_byte": 0, "sha512": ""}]},
        {"manifest_sha512": None, "of": "many"},
    ],
)
def test_a_listing_that_is_not_ours_is_refused_and_writes_nothing_outside(
    package: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    discs = split(package, tmp_path / "discs", DISC_BYTES)
    for disc in discs:
        told = json.loads((disc / "disc.json").read_bytes())
        (disc / "disc.json").write_text(json.dumps({**told, **change}))
    before = content(tmp_path)
    out = tmp_path / "out" / "here"
    with pytest.raises(CannotJoin):
        join(discs, out)
    assert {path for path in content(tmp_path) if not path.startswith("out/here/")} == set(before)


def test_a_zip_holds_the_package_in_a_folder(package: Path, tmp_path: Path) -> None:
    path = write_zip(package, tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        # ZIP64, whatever the size: a recording of a day has more than four gigabytes.
        assert all(info.create_version >= 45 for info in archive.infolist())
        archive.extractall(tmp_path / "unzipped")
    assert content(tmp_path / "unzipped" / package.name) == content(package)
    with pytest.raises(UserError, match="package-exists"):
        write_zip(package, tmp_path)
