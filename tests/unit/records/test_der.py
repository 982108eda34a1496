"""A time stamp's certificates in the order of DER; anything else is refused without a crash."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.anchors.der import with_certificates_in_order
from tests.fakes.time_stamp import time_stamp
from voting.verify import imprint_of

pytestmark = pytest.mark.unit

CERTIFICATES = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5)


@given(CERTIFICATES)
def test_certificates_are_put_in_order_and_nothing_else_moves(contents: list[bytes]) -> None:
    given = time_stamp(bytes(32), certificates=contents)
    ordered = with_certificates_in_order(given)
    assert ordered == with_certificates_in_order(time_stamp(bytes(32), certificates=contents[::-1]))
    assert ordered == with_certificates_in_order(ordered)
    assert len(ordered) == len(given)
    assert imprint_of(ordered) == imprint_of(given)


def test_a_stamp_without_certificates_stays_as_it_is() -> None:
    assert with_certificates_in_order(time_stamp(bytes(32))) == time_stamp(bytes(32))


@given(st.binary(max_size=200), CERTIFICATES, st.data())
def test_what_is_no_time_stamp_is_a_value_error(noise: bytes, contents: list[bytes], data: st.DataObject) -> None:
    stamp = bytearray(time_stamp(bytes(32), certificates=contents))
    stamp[data.draw(st.integers(0, len(stamp) - 1))] ^= data.draw(st.integers(1, 255))
    for each in (noise, bytes(stamp), bytes(stamp[: data.draw(st.integers(0, len(stamp)))])):
        with contextlib.suppress(ValueError):
            assert len(with_certificates_in_order(each)) == len(each)
