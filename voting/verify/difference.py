"""Where two values differ."""

from __future__ import annotations

from typing import Any


def first_difference(told: Any, counted: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """Where two values differ: (path, as told, as counted)."""
    if type(told) is not type(counted):
        return path, told, counted
    if type(told) is dict and told.keys() == counted.keys():
        pairs = ((f"{path}.{name}" if path else name, told[name], counted[name]) for name in sorted(told))
    elif type(told) is list and len(told) == len(counted):
        pairs = ((f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(told, counted)))
    else:
        return None if told == counted else (path, told, counted)
    return next(filter(None, (first_difference(a, b, where) for where, a, b in pairs)), None)
