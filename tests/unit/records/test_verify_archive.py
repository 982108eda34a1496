"""Zips that ordinary programs make of a package are whole, whatever they do to names and headers."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from records import verify
from records.keys import CourtKey
from records.package.discs import write_zip
from tests.fakes.bagged import bagged, raw_chain

pytestmark = pytest.mark.unit
KEY = CourtKey.generate()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    more = {"data/reports/录音录像情况记录.html": b"x"}
    return bagged(tmp_path / "(2026)粤01民初7号", KEY, log=raw_chain([{"type": "session.created"}]), more=more)


def wrong(path: Path) -> list[dict[str, object]]:
    return list(verify.verify_path(str(path), KEY.fingerprint)["wrong"])


def members(package: Path) -> Iterator[tuple[Path, str]]:
    for item in sorted(package.rglob("*")):
        yield item, f"{package.name}/{item.relative_to(package).as_posix()}"


def test_as_the_server_gives_it(package: Path, tmp_path: Path) -> None:
    assert wrong(write_zip(package, tmp_path)) == []


def test_with_folders_listed(package: Path, tmp_path: Path) -> None:
    assert wrong(Path(shutil.make_archive(str(tmp_path / "made"), "zip", tmp_path, package.name))) == []


class Pipe(io.RawIOBase):
    """What cannot be gone back in: sizes then follow the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += data  # type: ignore[operator]
        return len(data)  # type: ignore[arg-type]


def test_as_it_is_streamed(package: Path, tmp_path: Path) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for item, name in members(package):
            archive.write(item, name)
    (tmp_path / "streamed.zip").write_bytes(pipe.data)
    assert wrong(tmp_path / "streamed.zip") == []


@pytest.mark.parametrize("code", ["gbk", "utf-8"])
def test_with_names_whose_code_it_does_not_tell(code: str, package: Path, tmp_path: Path) -> None:
    class Untold(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:
            return self.filename.encode(code), 0

    def packed(*more: str) -> Path:
        with zipfile.ZipFile(tmp_path / "named.zip", "w") as archive:
            for item, name in members(package):
                if item.is_file():
                    archive.writestr(Untold(name), item.read_bytes())
            for name in more:
                archive.writestr(Untold(f"{package.name}/{name}"), b"more")
        return tmp_path / "named.zip"

    assert wrong(packed()) == []
    assert [finding["file"] for finding in wrong(packed("data/增加.txt"))] == ["data/增加.txt"]
