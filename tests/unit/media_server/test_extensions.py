"""Header extensions: round trips in both forms, and that no block raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane import extensions

pytestmark = pytest.mark.unit

SMALL = st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=14)
ANY = st.dictionaries(st.integers(1, 255), st.binary(max_size=255), min_size=1, max_size=20)


@given(SMALL | ANY)
def test_what_is_written_is_read(elements: dict[int, bytes]) -> None:
    block = extensions.pack(list(elements.items()))
    assert len(block) % 4 == 0
    if sum(len(value) + 2 for value in elements.values()) <= extensions.MAX_BLOCK_BYTES - 4:
        assert extensions.read(block) == elements
    else:
        assert len(block) <= extensions.MAX_BLOCK_BYTES


def test_a_block_that_would_grow_too_long_carries_the_hops_elements_only() -> None:
    kept = [(1, bytes(200)), (2, bytes(40))]
    assert extensions.pack(kept) == b""
    assert extensions.read(extensions.pack(kept, [(3, b"\x01\x02")])) == {3: b"\x01\x02"}


@given(SMALL.filter(bool))
def test_small_elements_take_the_one_byte_form(elements: dict[int, bytes]) -> None:
    assert extensions.pack(list(elements.items()))[:2] == b"\xbe\xde"


@given(st.binary(max_size=100), st.sampled_from([b"\xbe\xde", b"\x10\x00", b"\x10\x0f", b"\x00\x00", b""]))
def test_no_block_raises(body: bytes, profile: bytes) -> None:
    elements = extensions.read(profile + b"\0\0" + body)
    assert sum(len(value) for value in elements.values()) <= len(body)
