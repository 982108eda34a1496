"""Whether a test that a table names is there."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
_NAMED = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def is_there(named: str) -> bool:
    """`named` is `unit/voting/test_x.py::test_y` below `tests/`, or the file alone."""
    file, _, name = named.partition("::")
    path = TESTS / file
    if not path.is_file():
        return False
    found = {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, _NAMED)}
    return not name or name in found
