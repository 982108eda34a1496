"""Our AES-GCM SRTP against libsrtp, byte for byte, and the replay window against its definition."""

from __future__ import annotations

import pylibsrtp
import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from media_server.dataplane.srtp import (
    WINDOW_PACKETS,
    CmDirection,
    Direction,
    GcmDirection,
    SrtpError,
    Window,
    derive,
)
from tests.fakes.srtp_client import Rtp

pytestmark = pytest.mark.unit

KEY, SALT = bytes(range(16)), bytes(range(100, 112))
RTCP = bytes.fromhex("80c9000112345678") + b"body" * 3


def libsrtp(kind: int) -> pylibsrtp.Session:
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    return pylibsrtp.Session(pylibsrtp.Policy(key=KEY + SALT, ssrc_type=kind, srtp_profile=profile))


def sealed(direction: Direction, packet: Rtp, index: int) -> bytes:
    plain = packet.packed()
    header, payload = plain[:12], plain[12:]
    nonce = (direction.salt ^ (packet.ssrc << 48) ^ index).to_bytes(12, "big")
    return header + direction.seal(nonce, payload, header)


def test_key_derivation_of_the_rfc() -> None:
    """RFC 3711 B.3."""
    master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139")
    salt = bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
    assert derive(master, salt, 0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derive(master, salt, 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"


def test_sealed_rtp_is_libsrtps() -> None:
    ours, theirs = GcmDirection(KEY, SALT), libsrtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    for sequence in (65534, 65535, 65536, 65537, 90_000, 120_000, 131_072):
        packet = Rtp(sequence, b"x" * 50, ssrc=0xDEADBEEF)
        assert sealed(ours, packet, sequence) == theirs.protect(packet.packed())


def test_rtcp_goes_both_ways_with_libsrtp() -> None:
    outbound, inbound = GcmDirection(KEY, SALT), GcmDirection(KEY, SALT)
    theirs_in = libsrtp(pylibsrtp.Policy.SSRC_ANY_INBOUND)
    theirs_out = libsrtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    for _ in range(3):
        assert theirs_in.unprotect_rtcp(outbound.seal_rtcp(RTCP)) == RTCP
        assert inbound.open_rtcp(theirs_out.protect_rtcp(RTCP)) == RTCP


@pytest.mark.parametrize("kind", ["gcm", "cm"])
def test_bad_rtcp_is_refused(kind: str) -> None:
    def pair() -> tuple[Direction, Direction]:
        if kind == "gcm":
            return GcmDirection(KEY, SALT), GcmDirection(KEY, SALT)
        salt = SALT + b"ab"
        return CmDirection(KEY, salt, inbound=False), CmDirection(KEY, salt, inbound=True)

    outbound, inbound = pair()
    good = outbound.seal_rtcp(RTCP)
    for position in range(len(good)):
        forged = bytearray(good)
        forged[position] ^= 0x10
        with pytest.raises(SrtpError):
            inbound.open_rtcp(bytes(forged))
    for size in range(len(good)):
        with pytest.raises(SrtpError):
            inbound.open_rtcp(good[:size])
    assert inbound.open_rtcp(good) == RTCP
    with pytest.raises(SrtpError):
        inbound.open_rtcp(good)


def test_forged_rtp_is_refused() -> None:
    direction = GcmDirection(KEY, SALT)
    datagram = sealed(direction, Rtp(5), 5)
    nonce = (direction.salt ^ (1 << 48) ^ 5).to_bytes(12, "big")
    with pytest.raises(InvalidTag):
        direction.open(nonce, datagram[12:-1] + b"\0", datagram[:12])
    assert direction.open(nonce, datagram[12:], datagram[:12]) == Rtp(5).payload


@given(st.lists(st.integers(-2000, 2000), min_size=1, max_size=200))
def test_the_window_lets_each_index_in_once(moves: list[int]) -> None:
    window, seen = Window(), set[int]()
    position = 5000
    for move in moves:
        position = max(0, position + move)
        highest = max(seen, default=-1)
        expected = position not in seen and position > highest - WINDOW_PACKETS
        assert window.fresh(position) is expected
        if expected:
            window.accept(position)
            seen.add(position)
        assert window.highest == max(seen)


@given(st.integers(0, 1 << 40), st.integers(-0x7FFF, 0x7FFF))
def test_indices_follow_the_sequence_over_wraps(highest: int, distance: int) -> None:
    window = Window()
    window.accept(highest)
    index = highest + distance
    if index >= 0:
        assert window.index_of(index & 0xFFFF) == index
    else:
        assert window.index_of(index & 0xFFFF) == index + 0x10000
