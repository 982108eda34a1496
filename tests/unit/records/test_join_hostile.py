"""Discs that somebody has altered, or that were burned badly: told by name, nothing written but the package whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import verify
from records.package import discs as splitting
from records.package import join_discs
from records.package.join_discs import LISTING, MANIFEST, MOST_DISCS, CannotJoin, join

pytestmark = pytest.mark.unit

NAME = "(2026)粤01民初118号_S1"
FILES = {MANIFEST: b"of all files", "data/text/笔录.docx": b"text", "data/empty": b"", "data/a.mkv": b"0123456789"}


def told_of(disc: int, of: int, files: list[dict[str, object]]) -> dict[str, object]:
    digest = hashlib.sha512(FILES[MANIFEST]).hexdigest()
    listing = {"format": join_discs.FORMAT, "package": NAME, "manifest_sha512": digest}
    return {**listing, "disc": disc, "of": of, "files": files}


def listed(path: str, data: bytes, from_byte: int = 0, part: str = "") -> dict[str, object]:
    sha512 = hashlib.sha512(data).hexdigest()
    stored = f"{NAME}/{path}{part}"
    return {"path": path, "stored": stored, "from_byte": from_byte, "bytes": len(data), "sha512": sha512}


def burn(root: Path) -> list[Path]:
    """Two discs; `a.mkv` has a part on each."""
    whole = [listed(path, data) for path, data in FILES.items() if path != "data/a.mkv"]
    a, b = FILES["data/a.mkv"][:4], FILES["data/a.mkv"][4:]
    parts = [listed("data/a.mkv", a, 0, ".part001"), listed("data/a.mkv", b, 4, ".part002")]
    content = {f"{NAME}/{path}": data for path, data in FILES.items() if path != "data/a.mkv"}
    content |= {f"{NAME}/data/a.mkv.part001": a}
    discs = [root / "d1", root / "d2"]
    for disc, files, data in (
        (discs[0], [*whole, parts[0]], content),
        (discs[1], [parts[1]], {f"{NAME}/data/a.mkv.part002": b}),
    ):
        for path, body in data.items():
            (disc / path).parent.mkdir(parents=True, exist_ok=True)
            (disc / path).write_bytes(body)
        number = discs.index(disc) + 1
        (disc / LISTING).write_text(json.dumps(told_of(number, 2, files)), encoding="utf-8")
    return discs


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def change(folder: Path, **changed: object) -> None:
    told = json.loads((folder / LISTING).read_bytes())
    (folder / LISTING).write_text(json.dumps({**told, **changed}), encoding="utf-8")


def refused(discs: list[Path], root: Path) -> str:
    """What is told; nothing was written, neither below `out` nor elsewhere."""
    before = tree(root)
    with pytest.raises(CannotJoin) as problem:
        join(discs, root / "out")
    assert tree(root) == before
    assert not list((root / "out").glob("*")) if (root / "out").exists() else True
    return str(problem.value)


def test_the_manifest_has_the_name_that_packages_give_it() -> None:
    assert verify.MANIFESTS[0] == MANIFEST
    assert splitting.MOST_DISCS == MOST_DISCS


def test_whole_discs_are_the_package(tmp_path: Path) -> None:
    assert tree(join(burn(tmp_path), tmp_path / "out")) == FILES


def test_a_run_that_failed_or_was_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    discs = burn(tmp_path)
    part = discs[1] / NAME / "data/a.mkv.part002"
    good = part.read_bytes()
    part.write_bytes(b"scratched")
    assert "a.mkv.part002" in refused(discs, tmp_path)
    part.write_bytes(good)
    # As `kill -9` leaves it.
    (tmp_path / "out" / f".{NAME}.joining" / "data").mkdir(parents=True)
    (tmp_path / "out" / f".{NAME}.joining" / "data" / "a.mkv").write_bytes(b"0123")
    assert tree(join(discs, tmp_path / "out")) == FILES
    assert [path.name for path in (tmp_path / "out").iterdir()] == [NAME]


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 200_000,
        b'{"disc": 1e999, "of": 1, "manifest_sha512": ""}',
        b'{"disc": 1, "of": 1000000000000, "manifest_sha512": ""}',
        b'{"disc": 0, "of": 0, "manifest_sha512": ""}',
        b'{"disc": 3, "of": 2, "manifest_sha512": ""}',
        b"\xff\xfe",
        b"",
    ],
)
def test_a_listing_that_is_none_names_its_disc(tmp_path: Path, text: bytes) -> None:
    discs = burn(tmp_path)
    (discs[0] / LISTING).write_bytes(text)
    assert str(discs[0]) in refused(discs, tmp_path)


def test_discs_of_two_splittings_are_not_mixed(tmp_path: Path) -> None:
    discs = burn(tmp_path)
    change(discs[1], of=3)
    assert "another package" in refused(discs, tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "link out", "link to itself", "folder", "folder out"])
def test_what_is_no_file_of_the_disc_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    discs = burn(tmp_path)
    part = discs[1] / NAME / "data/a.mkv.part002"
    secret = tmp_path / "secret" / part.name
    secret.parent.mkdir()
    secret.write_bytes(part.read_bytes())
    part.unlink()
    if kind == "pipe":
        os.mkfifo(part)
    elif kind == "link out":
        part.symlink_to(secret)
    elif kind == "link to itself":
        part.symlink_to(part)
    elif kind == "folder":
        part.mkdir()
    else:
        part.parent.rmdir()
        part.parent.symlink_to(secret.parent)
    with pytest.raises(CannotJoin, match=r"part002"):
        join(discs, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_pipe_in_place_of_a_listing_is_refused_at_once(tmp_path: Path) -> None:
    discs = burn(tmp_path)
    (discs[1] / LISTING).unlink()
    os.mkfifo(discs[1] / LISTING)
    with pytest.raises(CannotJoin, match="d2"):
        join(discs, tmp_path / "out")


@pytest.mark.parametrize("path", ["data/empty/x", "data", "data/text/笔录.docx"])
def test_a_name_that_is_taken_is_never_written_over(tmp_path: Path, path: str) -> None:
    discs = burn(tmp_path)
    told = json.loads((discs[0] / LISTING).read_bytes())
    again = {**told["files"][1], "path": path}
    change(discs[0], files=[*told["files"], again])
    assert path in refused(discs, tmp_path)


@pytest.mark.parametrize("path", [MANIFEST, "data/a.mkv"])
def test_a_file_that_the_listings_leave_out_is_missed(tmp_path: Path, path: str) -> None:
    """The first part of one, or what says which files there are; others are named by verify.py."""
    discs = burn(tmp_path)
    told = json.loads((discs[0] / LISTING).read_bytes())
    change(discs[0], files=[file for file in told["files"] if file["path"] != path])
    assert path in refused(discs, tmp_path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["format", "package", "manifest_sha512", "disc", "of", "files"]
FILE_FIELDS = ["path", "stored", "from_byte", "bytes", "sha512"]


def joined_or_named(discs: list[Path], root: Path) -> None:
    """Whatever the discs say: the package whole, or an error and nothing; never anything outside."""
    before = tree(root)
    made = None
    with contextlib.suppress(CannotJoin, OSError):
        made = join(discs, root / "out")
    if made is None:
        assert not list((root / "out").glob("*"))
        assert tree(root) == before
    else:
        assert made.parent == root / "out"
        assert {path: data for path, data in tree(root).items() if not path.startswith("out/")} == before
        assert (made / MANIFEST).read_bytes() == FILES[MANIFEST]


@given(data=st.binary(max_size=200))
def test_any_bytes_as_a_listing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = tmp_path_factory.mktemp("discs")
    discs = burn(root)
    (discs[0] / LISTING).write_bytes(data)
    assert str(discs[0]) in refused(discs, root)


@given(field=st.sampled_from(FIELDS), value=json_values)
def test_any_value_in_a_listing(tmp_path_factory: pytest.TempPathFactory, field: str, value: Any) -> None:
    root = tmp_path_factory.mktemp("discs")
    discs = burn(root)
    for disc in discs:
        change(disc, **{field: value})
    joined_or_named(discs, root)


paths = st.lists(
    st.sampled_from(["..", ".", "", "data", "a.mkv", "\0", "\ud800", "C:", "a\\b", "x" * 300]), max_size=4
)


@given(
    field=st.sampled_from(FILE_FIELDS),
    at=st.integers(0, 3),
    value=json_values | paths.map("/".join) | paths.map(lambda parts: "/" + "/".join(parts)),
)
def test_any_value_about_a_file(tmp_path_factory: pytest.TempPathFactory, field: str, at: int, value: Any) -> None:
    root = tmp_path_factory.mktemp("discs")
    discs = burn(root)
    told = json.loads((discs[0] / LISTING).read_bytes())
    told["files"][at][field] = value
    change(discs[0], files=told["files"])
    joined_or_named(discs, root)


@pytest.mark.parametrize("change_to", ["[" * 100_000, '{"disc": 1e999, "of": 1, "manifest_sha512": ""}'])
def test_the_program_on_the_disc_tells_it_without_a_traceback(tmp_path: Path, change_to: str) -> None:
    discs = burn(tmp_path)
    (discs[0] / LISTING).write_text(change_to)
    words = [sys.executable, "-I", join_discs.__file__, *map(str, discs), "--out", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("无法合并")
    assert "Traceback" not in done.stderr


def test_a_file_that_shrinks_while_it_is_split_makes_no_disc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / NAME
    package.mkdir()
    (package / MANIFEST).write_bytes(b"x")
    (package / "a.mkv").write_bytes(b"0123456789")
    truth = splitting.plan

    def cut_short(sizes: Any, disc_bytes: int) -> Any:
        os.truncate(package / "a.mkv", 3)
        return truth(sizes, disc_bytes)

    monkeypatch.setattr(splitting, "plan", cut_short)
    with pytest.raises(OSError, match=r"a\.mkv"):
        splitting.split(package, tmp_path / "discs", splitting.SMALLEST_DISC_BYTES)
    assert not list((tmp_path / "discs").iterdir())
