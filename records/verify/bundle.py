"""Makes the one file that ships: the modules of this folder, each after those that it needs, as one program.

A module here imports the standard library and, by `from records.verify.x import name`, its neighbours. Their names
share one namespace in the bundle, so no two may bind the same name.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent
_PACKAGE = "records.verify."
_LAST = "command"
"""Its docstring is the program's own, and it ends in the call of `main`."""


@functools.cache
def source() -> bytes:
    """The program `verify.py` of every package: the same bytes for the same version. ValueError when the modules
    cannot stand in one file."""
    parts: dict[str, _Part] = {}
    _collect(_LAST, parts)
    _refuse_shared_names(parts)
    imports = sorted({line for part in parts.values() for line in part.imports}, key=_as_linters_sort)
    body = [f"# --- {name}: {_heading(part)}\n\n\n{part.code}\n" for name, part in parts.items()]
    head = (
        f'#!/usr/bin/env python3\n"""{parts[_LAST].docstring}"""\n\n'
        "# Made of the modules of records/verify/ of Yunting 云庭; without newer words than Python 3.8 has.\n"
        "# ruff: noqa\n\nfrom __future__ import annotations\n\n"
    )
    return (head + "\n".join(imports) + "\n\n" + "\n\n".join(body)).encode()


def sha256() -> str:
    """What the court publishes, so that a forged verifier is recognised; lower-case hex."""
    return hashlib.sha256(source()).hexdigest()


class _Part:
    """A module taken apart: docstring, imports of the standard library, neighbours, and the rest of its text."""

    def __init__(self, name: str) -> None:
        text = (_FOLDER / f"{name}.py").read_text("utf-8")
        tree = ast.parse(text)
        self.docstring = ast.get_docstring(tree, clean=False) or ""
        self.imports: list[str] = []
        self.neighbours: list[str] = []
        self.names: list[str] = []
        cut: set[int] = set()
        for at, node in enumerate(tree.body):
            if at == 0 and self.docstring:
                cut.update(_rows(node))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                cut.update(_rows(node))
                self._import(name, node)
            else:
                self.names += _bound(node)
        kept = [row for number, row in enumerate(text.split("\n"), 1) if number not in cut]
        self.code = "\n".join(kept).strip("\n")

    def _import(self, name: str, node: ast.Import | ast.ImportFrom) -> None:
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        renamed = any(alias.asname for alias in node.names)
        if isinstance(node, ast.ImportFrom) and module.startswith(_PACKAGE) and not renamed:
            self.neighbours.append(module.removeprefix(_PACKAGE))
        elif module.split(".")[0] not in sys.stdlib_module_names:
            raise ValueError(f"{name}: `{ast.unparse(node)}` cannot stand in a file of the standard library")
        elif isinstance(node, ast.ImportFrom) and module != "__future__":
            self.imports += [f"from {module} import {ast.unparse(alias)}" for alias in node.names]
        elif isinstance(node, ast.Import):
            self.imports += [f"import {ast.unparse(alias)}" for alias in node.names]


def _collect(name: str, parts: dict[str, _Part]) -> None:
    part = _Part(name)
    for neighbour in part.neighbours:
        if neighbour not in parts:
            _collect(neighbour, parts)
    parts[name] = part


def _refuse_shared_names(parts: dict[str, _Part]) -> None:
    owner: dict[str, str] = {}
    for name, part in parts.items():
        for bound in part.names:
            if owner.setdefault(bound, name) != name:
                raise ValueError(f"{bound} is bound by {owner[bound]} and by {name}")


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = (
        node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    )
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _rows(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _heading(part: _Part) -> str:
    return part.docstring.split("\n", 1)[0]


def _as_linters_sort(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
