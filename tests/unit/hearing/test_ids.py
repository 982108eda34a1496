"""Identifiers tell when they were made."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hearing.ids import new_ulid, time_of

pytestmark = pytest.mark.unit


@given(st.integers(min_value=0, max_value=(1 << 48) - 1))
def test_a_ulid_carries_its_time(utc_ms: int) -> None:
    assert time_of(new_ulid(utc_ms)) == utc_ms


@pytest.mark.parametrize("text", ["", "x", "8" * 26, "0" * 25])
def test_anything_else_has_none(text: str) -> None:
    with pytest.raises(ValueError, match="no ULID"):
        time_of(text)
