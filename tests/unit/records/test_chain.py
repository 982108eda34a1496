"""Canonical text, the hash chain, signed heads: checked against the standard library alone."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing import events as ev
from records.canonical import canonical
from records.chain import GENESIS, check_chain, entry_hash, head_is_valid, make_entry, sign_head
from records.errors import BrokenChain
from records.keys import CourtKey
from tests.fakes.hearings import chained

pytestmark = pytest.mark.unit

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)
KEY = CourtKey.generate()


def by_standard_library(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(JSON)
def test_canonical_text_is_the_standard_librarys(value: Any) -> None:
    assert canonical(value) == by_standard_library(value)


def test_canonical_text_of_every_ascii_and_control_character() -> None:
    text = "".join(map(chr, range(0x250))) + "\u2028\u2029\ufeff\ufffd𠮷"
    assert canonical({text: text}) == by_standard_library({text: text})


@given(
    st.sampled_from([0.5, 1.0, float("nan"), float("inf")]), st.lists(st.sampled_from(["list", "dict"]), max_size=4)
)
def test_floats_have_no_canonical_text(value: Any, wrappings: list[str]) -> None:
    for wrapping in wrappings:
        value = [value] if wrapping == "list" else {"k": value}
    with pytest.raises(TypeError, match="float"):
        canonical(value)


@given(st.integers(1, 2**53), st.integers(0, 2**53), TEXT, TEXT)
def test_an_entrys_hash_is_what_the_standard_library_computes(seq: int, at_ms: int, actor: str, reason: str) -> None:
    event = ev.InvitationRevoked(participant=actor, reason=reason)
    entry = make_entry(session="s", seq=seq, at_ms=at_ms, utc_ms=1, actor=actor, event=event, prev=GENESIS)
    line = json.loads(canonical(entry))
    assert line.pop("hash") == hashlib.sha256(by_standard_library(line)).hexdigest()
    assert msgspec.json.decode(canonical(entry), type=ev.Entry) == entry


def test_a_chain_begins_with_zeros_and_each_entry_names_the_one_before() -> None:
    entries = chained("s", 3)
    assert [entry.prev for entry in entries] == ["0" * 64, entries[0].hash, entries[1].hash]
    check_chain("s", entries)
    check_chain("s", [])


def altered(entries: list[ev.Entry], how: str, at: int) -> list[ev.Entry]:
    changed = list(entries)
    match how:
        case "swap":
            changed[at], changed[at + 1] = changed[at + 1], changed[at]
        case "remove":
            del changed[at]
        case "repeat":
            changed.insert(at, changed[at])
        case "other session":
            changed[at] = msgspec.structs.replace(changed[at], session="t")
        case "rehashed":
            # Who edits an entry and repairs its own hash still breaks the link of the next.
            edited = msgspec.structs.replace(changed[at], actor="mallory")
            changed[at] = msgspec.structs.replace(edited, hash=entry_hash(edited))
        case field:
            value = getattr(changed[at], field)
            changed[at] = msgspec.structs.replace(
                changed[at], **{field: value + 1 if isinstance(value, int) else "f" * 64}
            )
    return changed


@pytest.mark.parametrize("at", [0, 1, 3])
@pytest.mark.parametrize(
    ("how", "later"),
    [
        ("swap", 0),
        ("remove", 0),
        ("repeat", 1),
        ("other session", 0),
        ("rehashed", 1),
        ("seq", 0),
        ("at_ms", 0),
        ("utc_ms", 0),
        ("actor", 0),
        ("prev", 0),
        ("hash", 0),
    ],
)
def test_the_first_wrong_entry_is_named(how: str, later: int, at: int) -> None:
    with pytest.raises(BrokenChain) as broken:
        check_chain("s", altered(chained("s", 6), how, at))
    assert broken.value.seq == at + 1 + later


def test_time_that_goes_back_breaks_the_chain() -> None:
    first = chained("s", 1)[0]
    event = ev.SpeakerChanged(participants=())
    second = make_entry(session="s", seq=2, at_ms=0, utc_ms=0, actor="server", event=event, prev=first.hash)
    with pytest.raises(BrokenChain, match="time"):
        check_chain("s", [first, second])


def test_a_head_is_signed_over_its_canonical_json_without_the_signature() -> None:
    entry = chained("s", 2)[-1]
    head = sign_head(entry, 1234, KEY)
    fields = json.loads(canonical(head))
    signature = bytes.fromhex(fields.pop("signature"))
    assert fields == {"session": "s", "seq": 2, "hash": entry.hash, "utc_ms": 1234, "key": KEY.fingerprint}
    assert KEY.sign(by_standard_library(fields)) == signature
    assert head_is_valid(head, KEY.public_bytes)


@pytest.mark.parametrize(
    "change",
    [{"session": "t"}, {"seq": 3}, {"hash": "f" * 64}, {"utc_ms": 1}, {"signature": "00" * 64}, {"signature": "zz"}],
    ids=str,
)
def test_a_changed_head_is_not_valid(change: dict[str, Any]) -> None:
    head = sign_head(chained("s", 2)[-1], 1234, KEY)
    assert not head_is_valid(msgspec.structs.replace(head, **change), KEY.public_bytes)


def test_a_head_by_another_key_is_not_valid_even_under_our_fingerprint() -> None:
    head = sign_head(chained("s", 1)[0], 1, CourtKey.generate())
    assert not head_is_valid(head, KEY.public_bytes)
    assert not head_is_valid(msgspec.structs.replace(head, key=KEY.fingerprint), KEY.public_bytes)
