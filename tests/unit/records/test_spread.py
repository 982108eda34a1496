"""What is spread comes back whole, and not at all from a part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.vault.spread import NOISE_BYTES, gathered, spread

pytestmark = pytest.mark.unit


@given(st.binary(max_size=5_000))
def test_whole_it_comes_back(data: bytes) -> None:
    whole = spread(data)
    assert gathered(whole) == data
    assert len(whole) == len(data) + NOISE_BYTES
    assert spread(data) != whole


@given(st.binary(min_size=32, max_size=2_000), st.integers(0, NOISE_BYTES - 1), st.integers(1, 255))
def test_one_byte_of_the_noise_missing_is_all_missing(data: bytes, at: int, wrong: int) -> None:
    whole = bytearray(spread(data))
    whole[len(data) + at] ^= wrong
    other = gathered(bytes(whole))
    # Chance lets one byte in 256 be right.
    assert sum(a == b for a, b in zip(other, data, strict=True)) < len(data) / 4


@pytest.mark.parametrize("size", [0, 1, NOISE_BYTES - 1])
def test_too_short_is_refused(size: int) -> None:
    with pytest.raises(ValueError):
        gathered(bytes(size))
