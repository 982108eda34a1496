"""The standalone verifier on `anchors.jsonl`: evidence of each kind, of this very log, and none that the log names
may be missing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.clock import Sources
from hearing.tasks import TaskSet
from records.anchors.port import Kind
from records.keys import CourtKey
from records.memory import MemoryStore
from tests.fakes.small_roll import ROLL
from tests.fakes.time_stamp import time_stamp
from voting import requests as rq
from voting.anchors.proofs import Proofs
from voting.hall import Hall
from voting.log_export import Edition, export_log
from voting.roll import Roll
from voting.stores.memory import MemoryLeafStore
from voting.tree_heads import read_head
from voting.verify import imprint_of, main, report, verify_bytes

pytestmark = pytest.mark.unit

MEETING = "01CKCX0000ZZZZZZZZZZZZZZZZ"
KEY = CourtKey.generate()


def evidence_of(kind: str, head: bytes) -> bytes:
    digest = hashlib.sha256(head)
    if kind == "https":
        return json.dumps({"block": 7, "sha256": digest.hexdigest()}).encode()
    return head if kind == "file" else time_stamp(digest.digest())


KINDS: tuple[Kind, ...] = ("file", "https", "rfc3161")


async def anchored_log(
    folder: Path, alg: str = "sha256", kinds: Sequence[Kind] = KINDS, title: str = "会议"
) -> tuple[bytes, bytes]:
    """A log with an anchor of each kind, and its anchors."""
    store, proofs, tasks = MemoryLeafStore(), Proofs(MemoryStore()), TaskSet()
    roll = Roll(alg, "roll-1", ROLL)
    hall = await Hall.open(store, MEETING, KEY, Sources(lambda: 0, lambda: 1_800_000_000_000), [roll])
    tasks.spawn(hall.run(), "hall")
    await hall.do(rq.CreateMeeting(alg=alg, case_no="1", ruleset="EBL2006+JI3", title=title))
    await hall.do(rq.FreezeRoll(roll="roll-1"))
    for kind in kinds:
        head = hall.log.head
        assert head is not None
        told, evidence = read_head(head), evidence_of(kind, head)
        await proofs.add(MEETING, told.size, kind, head, evidence)
        digest = hashlib.sha256(evidence).hexdigest()
        await hall.do(rq.RecordAnchor(anchor=kind, evidence=digest, root=told.root, size=told.size))
    await export_log(store, MEETING, {"roll-1": roll}, KEY, Edition.PUBLIC, folder / "log.jsonl")
    await tasks.close()
    return await asyncio.to_thread((folder / "log.jsonl").read_bytes), await proofs.lines(MEETING)


@pytest.mark.parametrize("alg", ["sha256", "sm3"])
async def test_evidence_of_each_kind_is_checked_and_said(tmp_path: Path, alg: str) -> None:
    log, anchors = await anchored_log(tmp_path, alg)
    result = verify_bytes(log, KEY.fingerprint, None, anchors)
    assert result["wrong"] == []
    assert result["anchors"] == [
        {"anchor": "file", "size": 2, "time": ""},
        {"anchor": "https", "size": 3, "time": ""},
        {"anchor": "rfc3161", "size": 4, "time": "20270115080000Z"},
    ]
    told = io.StringIO()
    report(result, told)
    for words in ("heads in a file outside: 1", "time stamps: 1", "20270115080000Z", "openssl ts -verify"):
        assert words in told.getvalue()
    assert verify_bytes(log, KEY.fingerprint)["wrong"] == []


async def test_evidence_that_is_missing_altered_or_of_another_log_is_named(tmp_path: Path) -> None:
    log, anchors = await anchored_log(tmp_path)
    lines = anchors.splitlines(keepends=True)

    def wrong(given: bytes) -> str:
        (fault,) = verify_bytes(log, None, None, given)["wrong"]
        return f"{fault.get('where', '')} {fault['seq']} {fault['en']}"

    def altered(at: int, **fields: Any) -> bytes:
        line = json.dumps(json.loads(lines[at]) | fields, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        return b"".join([*lines[:at], line, *lines[at + 1 :]])

    assert "3 the evidence of this anchor is not in the file" in wrong(lines[0] + lines[2])
    assert "2 the evidence of this anchor is not in the file" in wrong(b"")
    assert "newline" in wrong(anchors[:-1])
    assert "line 2 of the anchors None not an anchor's evidence" in wrong(altered(1, anchor="fax"))
    assert "line 2 of the anchors None the evidence is not of its head: it is no JSON" in wrong(
        altered(1, evidence="00")
    )
    assert "its sha256 is another" in wrong(altered(1, evidence=b"{}".hex()))
    assert "it is another head" in wrong(altered(0, evidence="00"))
    assert "the evidence is not of its head" in wrong(altered(2, evidence="3003020100"))
    assert "it stamps something else" in wrong(altered(2, evidence=time_stamp(bytes(32)).hex()))
    head = json.loads(lines[2])["head"]
    assert "signature is not valid" in wrong(altered(2, head=head | {"utc_ms": 5}))
    log, _ = await anchored_log(tmp_path, kinds=("file",))
    assert "line 3 of the anchors None ALARM: the log was longer then" in wrong(anchors)
    log, _ = await anchored_log(tmp_path, title="另一会议")
    assert "line 1 of the anchors None ALARM: what was anchored is another log" in wrong(anchors)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_time_stamp_are_no_crash(data: bytes) -> None:
    with pytest.raises(ValueError):
        imprint_of(data)


@given(st.data())
def test_a_flipped_byte_of_a_stamp_is_no_crash(data: st.DataObject) -> None:
    stamp = bytearray(time_stamp(hashlib.sha256(b"head").digest()))
    at = data.draw(st.integers(0, len(stamp) - 1))
    stamp[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(ValueError):
        assert len(imprint_of(bytes(stamp))[0]) == 32


async def test_the_command_writes_the_stamps_for_openssl(tmp_path: Path) -> None:
    _, anchors = await anchored_log(tmp_path)
    words = [str(tmp_path / "log.jsonl"), "--anchors", str(tmp_path / "anchors.jsonl"), "--anchors-to"]

    def run() -> int:
        (tmp_path / "anchors.jsonl").write_bytes(anchors)
        return main([*words, str(tmp_path / "out")])

    assert await asyncio.to_thread(run) == 0
    made = await asyncio.to_thread(lambda: {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()})
    assert made.keys() == {"4.json", "4.tsr"}
    assert imprint_of(made["4.tsr"])[0] == hashlib.sha256(made["4.json"]).digest()
    assert made["4.json"] in anchors
