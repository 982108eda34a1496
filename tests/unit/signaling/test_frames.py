"""Frames of a page: the same messages however TCP cuts them, and each thing that RFC 6455 forbids is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.socket.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    PROTOCOL_ERROR,
    TEXT,
    TOO_BIG,
    BadFrame,
    FrameReader,
    frame,
)

pytestmark = pytest.mark.unit

MOST = 70_000


def sent(payload: bytes, first: int = 0x80 | TEXT, mask: bytes = b"\x01\x80\xff\x07") -> bytes:
    """A frame of a page, by the letter of section 5.2."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


payloads = st.one_of(
    st.binary(max_size=200), st.sampled_from([b"", b"a" * 125, b"b" * 126, b"c" * 65_535, b"d" * 65_536])
)
masks = st.binary(min_size=4, max_size=4)


@given(st.data())
def test_the_same_messages_come_out_however_they_are_cut(data: st.DataObject) -> None:
    expected: list[tuple[int, bytes]] = []
    stream = b""
    for _ in range(data.draw(st.integers(0, 6))):
        kind = data.draw(st.sampled_from([TEXT, BINARY, PING, PONG, CLOSE]))
        if kind in {PING, PONG, CLOSE}:
            payload = data.draw(st.binary(max_size=125))
            stream += sent(payload, 0x80 | kind, data.draw(masks))
            expected.append((kind, payload))
            continue
        parts = data.draw(st.lists(payloads, min_size=1, max_size=4).filter(lambda some: sum(map(len, some)) <= MOST))
        for at, part in enumerate(parts):
            fin = 0x80 if at == len(parts) - 1 else 0
            stream += sent(part, fin | (kind if at == 0 else 0), data.draw(masks))
            if not fin and data.draw(st.booleans()):
                # A control frame may come between fragments.
                stream += sent(b"!", 0x80 | PING)
                expected.append((PING, b"!"))
        expected.append((kind, b"".join(parts)))
    reader = FrameReader(MOST)
    found = []
    at = 0
    while at < len(stream):
        size = data.draw(st.integers(1, max(1, min(len(stream), 3_000))))
        found += reader.feed(stream[at : at + size])
        at += size
    assert found == expected


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"\x81\x01a", PROTOCOL_ERROR),  # not masked
        (sent(b"a", 0xC1), PROTOCOL_ERROR),  # an extension's bit
        (sent(b"a", 0x83), PROTOCOL_ERROR),  # an opcode that there is not
        (sent(b"a", 0x80), PROTOCOL_ERROR),  # a continuation of nothing
        (sent(b"a", 0x01) + sent(b"b", 0x81), PROTOCOL_ERROR),  # a new message within a fragmented one
        (sent(b"a", 0x09), PROTOCOL_ERROR),  # a ping in fragments
        (sent(b"a" * 126, 0x89), PROTOCOL_ERROR),  # a long ping
        (sent(b"a" * 201), TOO_BIG),
        (sent(b"a" * 150, 0x01) + sent(b"a" * 51, 0x80), TOO_BIG),
        (b"\x81\xff" + b"\xff" * 8, TOO_BIG),  # told before its payload has come
    ],
)
def test_what_is_forbidden_is_refused(bad: bytes, code: int) -> None:
    with pytest.raises(BadFrame) as refused:
        FrameReader(200).feed(sent(b"before") + bad + b"\x00" * 20)
    assert refused.value.code == code


@given(st.binary(max_size=300), st.integers(1, 50))
def test_noise_is_refused_or_waits_within_bounds(noise: bytes, size: int) -> None:
    reader = FrameReader(100)
    try:
        for at in range(0, len(noise), size):
            for kind, payload in reader.feed(noise[at : at + size]):
                assert kind in {TEXT, BINARY, CLOSE, PING, PONG}
                assert len(payload) <= 100
    except BadFrame:
        pass


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_what_the_server_sends_is_a_whole_unmasked_frame(size: int) -> None:
    made = frame(b"x" * size)
    assert made[0] == 0x81
    head = {125: 2, 65_535: 4}.get(min(at for at in (125, 65_535, 1 << 63) if size <= at), 10)
    assert len(made) == head + size
    told = made[1] if head == 2 else int.from_bytes(made[2:head], "big")
    assert told == size
