"""Which data plane runs: the compiled one where it works, else the Python one, or what YUNTING_DATAPLANE says."""

from __future__ import annotations

import os
from importlib.util import find_spec

from media_server.dataplane.plain import PlainDataPlane
from media_server.dataplane.ports import DataPlane

_NAMES = ("native", "plain")


def why_not_native() -> str | None:
    """Why the compiled data plane cannot run here; None when it can."""
    if find_spec("media_server.dataplane.native._plane") is None:
        return "it was not built (no C compiler at installation?)"
    try:
        from media_server.dataplane.native import plane  # noqa: F401
    except ImportError as problem:
        return str(problem)
    return None


def make_data_plane(name: str | None = None) -> DataPlane:
    """A new data plane: `name`, or what YUNTING_DATAPLANE says, or the fastest that works here.

    Raises ValueError for a name that does not exist, and for "native" where it cannot run.
    """
    wanted = name or os.environ.get("YUNTING_DATAPLANE") or ("plain" if why_not_native() else "native")
    if wanted not in _NAMES:
        raise ValueError(f"no data plane named {wanted!r}; there are: {', '.join(_NAMES)}")
    if wanted == "plain":
        return PlainDataPlane()
    if reason := why_not_native():
        raise ValueError(f"the compiled data plane cannot run here: {reason}")
    from media_server.dataplane.native.plane import NativeDataPlane

    return NativeDataPlane()
