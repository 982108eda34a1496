"""The draw of representatives (section 7)."""

from __future__ import annotations

from collections.abc import Callable


def draw(h: Callable[[bytes], bytes], secret: bytes, public: str, pool_size: int, count: int) -> list[int]:
    """Section 7: the places drawn, in order. `count` <= `pool_size`."""
    chosen: dict[int, None] = {}
    i = 0
    while len(chosen) < count:
        x = int.from_bytes(h(secret + public.encode() + i.to_bytes(8, "big")), "big")
        i += 1
        if x < 2**256 - 2**256 % pool_size:
            chosen.setdefault(x % pool_size)
    return list(chosen)
