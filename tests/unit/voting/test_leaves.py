"""What is hashed is canonical JSON: the standard library's text of the same object, and it reads back."""

from __future__ import annotations

import json
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.made_structs import structs
from voting.leaves import AnyLeaf, leaf_bytes, read_leaf
from voting.roll_entry import RollEntry, entry_bytes

pytestmark = pytest.mark.unit


def _canonical(data: bytes) -> bytes:
    return json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.one_of([structs(kind) for kind in get_args(AnyLeaf)]))
def test_a_leaf_is_canonical_json_and_reads_back(leaf: AnyLeaf) -> None:
    data = leaf_bytes(leaf)
    assert data == _canonical(data)
    assert read_leaf(data) == leaf


@given(structs(RollEntry))
def test_an_entry_is_canonical_json(entry: RollEntry) -> None:
    data = entry_bytes(entry)
    assert data == _canonical(data)
    assert msgspec.json.decode(data, type=RollEntry) == entry


def test_an_unknown_field_or_kind_is_refused() -> None:
    for text in (
        b'{"by":["a","b"],"kind":"meeting.closed","meeting":"m","seq":1,"utc_ms":1,"v":1,"x":1}',
        b'{"kind":"meeting.burnt","meeting":"m","seq":1,"utc_ms":1,"v":1}',
        b'{"by":["a"],"kind":"meeting.closed","meeting":"m","seq":1,"utc_ms":1,"v":1}',
    ):
        with pytest.raises(msgspec.MsgspecError):
            read_leaf(text)
