"""Packets of layered streams as Chromium sent them (`tests/captures/layers`)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from media_server.dataplane import extensions

FOLDER = Path(__file__).parents[1] / "captures" / "layers"
NAMES = sorted(path.stem for path in FOLDER.glob("*.hex"))
DESCRIPTOR_ID = 13
"""Header-extension id of the dependency descriptor in the AV1 captures."""


class Captured(NamedTuple):
    """One packet: payload cut after 12 bytes, dependency descriptor or empty."""

    payload: bytes
    descriptor: bytes
    marker: bool


def packets(name: str) -> list[Captured]:
    """All of one capture; it begins with a keyframe."""
    lines = (FOLDER / f"{name}.hex").read_text().splitlines()
    return [_packet(bytes.fromhex(line)) for line in lines if not line.startswith("#")]


def _packet(data: bytes) -> Captured:
    block_at = head = 12 + 4 * (data[0] & 15)
    if data[0] & 0x10:
        head += 4 + 4 * int.from_bytes(data[head + 2 : head + 4], "big")
    elements = extensions.read(data[block_at:head])
    return Captured(data[head:], elements.get(DESCRIPTOR_ID, b""), bool(data[1] & 0x80))
