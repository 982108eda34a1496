"""Cutting what OpenSSL wrote into datagrams: whole records, none lost, none larger than it must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.dtls import _datagrams

pytestmark = pytest.mark.unit


@given(st.lists(st.integers(0, 1400), max_size=20))
def test_records_stay_whole_and_datagrams_small(sizes: list[int]) -> None:
    records = [b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size) for size in sizes]
    datagrams = _datagrams(b"".join(records))
    assert b"".join(datagrams) == b"".join(records)
    for datagram in datagrams:
        assert datagram[:3] == b"\x16\xfe\xfd"
        assert len(datagram) <= 1200 or datagram in records
