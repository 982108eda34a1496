"""Backup manifests and `backup.json` of any bytes: whole, or refused by name, and no path leads anywhere else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Settings, load
from hearing.errors import UserError
from yunting.backup import folder as folders
from yunting.backup.folder import ABOUT, FILES, FORMAT, MANIFEST, STORE, About
from yunting.backup.restore import restore

pytestmark = pytest.mark.unit

FILE = b"SQLite format 3\0"


def sha512(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()


def backup(root: Path, extra: dict[str, bytes] | None = None) -> Path:
    """A small one; `extra` stand in the manifest and, where the path can be written, on the disk."""
    place = root / "backups" / "20260101T000000.000Z"
    (place / FILES).mkdir(parents=True)
    (place / FILES / STORE).write_bytes(FILE)
    told = About(format=FORMAT, software="x", utc_ms=1, sessions=0, ballots=False, files=1, bytes=len(FILE))
    told = msgspec.structs.replace(told, files=1 + len(extra or {}))
    (place / ABOUT).write_bytes(msgspec.json.encode(told))
    lines = {ABOUT: sha512((place / ABOUT).read_bytes()), f"{FILES}/{STORE}": sha512(FILE)}
    lines |= {path: sha512(data) for path, data in (extra or {}).items()}
    (place / MANIFEST).write_text("".join(f"{digest}  {path}\n" for path, digest in lines.items()), "utf-8")
    return place


def settings(root: Path) -> Settings:
    folder = root / "var"
    told = {"YUNTING_STORAGE_FOLDER": str(folder), "YUNTING_STORAGE_STORE": f"sqlite:///{folder / 'yunting.db'}"}
    return load(None, told)


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def refused_or_whole(root: Path, place: Path) -> None:
    """Restored where the settings say, or a UserError in words and nothing anywhere."""
    before = tree(root)
    said = None
    try:
        restore(place, settings(root))
    except UserError as problem:
        said = problem
    after = {path: data for path, data in tree(root).items() if path not in before}
    if said is None:
        assert all(path.startswith("var/") for path in after)
        assert after["var/yunting.db"] == FILE
    else:
        assert after == {}
        assert said.zh


def test_a_whole_one_is_restored(tmp_path: Path) -> None:
    restore(backup(tmp_path), settings(tmp_path))
    assert (tmp_path / "var" / "yunting.db").read_bytes() == FILE


@given(data=st.binary(max_size=400), name=st.sampled_from([MANIFEST, ABOUT]))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    root = tmp_path_factory.mktemp("court")
    place = backup(root)
    (place / name).write_bytes(data)
    with pytest.raises(UserError, match=r"backup-(damaged|newer)"):
        restore(place, settings(root))
    assert not (root / "var").exists()


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"format":' + b"[" * 100_000, b'{"format": 1e999}', b"\xff"])
def test_a_description_without_an_end(tmp_path: Path, text: bytes) -> None:
    place = backup(tmp_path)
    (place / ABOUT).write_bytes(text)
    with pytest.raises(UserError, match="backup-damaged"):
        folders.about(place)


@given(st.integers(0, 2_000), st.integers(1, 255), st.sampled_from([MANIFEST, ABOUT]))
def test_a_changed_byte(tmp_path_factory: pytest.TempPathFactory, at: int, flip: int, name: str) -> None:
    root = tmp_path_factory.mktemp("court")
    place = backup(root)
    data = bytearray((place / name).read_bytes())
    data[at % len(data)] ^= flip
    (place / name).write_bytes(data)
    with pytest.raises(UserError, match="backup-"):
        restore(place, settings(root))
    assert not (root / "var").exists()


parts = st.sampled_from(
    ["..", ".", "", "files", "var", "keys", "yunting.db", "a" * 300, "\\", "C:", " ", "\u2028", "\r"]
)
paths = st.lists(parts | st.text(max_size=5), min_size=1, max_size=5).map("/".join)


def test_an_old_database_never_takes_the_place_of_the_courts(tmp_path: Path) -> None:
    """The court's lay elsewhere when it was backed up, the old one where the settings want the court's now."""
    place = backup(tmp_path, {f"{FILES}/yunting.db": b"of years ago"})
    (place / FILES / "yunting.db").write_bytes(b"of years ago")
    with pytest.raises(UserError, match=r"two-for-one-place.*files/yunting\.db"):
        restore(place, settings(tmp_path))
    assert not (tmp_path / "var").exists()
    elsewhere = tmp_path / "db" / "court.db"
    told = {"YUNTING_STORAGE_FOLDER": str(tmp_path / "var"), "YUNTING_STORAGE_STORE": f"sqlite:///{elsewhere}"}
    restore(place, load(None, told))
    assert elsewhere.read_bytes() == FILE
    assert (tmp_path / "var" / "yunting.db").read_bytes() == b"of years ago"


@given(path=paths | paths.map(lambda path: f"{FILES}/{path}") | paths.map(lambda path: f"/{path}"))
def test_any_path_in_a_manifest(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    root = tmp_path_factory.mktemp("court")
    try:
        place = backup(root, {path: b"x"})
    except UnicodeEncodeError:
        return
    inside = path.startswith(f"{FILES}/") and folders.is_listable(path)
    target = place / path if inside else None
    if target is not None and len(path) < 200 and not target.exists() and not target.parent.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"x")
    refused_or_whole(root, place)
