"""STUN: the RFC's own vectors, round trips, and that nothing but StunError comes out of any datagram."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server import stun

pytestmark = pytest.mark.unit

TRANSACTION = bytes(range(12))
PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt"

# RFC 5769 2.1: a request with short-term credentials.
RFC_REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff"
    "80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249"
    "c1b571a280280004e57a3bcf"
)
# RFC 5769 2.2, 2.3: answers with an IPv4 and an IPv6 address.
RFC_ANSWER_4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
RFC_ANSWER_6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9fa"
    "a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
)


def check(**changes: object) -> bytes:
    return stun.request(TRANSACTION, "ours:theirs", PASSWORD, **changes)  # type: ignore[arg-type]


def test_reads_the_rfcs_request() -> None:
    message = stun.parse(RFC_REQUEST)
    assert message.kind is stun.Class.REQUEST
    assert message.username == "evtj:h6vY"
    assert message.authentic(PASSWORD)
    assert not message.authentic(PASSWORD + "x")
    assert message.get(stun.Attribute.PRIORITY) == bytes.fromhex("6e0001ff")
    assert not message.use_candidate


@pytest.mark.parametrize(
    ("answer", "address"),
    [(RFC_ANSWER_4, ("192.0.2.1", 32853)), (RFC_ANSWER_6, ("2001:db8:1234:5678:11:2233:4455:6677", 32853))],
)
def test_reads_the_rfcs_answers(answer: bytes, address: tuple[str, int]) -> None:
    message = stun.parse(answer)
    assert message.kind is stun.Class.SUCCESS
    assert message.authentic(PASSWORD)
    assert message.mapped_address == address


@pytest.mark.parametrize("source", [("198.51.100.7", 54321), ("2001:db8::1", 1)])
def test_a_success_names_the_source_and_is_signed(source: tuple[str, int]) -> None:
    request = stun.parse(check(use_candidate=True))
    assert request.use_candidate
    answer = stun.parse(stun.success(request, source, PASSWORD))
    assert (answer.kind, answer.transaction) == (stun.Class.SUCCESS, TRANSACTION)
    assert answer.mapped_address == source
    assert answer.authentic(PASSWORD)


@pytest.mark.parametrize(("code", "password"), [(400, None), (401, None), (487, PASSWORD)])
def test_a_failure_carries_its_code(code: int, password: str | None) -> None:
    answer = stun.parse(stun.failure(stun.parse(check()), code, "Why", password))
    assert answer.kind is stun.Class.ERROR
    assert answer.error_code == code
    assert answer.authentic(PASSWORD) is (password is not None)


def test_attributes_after_the_integrity_do_not_count() -> None:
    signed = check()[:-8]
    added = signed + bytes.fromhex("00250000")
    padded = added[:2] + (len(added) - 20).to_bytes(2, "big") + added[4:]
    message = stun.parse(padded)
    assert message.authentic(PASSWORD)
    assert not message.use_candidate


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x00",
        RFC_REQUEST[:19],
        RFC_REQUEST[:-1],
        RFC_REQUEST + b"\0\0\0\0",
        RFC_REQUEST[:4] + b"\0\0\0\0" + RFC_REQUEST[8:],
        b"\x00\x02" + RFC_REQUEST[2:],
        RFC_REQUEST[:-1] + b"\0",
        RFC_REQUEST[:24] + b"\0" + RFC_REQUEST[25:],
        bytes.fromhex("000100082112a442") + TRANSACTION + bytes.fromhex("0024000201020000"),
        bytes.fromhex("000100042112a442") + TRANSACTION + bytes.fromhex("0006ffff"),
        bytes.fromhex("000100842112a442") + TRANSACTION + bytes.fromhex("80220000") * 33,
    ],
)
def test_what_is_no_binding_message_is_refused(datagram: bytes) -> None:
    with pytest.raises(stun.StunError):
        stun.parse(datagram)


def _asked(message: stun.Message) -> None:
    assert message.authentic(PASSWORD) in (True, False)
    assert isinstance(message.unknown_required, tuple)
    for value in (message.username, message.mapped_address, message.error_code, message.use_candidate):
        assert value is None or value is not NotImplemented


@given(st.binary(max_size=200) | st.binary(max_size=120).map(lambda body: RFC_REQUEST[:20] + body))
def test_no_datagram_raises_anything_else(datagram: bytes) -> None:
    fitting = datagram[:2] + (max(0, len(datagram) - 20)).to_bytes(2, "big") + datagram[4:]
    for data in (datagram, fitting):
        try:
            _asked(stun.parse(data))
        except stun.StunError:
            continue


@given(st.integers(0, len(RFC_REQUEST) - 9), st.integers(1, 255))
def test_every_changed_byte_before_the_fingerprint_is_noticed(position: int, change: int) -> None:
    data = bytearray(RFC_REQUEST)
    data[position] ^= change
    try:
        message = stun.parse(bytes(data))
    except stun.StunError:
        return
    assert not message.authentic(PASSWORD)
