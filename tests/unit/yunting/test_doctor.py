"""Doctor: a taken port and an unwritable disk are found, with advice."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from config import load
from yunting.doctor.checks import Finding, examine

pytestmark = pytest.mark.unit


def _find(name: str, **environment: str) -> Finding:
    report = examine(load(None, {"YUNTING_STORAGE_MIN_FREE_BYTES": "0", **environment}))
    return next(f for f in report.findings if f.name == name)


@pytest.mark.parametrize(
    ("name", "kind", "variable"),
    [("http", socket.SOCK_STREAM, "YUNTING_HTTP"), ("media", socket.SOCK_DGRAM, "YUNTING_MEDIA")],
)
def test_a_taken_port_is_bad_and_says_what_to_do(name: str, kind: socket.SocketKind, variable: str) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            holder.listen()
        port = str(holder.getsockname()[1])
        found = _find(name, **{f"{variable}_HOST": "127.0.0.1", f"{variable}_PORT": port})
    assert found.grade == "bad"
    assert port in found.fact
    assert f"{variable}_PORT" in found.advice


def test_a_full_disk_is_bad(tmp_path: Path) -> None:
    found = _find("disk", YUNTING_STORAGE_FOLDER=str(tmp_path), YUNTING_STORAGE_MIN_FREE_BYTES=str(1 << 60))
    assert found.grade == "bad"
    assert found.advice


def test_a_folder_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    assert _find("disk", YUNTING_STORAGE_FOLDER=str(tmp_path / "a" / "b")).grade == "good"
