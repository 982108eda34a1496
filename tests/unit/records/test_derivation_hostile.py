"""An edition that somebody has altered, held against the court's: said to be none, whatever stands in it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import verify
from records.editions.derivation import PATH, CourtFiles, compare
from records.keys import CourtKey
from tests.fakes.small_package import small_package

pytestmark = pytest.mark.unit

KEY = CourtKey.generate()
TRACK = "data/media/tracks/原告_1.mkv"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def both(root: Path) -> tuple[Path, Path, dict[str, Any]]:
    court, edition = small_package(root / "court", KEY), small_package(root / "edition", KEY)
    files = CourtFiles(court)
    told = {
        "format": "yunting-derivation/1",
        "edition": "party",
        "case": None,
        "court_manifest_sha512": files.manifest_sha512,
        "margin_ms": 0,
        "files": [{"path": TRACK, "how": "cut", "ranges": [[0, 5]], "silent": [], "court": files.commitment(TRACK)}],
        "left_out": [],
        "entries": {"whole": 1, "masked": 0, "withheld": 0},
    }
    return court, edition, told


def held_against(court: Path, edition: Path, statement: bytes) -> bool:
    """Whether it passes; nothing but OSError and ValueError may come out."""
    (edition / PATH).write_bytes(statement)
    with contextlib.suppress(OSError, ValueError):
        return compare(edition, court) == []
    return False


@given(data=st.binary(max_size=100))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    court, edition, _ = both(tmp_path_factory.mktemp("editions"))
    assert not held_against(court, edition, data)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"format":"\xff"}', b'{"files":' + b"[" * 100_000])
def test_what_no_decoder_takes(tmp_path: Path, data: bytes) -> None:
    court, edition, _ = both(tmp_path)
    assert not held_against(court, edition, data)


@given(field=st.sampled_from(["files", "left_out", "margin_ms", "entries", "edition"]), value=VALUES)
def test_any_value(tmp_path_factory: pytest.TempPathFactory, field: str, value: Any) -> None:
    court, edition, told = both(tmp_path_factory.mktemp("editions"))
    assert not held_against(court, edition, json.dumps({**told, field: value}).encode())


@given(line=st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_line_in_its_log(tmp_path_factory: pytest.TempPathFactory, line: bytes) -> None:
    court, edition, told = both(tmp_path_factory.mktemp("editions"))
    (edition / verify.EVENTS).write_bytes(line + b"\n")
    assert not held_against(court, edition, json.dumps(told).encode())


def test_no_path_leads_out_of_it(tmp_path: Path) -> None:
    court, edition, told = both(tmp_path)
    told["files"][0]["path"] = "data/media/tracks/../../../../secret"
    (edition / PATH).write_text(json.dumps(told))
    [(file, _)] = compare(edition, court)
    assert file == PATH
