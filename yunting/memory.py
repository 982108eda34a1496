"""Memory of a server that runs for days: what was freed goes back to the system, and cycles are looked for seldom.

Each visit allocates and frees some hundred kilobytes in pieces of all sizes. glibc returns only what lies at the
end of its heap, so that a few pieces that live longer keep many freed pages: within minutes of joins and leaves a
server grew by 6 MB that nothing used. `malloc_trim` returns whole free pages from the middle too.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc

EVERY_S = 60.0
"""A call takes 2 to 10 ms, during which who allocates waits."""

_YOUNG, _MIDDLE, _OLD = 10_000, 20, 20
"""Containers made before the youngest are looked at, and how many such looks before the next generation's turn."""


def look_for_cycles_seldom() -> None:
    """Set the collector for a process with hundreds of thousands of lasting objects. Called once it has started:
    what lives then is not looked at again. Idempotent.

    A look at everything stops a server with ten thousand pages for 0.3 s; with CPython's own thresholds the first
    thousands of ballots cause several.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def give_back() -> bool:
    """Return free pages to the system now; False where the C library cannot (musl, macOS) or none were free."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(ctypes.c_size_t(0)))


async def keep_giving_back(every_s: float = EVERY_S) -> None:
    """`give_back` now and then, on a thread, until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        await asyncio.to_thread(give_back)
