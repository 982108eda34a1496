"""Order is restored within the bound, and every sequence number is either delivered once or declared lost."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.recording.reorder import HOLD_US, MAX_PACKETS, Lost, Packet, Reorder, parse_rtp
from yunting.bench.record_source import rtp_packet

pytestmark = pytest.mark.unit


def packet(number: int, arrival_us: int = 0) -> Packet:
    return Packet(number & 0xFFFF, 0, False, memoryview(b"x"), arrival_us)


def numbers(items: list[Packet | Lost]) -> list[int]:
    return [item.sequence for item in items if isinstance(item, Packet)]


@given(
    start=st.integers(0, 65_535),
    count=st.integers(1, 200),
    lost=st.sets(st.integers(1, 198), max_size=40),
    shuffle=st.randoms(use_true_random=False),
)
def test_everything_is_delivered_in_order_or_declared(
    start: int, count: int, lost: set[int], shuffle: random.Random
) -> None:
    sent = [start + n for n in range(count) if n not in lost or n == count - 1]
    late = sorted(range(len(sent)), key=lambda index: index + (shuffle.random() * 8 if index else 0))
    reorder = Reorder()
    out: list[Packet | Lost] = []
    for index in late:
        out += reorder.push(packet(sent[index]))
    out += reorder.flush()
    delivered = [item for item in out if isinstance(item, Packet)]
    assert [item.sequence for item in delivered] == [number & 0xFFFF for number in sent]
    assert sum(item.packets for item in out if isinstance(item, Lost)) == count - len(sent)


def test_a_hole_is_waited_for_and_no_longer() -> None:
    reorder = Reorder()
    assert numbers(list(reorder.push(packet(1)))) == [1]
    assert list(reorder.push(packet(3, arrival_us=1000))) == []
    assert list(reorder.release(1000 + HOLD_US - 1)) == []
    assert numbers(list(reorder.push(packet(2, arrival_us=2000)))) == [2, 3]
    assert list(reorder.push(packet(6, arrival_us=5000))) == []
    released = list(reorder.release(5000 + HOLD_US))
    assert released[0] == Lost(4, 5, 2)
    assert numbers(released) == [6]
    assert list(reorder.push(packet(5))) == []


def test_it_is_bounded() -> None:
    reorder = Reorder()
    list(reorder.push(packet(0)))
    out: list[Packet | Lost] = []
    for number in range(2, MAX_PACKETS + 10):
        out += reorder.push(packet(number))
        assert len(reorder) <= MAX_PACKETS
    assert Lost(1, 1, 1) in out


def test_a_restarted_sender_is_a_loss_of_unknown_size() -> None:
    reorder = Reorder()
    list(reorder.push(packet(100)))
    out = list(reorder.push(packet(30_000)))
    assert isinstance(out[0], Lost)
    assert out[0].packets == 0
    assert numbers(out) == [30_000]


@given(st.binary(max_size=64))
def test_garbage_is_no_packet_or_a_harmless_one(data: bytes) -> None:
    parsed = parse_rtp(data, 0)
    assert parsed is None or len(parsed.payload) <= len(data) - 12


def test_padding_and_extensions_are_cut_off() -> None:
    plain = rtp_packet(96, 7, 90_000, 5, b"payload", marker=True)
    padded = bytes([plain[0] | 0x20]) + plain[1:] + b"\0\0\3"
    extended = bytes([plain[0] | 0x10]) + plain[1:12] + b"\xbe\xde\0\1\x10\x55\0\0" + plain[12:]
    for rtp in (plain, padded, extended):
        parsed = parse_rtp(rtp, 3)
        assert parsed is not None
        assert (bytes(parsed.payload), parsed.sequence, parsed.timestamp, parsed.marker) == (
            b"payload",
            7,
            90_000,
            True,
        )


def test_flush_keeps_order() -> None:
    reorder = Reorder()
    out: list[Packet | Lost] = []
    for number in (1, 5, 9, 7):
        out += reorder.push(packet(number))
    out += reorder.flush()
    assert all(a < b for a, b in pairwise(numbers(out)))
    assert len(reorder) == 0
