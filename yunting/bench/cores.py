"""Which core a benchmark's processes run on: the server on the first, the clients on the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Side = Literal["server", "clients"]


def cores_of(side: Side) -> set[int]:
    """Cores for one side; both share where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]} if side == "server" else set(usable[1:] or usable)


@contextmanager
def pinned(side: Side) -> Iterator[None]:
    """Keep this thread, and the threads and processes it starts, on the side's cores meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores_of(side))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
