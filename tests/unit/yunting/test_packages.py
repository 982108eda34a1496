"""Packages on disk say themselves which they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearing.ids import new_ulid
from yunting.record.packages import packages_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("line", "seal"), [("", None), ("Yunting-Seal: media\n", "media"), ("Yunting-Seal: final\n", "final")]
)
def test_a_package_is_one_of_the_two_seals_or_neither(tmp_path: Path, line: str, seal: str | None) -> None:
    folder = tmp_path / new_ulid(1_795_000_000_000) / "package"
    folder.mkdir(parents=True)
    (folder / "bag-info.txt").write_text(f"External-Identifier: S\nPayload-Oxum: 12.3\n{line}")
    (folder / "manifest-sha512.txt").write_bytes(b"")
    (found,) = packages_of(tmp_path, "S")
    assert (found.seal, found.edition, found.bytes_total) == (seal, "court", 12)
