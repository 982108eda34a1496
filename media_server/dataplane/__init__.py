"""The data plane in use: `make_data_plane` picks it (YUNTING_DATAPLANE=plain forces the Python one)."""

from __future__ import annotations

import os

from media_server.dataplane.plain import PlainDataPlane
from media_server.dataplane.ports import DataPlane

__all__ = ["make_data_plane"]


def make_data_plane(name: str | None = None) -> DataPlane:
    """A new data plane: `name`, or what YUNTING_DATAPLANE says, or the fastest that works here.

    Raises ValueError for a name that does not exist.
    """
    wanted = name or os.environ.get("YUNTING_DATAPLANE") or "plain"
    if wanted != "plain":
        raise ValueError(f"no data plane named {wanted!r}; there is: plain")
    return PlainDataPlane()
