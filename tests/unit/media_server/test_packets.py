"""RTCP: what we build is what we and aiortc read; garbage raises nothing."""

from __future__ import annotations

import pytest
from aiortc.rtp import (
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
)
from hypothesis import given
from hypothesis import strategies as st

from media_server import packets
from media_server.packets import Bye, KeyframeRequest, Nack, ReferenceEcho, Remb, ReportBlock, SenderInfo

pytestmark = pytest.mark.unit

BLOCK = ReportBlock(7, 0.25, -3, 0x10005, 90, 0x12345678, 0x8000)


def test_reports_survive_the_wire() -> None:
    info = SenderInfo(1, 0xE1234567_89ABCDEF, 0xFFFFFFFF, 10, 1000)
    assert packets.parse(packets.sender_report(info)) == [info]
    assert packets.parse(packets.receiver_reports(2, [BLOCK])) == [BLOCK]


def test_aiortc_reads_what_we_build() -> None:
    data = (
        packets.sender_report(SenderInfo(1, 2, 3, 4, 5))
        + packets.receiver_reports(9, [BLOCK])
        + packets.description(1, "民事")
        + packets.picture_loss(9, 1)
        + packets.nack(9, 1, [65535, 0, 1, 40])
        + packets.bye([1])
    )
    sr, rr, sdes, pli, nack, bye = RtcpPacket.parse(data)
    assert isinstance(sr, RtcpSrPacket)
    assert sr.sender_info.rtp_timestamp == 3
    assert isinstance(rr, RtcpRrPacket)
    assert (rr.reports[0].packets_lost, rr.reports[0].fraction_lost, rr.reports[0].lsr) == (-3, 64, 0x12345678)
    assert isinstance(sdes, RtcpSdesPacket)
    assert [chunk.ssrc for chunk in sdes.chunks] == [1]
    assert isinstance(pli, RtcpPsfbPacket)
    assert pli.media_ssrc == 1
    assert isinstance(nack, RtcpRtpfbPacket)
    assert [number & 0xFFFF for number in nack.lost] == [65535, 0, 1, 40]
    assert isinstance(bye, RtcpByePacket)
    assert bye.sources == [1]


def test_requests_are_understood() -> None:
    fir = bytes.fromhex("84ce0004 00000001 00000000 00000009 05000000")
    remb = bytes.fromhex("8fce0005 00000001 00000000 52454d42 01 12d687 00000009")
    assert packets.parse(fir) == [KeyframeRequest(9)]
    assert packets.parse(packets.picture_loss(1, 9)) == [KeyframeRequest(9)]
    assert packets.parse(packets.full_intra(1, 9, 300)) == [KeyframeRequest(9)]
    assert packets.parse(packets.nack(1, 9, [3, 4, 30])) == [Nack(9, (3, 4, 30))]
    assert packets.parse(packets.bye([5, 6])) == [Bye((5, 6))]
    assert packets.parse(remb) == [Remb((0x12D687 & 0x3FFFF) << (0x12D687 >> 18))]


def test_the_echo_of_our_reference_time_is_found() -> None:
    xr = bytes.fromhex("80cf0005 00000001 05000003 00000007 11223344 00010000")
    assert packets.parse(xr) == [ReferenceEcho(0x11223344, 0x10000)]


def test_many_blocks_make_several_reports() -> None:
    assert len(packets.parse(packets.receiver_reports(1, [BLOCK] * 40))) == 40


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        bytes.fromhex("81c80001 00000001"),
        bytes.fromhex("9fc90001 00000001"),
        bytes.fromhex("81cd0001 00000001"),
        bytes.fromhex("80cf0002 00000001 05ffffff"),
        bytes.fromhex("80c9ffff"),
        bytes.fromhex("9fcb0000"),
    ],
)
def test_cut_short_gives_nothing(data: bytes) -> None:
    assert packets.parse(data) == []


@given(st.binary(max_size=400))
def test_garbage_raises_nothing(data: bytes) -> None:
    assert len(packets.parse(data)) <= packets.MAX_ITEMS


@given(
    st.integers(0, 31),
    st.sampled_from([200, 201, 202, 203, 205, 206, 207]),
    st.binary(max_size=200),
)
def test_garbage_in_a_right_frame_raises_nothing(count: int, kind: int, body: bytes) -> None:
    body = body[: len(body) // 4 * 4]
    packets.parse(bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body)


def test_the_payload_of_an_rtp_packet() -> None:
    plain = b"\x80\x60" + bytes(10) + b"abc"
    extended = b"\xb1\x60" + bytes(10) + bytes(4) + b"\xbe\xde\x00\x01" + bytes(4) + b"abc\x00\x02"
    assert packets.rtp_payload(plain) == packets.rtp_payload(extended) == b"abc"


@given(st.binary(max_size=60))
def test_the_payload_of_garbage_raises_nothing(data: bytes) -> None:
    packets.rtp_payload(data)
