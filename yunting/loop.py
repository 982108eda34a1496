"""The event loop that a server runs on: uvloop where it is installed (`yunting[fast]`), asyncio's own otherwise."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from config import SettingsError

T = TypeVar("T")

LOOPS = ("uvloop", "asyncio")


def loop_factory(wanted: str = "") -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop; `wanted` is one of `LOOPS`, empty: `YUNTING_LOOP`, or the best that there is.

    SettingsError for another word, and for `uvloop` where it is not installed.
    """
    wanted = wanted or os.environ.get("YUNTING_LOOP", "")
    if wanted not in {"", *LOOPS}:
        raise SettingsError(f"YUNTING_LOOP={wanted!r}: {' | '.join(LOOPS)}")
    if wanted == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError:
        if wanted:
            raise SettingsError("YUNTING_LOOP=uvloop: 未安装 / not installed: pip install 'yunting[fast]'") from None
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def run(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on that loop."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)
