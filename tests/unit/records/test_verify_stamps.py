"""Time stamps are of this package and of its heads; those of anything else are named."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import verify
from records.keys import CourtKey
from records.standalone.stamp import imprint_of
from records.verify.names import STAMP_FILE, STAMPS
from tests.fakes.bagged import bagged, head_of, raw_chain, wrong
from tests.fakes.time_stamp import time_stamp

pytestmark = pytest.mark.unit
KEY = CourtKey.generate()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_a_stamp_over_the_tag_manifest(tmp_path: Path) -> None:
    folder = bagged(tmp_path, KEY, log=raw_chain([{"type": "session.created"}]))
    stamp = time_stamp(sha256((folder / verify.TAG_MANIFESTS[0]).read_bytes()))
    (folder / STAMP_FILE).write_bytes(stamp)
    assert wrong(folder, KEY) == []
    assert verify.verify_path(str(folder))["stamps"] == 1
    for other in (time_stamp(sha256(b"another")), stamp[:-1], b""):
        (folder / STAMP_FILE).write_bytes(other)
        assert [file for file, _ in wrong(folder, KEY)] == [STAMP_FILE]


def test_a_stamp_that_was_asked_for_and_never_came_is_a_note(tmp_path: Path) -> None:
    info = {"Yunting-Time-Stamp": "https://tsa.example"}
    folder = bagged(tmp_path, KEY, log=raw_chain([{"type": "session.created"}]), info=info)
    assert wrong(folder, KEY) == []
    assert any("tsa.example" in note for note in verify.verify_path(str(folder))["notes"])


def stamped(folder: Path, stamp: bytes, *, name: str = "1.tsr", told: bool = True, imprint: bytes = b"") -> list[str]:
    events = [{"type": "session.created"}]
    head = head_of(raw_chain(events)[0], KEY)
    event = {
        "type": "stamp.made",
        "of": "head",
        "seq": 1,
        "imprint_sha256": (imprint or sha256(head)).hex(),
        "token_sha256": sha256(stamp).hex(),
    }
    log = raw_chain([*events, *([event] if told else [])])
    heads = head + b"\n" + (head_of(log[-1], KEY) + b"\n" if told else b"")
    return [
        file for file, _ in wrong(bagged(folder, KEY, log=log, more={f"{STAMPS}{name}": stamp, verify.HEADS: heads}))
    ]


def test_stamps_over_heads_agree_with_head_and_log(tmp_path: Path) -> None:
    good = time_stamp(sha256(head_of(raw_chain([{"type": "session.created"}])[0], KEY)))
    assert stamped(tmp_path / "1", good) == []
    assert stamped(tmp_path / "2", time_stamp(sha256(b"another"))) == [f"{STAMPS}1.tsr"]
    assert stamped(tmp_path / "3", good, told=False) == [f"{STAMPS}1.tsr"]
    assert stamped(tmp_path / "4", good, imprint=sha256(b"another")) == [f"{STAMPS}1.tsr"]
    assert stamped(tmp_path / "5", good, name="2.tsr") == [f"{STAMPS}2.tsr"]
    assert stamped(tmp_path / "6", good, name="x.tsr") == [f"{STAMPS}x.tsr"]


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 255))
def test_no_bytes_make_it_stumble(junk: bytes, at: int, value: int) -> None:
    stamp = bytearray(time_stamp(sha256(b"x")))
    stamp[at % len(stamp)] = value
    for data in (junk, bytes(stamp)):
        with contextlib.suppress(ValueError):
            imprint_of(data)
