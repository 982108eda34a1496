"""Any value of a msgspec struct, for properties of what is written and read; integers as every reader keeps them."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

import msgspec
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
WHOLE = st.integers(0, (1 << 53) - 1)


def structs(kind: Any) -> st.SearchStrategy[Any]:
    """Values of this struct, all fields drawn."""
    return st.builds(kind, **{field.name: _values(field.type) for field in msgspec.structs.fields(kind)})


def _values(kind: Any) -> st.SearchStrategy[Any]:
    origin = typing.get_origin(kind)
    if origin is tuple:
        inner = typing.get_args(kind)
        if inner[-1] is Ellipsis:
            return st.lists(_values(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(_values, inner))
    if origin in {typing.Union, types.UnionType}:
        return st.one_of([_values(each) for each in typing.get_args(kind)])
    if issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    if issubclass(kind, msgspec.Struct):
        return structs(kind)
    return {str: TEXT, int: WHOLE, bool: st.booleans()}[kind]
