"""What people signed is checked without Yunting: text, picture and key, and each fault is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hearing.events import Entry
from hearing.line_commands import EditLine
from hearing.review_events import MinutesSigned, SigningRefused
from hearing.session import Move
from records import verify
from records.keys import CourtKey
from records.package.signature_files import signature_files
from records.sealing.signatures import check_signatures
from records.writing.draft import Draft
from tests.fakes.bagged import bagged, chained, wrong
from tests.fakes.minutes import TZ, Sitting, said
from tests.fakes.signer import Signer

pytestmark = pytest.mark.unit
KEY = CourtKey.generate()
PLAINTIFF, DEFENDANT = (f"{verify.SIGNATURES}{who}" for who in ("plaintiff", "defendant"))
PICTURES = {who: f"the hand of {who}".encode() for who in ("plaintiff", "defendant")}
BY_HASH = {hashlib.sha256(each).hexdigest(): each for each in PICTURES.values()}
Files = dict[str, bytes]


def sign(sitting: Sitting, who: str) -> MinutesSigned:
    draft = Draft(TZ)
    for entry in sitting.room.entries:
        draft.apply(entry)
    session = sitting.room.entries[0].session
    signed = Signer().signed(session, who, draft.sha256, 1_795_000_100_000, picture=PICTURES[who])
    sitting.room.note([signed], who)
    return signed


@pytest.fixture
def sitting() -> Sitting:
    """The plaintiff signs, then a line is corrected, then the defendant signs; the clerk is said to refuse."""
    sat = Sitting().at(1_000).note(said("我方主张", 500)).at(9_000).note(said("不同意", 6_000, "defendant"))
    sat.at(60_000).room.move(Move.CLOSE)
    sign(sat, "plaintiff")
    sat.do(EditLine(line="defendant@6000", revision=0, text="不认可"))
    sign(sat, "defendant")
    return sat


def files_of(entries: list[Entry]) -> Files:
    draft = Draft(TZ)
    for entry in entries:
        draft.apply(entry)
    return signature_files(entries, BY_HASH, TZ) | {"data/text/now.txt": draft.document().text().encode()}


def faults(folder: Path, entries: list[Entry], change: Callable[[Files], None] = lambda files: None) -> list[Any]:
    """Of a package with only the text that people signed, so that no other check speaks first."""
    files = files_of(entries)
    path = files[f"{DEFENDANT}.json"].decode().replace(verify.TRANSCRIPT_TXT, "data/text/now.txt")
    files[f"{DEFENDANT}.json"] = path.encode()
    change(files)
    return wrong(bagged(folder, KEY, entries, more=files), KEY)


def earlier(files: Files) -> str:
    (path,) = (path for path in files if path.startswith(f"{verify.SIGNATURES}minutes-"))
    return path


def test_good_signatures_stand_also_one_of_an_earlier_text(sitting: Sitting, tmp_path: Path) -> None:
    entries = chained(sitting.room.entries)
    assert faults(tmp_path, entries) == []
    result = verify.verify_path(str(tmp_path))
    assert result["signatures"] == 2
    assert any(earlier(files_of(entries)) in note for note in result["notes"])


def told(**fields: Any) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[f"{PLAINTIFF}.json"] = json.dumps({**json.loads(files[f"{PLAINTIFF}.json"]), **fields}).encode()

    return change


def put(path: str | None, data: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[path or earlier(files)] = data

    return change


def swap_pictures(files: Files) -> None:
    files[f"{PLAINTIFF}.png"], files[f"{DEFENDANT}.png"] = files[f"{DEFENDANT}.png"], files[f"{PLAINTIFF}.png"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (put(f"{PLAINTIFF}.png", b"another hand"), f"{PLAINTIFF}.png"),
        (swap_pictures, f"{PLAINTIFF}.png"),
        (put(None, b"another text\n"), f"{verify.SIGNATURES}minutes-"),
        (put("data/text/now.txt", b"another text\n"), "data/text/now.txt"),
        (told(minutes_sha256="0" * 64), f"{PLAINTIFF}.json"),
        (told(public_key="00"), f"{PLAINTIFF}.json"),
        (told(picture="data/absent.png"), "data/absent.png"),
        (told(picture=7), f"{PLAINTIFF}.json"),
        (put(f"{PLAINTIFF}.json", b"[]"), f"{PLAINTIFF}.json"),
        (put(f"{PLAINTIFF}.json", b"\xff"), f"{PLAINTIFF}.json"),
        (lambda files: files.pop(f"{PLAINTIFF}.json"), f"{PLAINTIFF}.json"),
    ],
)
def test_a_resealed_change_is_named(
    change: Callable[[Files], None], named: str, sitting: Sitting, tmp_path: Path
) -> None:
    found = faults(tmp_path, chained(sitting.room.entries), change)
    assert found
    assert found[0][0].startswith(named)


@pytest.mark.parametrize("field", ["minutes_sha256", "image_sha256", "signed_utc_ms", "verdict", "signature"])
def test_not_even_the_court_can_change_what_somebody_signed(field: str, sitting: Sitting, tmp_path: Path) -> None:
    entries = list(sitting.room.entries)
    at = next(number for number, entry in enumerate(entries) if isinstance(entry.event, MinutesSigned))
    was = getattr(entries[at].event, field)
    forged = was + 1 if isinstance(was, int) else "ab" + was[2:]
    event = msgspec.structs.replace(entries[at].event, **{field: forged})
    entries[at] = msgspec.structs.replace(entries[at], event=event)
    found = faults(tmp_path, chained(entries))
    assert (found[0][0], f"第{at + 1}号事件" in found[0][1]) == (verify.EVENTS, True)
    assert check_signatures(chained(entries), BY_HASH, TZ)[0].fault is not None


def test_a_picture_that_was_lost_is_a_note_and_no_fault_of_the_package(sitting: Sitting, tmp_path: Path) -> None:
    entries = chained(sitting.room.entries)
    files = signature_files(entries, {}, TZ)
    files[f"{DEFENDANT}.json"] = files[f"{DEFENDANT}.json"].replace(b'"data/text/transcript.txt"', b"null")
    assert wrong(bagged(tmp_path, KEY, entries, more=files), KEY) == []
    assert sum("签名图片" in note for note in verify.verify_path(str(tmp_path))["notes"]) == 2


def test_who_refuses_stands_there_with_the_reason(sitting: Sitting) -> None:
    refused = SigningRefused(participant="plaintiff", minutes_sha256="0" * 64, reason="不认可笔录")
    sitting.room.note([refused], "plaintiff")
    files = signature_files(chained(sitting.room.entries), BY_HASH, TZ)
    assert json.loads(files[f"{PLAINTIFF}.json"])["refused"] == "不认可笔录"
    assert f"{PLAINTIFF}.png" not in files


def test_the_text_that_was_kept_at_signing_is_handed_over_where_the_log_gives_other_words(sitting: Sitting) -> None:
    """As of a later program that composes the minutes in other words: what was signed is there, byte by byte."""
    text = "笔录：与今日程序所编不同".encode()
    sha256 = hashlib.sha256(text).hexdigest()
    session = sitting.room.entries[0].session
    signed = Signer().signed(session, "plaintiff", sha256, 1_795_000_100_000, picture=PICTURES["plaintiff"])
    sitting.room.note([signed], "plaintiff")
    assert not any(text == data for data in signature_files(sitting.room.entries, BY_HASH, TZ).values())

    files = signature_files(sitting.room.entries, {**BY_HASH, sha256: text}, TZ)
    where = json.loads(files[f"{PLAINTIFF}.json"])["minutes"]
    assert files[where] == text
    altered = signature_files(sitting.room.entries, {**BY_HASH, sha256: text + b"!"}, TZ)
    assert json.loads(altered[f"{PLAINTIFF}.json"])["minutes"] is None
