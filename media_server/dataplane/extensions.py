"""RTP header extensions (RFC 8285), both profiles: read into elements, write mapped to other ids. Never raises."""

from __future__ import annotations

from collections.abc import Mapping

ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
MAX_BLOCK_BYTES = 244
"""Of a block that we write: with the fixed header it stays within 256 bytes."""

_NONE: Mapping[int, bytes] = {}


def read(block: bytes) -> Mapping[int, bytes]:
    """Elements by id of a whole extension block (profile and length included).

    A block of another profile has none; an element that runs over the end is left out with all that follow.
    """
    profile = int.from_bytes(block[:2], "big")
    if profile == ONE_BYTE_PROFILE:
        return _read_one_byte(block)
    if profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _read_two_byte(block)
    return _NONE


def _read_one_byte(block: bytes) -> Mapping[int, bytes]:
    elements: dict[int, bytes] = {}
    at, end = 4, len(block)
    while at < end:
        head = block[at]
        if head == 0:
            at += 1
            continue
        stop = at + 2 + (head & 15)
        if head >= 0xF0 or stop > end:
            break
        elements[head >> 4] = block[at + 1 : stop]
        at = stop
    return elements


def _read_two_byte(block: bytes) -> Mapping[int, bytes]:
    elements: dict[int, bytes] = {}
    at, end = 4, len(block)
    while at < end:
        if block[at] == 0:
            at += 1
            continue
        if at + 2 > end or (stop := at + 2 + block[at + 1]) > end:
            break
        elements[block[at]] = block[at + 2 : stop]
        at = stop
    return elements


def mapped(
    elements: Mapping[int, bytes], ids: Mapping[int, int], *, one_byte_only: bool = False
) -> list[tuple[int, bytes]]:
    """The elements listed in `ids` (their id -> new id), in order of arrival; on request only those that the one-byte
    form takes."""
    kept = [(ids[number], value) for number, value in elements.items() if number in ids]
    return [element for element in kept if _fits_one_byte(*element)] if one_byte_only else kept


def pack(kept: list[tuple[int, bytes]], hop: list[tuple[int, bytes]] | None = None) -> bytes:
    """The block of these elements, then those of this hop, which win over one of the same id; empty without any.

    One-byte form if all fit it, else two-byte form. Over `MAX_BLOCK_BYTES` only the hop's are left."""
    if hop:
        own = [number for number, _ in hop]
        kept = [element for element in kept if element[0] not in own] + hop
    block = _block(kept)
    return block if len(block) <= MAX_BLOCK_BYTES else _block(hop or [])


def _fits_one_byte(number: int, value: bytes) -> bool:
    return number < 15 and 0 < len(value) <= 16


def _block(kept: list[tuple[int, bytes]]) -> bytes:
    if not kept:
        return b""
    if all(_fits_one_byte(number, value) for number, value in kept):
        profile = ONE_BYTE_PROFILE
        body = b"".join(bytes((number << 4 | len(value) - 1,)) + value for number, value in kept)
    else:
        profile = TWO_BYTE_PROFILE
        body = b"".join(bytes((number, len(value))) + value for number, value in kept)
    body += bytes(-len(body) % 4)
    return profile.to_bytes(2, "big") + (len(body) // 4).to_bytes(2, "big") + body


def send_time(now_us: int) -> bytes:
    """The value of abs-send-time: seconds in 6.18 fixed point, 24 bits."""
    return ((now_us << 18) // 1_000_000 & 0xFFFFFF).to_bytes(3, "big")
