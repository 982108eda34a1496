"""Makes one file that ships out of modules, each after those that it needs, as one program.

A module of such a program imports the standard library and, by `from package.x import name`, its neighbours. Their
names share one namespace in the file, so no two may bind the same name.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from pathlib import Path

SHARED = {"records.standalone": Path(__file__).parent}
"""Package and folder of the modules that every such program may use."""


def one_file(package: str, folder: Path, last: str = "command") -> bytes:
    """The program whose modules are those of `package` in `folder`, and of SHARED: the same bytes for the same
    version. The docstring of `last` is the program's own, and it ends in the call of `main`. ValueError when the
    modules cannot stand in one file."""
    folders = {**SHARED, package: folder}
    parts: dict[str, _Part] = {}
    _collect(f"{package}.{last}", folders, parts)
    _refuse_shared_names(parts)
    imports = sorted({line for part in parts.values() for line in part.imports}, key=_as_linters_sort)
    body = [f"# --- {part.name}: {part.heading}\n\n\n{part.code}\n" for part in parts.values()]
    head = (
        f'#!/usr/bin/env python3\n"""{parts[f"{package}.{last}"].docstring}"""\n\n'
        f"# Made of the modules of {package} of Yunting 云庭; without newer words than Python 3.8 has.\n"
        "# ruff: noqa\n\nfrom __future__ import annotations\n\n"
    )
    return (head + "\n".join(imports) + "\n\n" + "\n\n".join(body)).encode()


class _Part:
    """A module taken apart: docstring, imports of the standard library, neighbours, and the rest of its text."""

    def __init__(self, module: str, folders: Mapping[str, Path]) -> None:
        package, _, self.name = module.rpartition(".")
        self._folders = folders
        text = (folders[package] / f"{self.name}.py").read_text("utf-8")
        tree = ast.parse(text)
        self.docstring = ast.get_docstring(tree, clean=False) or ""
        self.heading = self.docstring.split("\n", 1)[0]
        self.imports: list[str] = []
        self.neighbours: list[str] = []
        self.names: list[str] = []
        cut: set[int] = set()
        for at, node in enumerate(tree.body):
            if at == 0 and self.docstring:
                cut.update(_rows(node))
            elif isinstance(node, ast.Import | ast.ImportFrom):
                cut.update(_rows(node))
                self._import(node)
            else:
                self.names += _bound(node)
        kept = [row for number, row in enumerate(text.split("\n"), 1) if number not in cut]
        self.code = "\n".join(kept).strip("\n")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        renamed = any(alias.asname for alias in node.names)
        if isinstance(node, ast.ImportFrom) and module.rpartition(".")[0] in self._folders and not renamed:
            self.neighbours.append(module)
        elif module.split(".")[0] not in sys.stdlib_module_names:
            raise ValueError(f"{self.name}: `{ast.unparse(node)}` cannot stand in a file of the standard library")
        elif isinstance(node, ast.ImportFrom) and module != "__future__":
            self.imports += [f"from {module} import {ast.unparse(alias)}" for alias in node.names]
        elif isinstance(node, ast.Import):
            self.imports += [f"import {ast.unparse(alias)}" for alias in node.names]


def _collect(module: str, folders: Mapping[str, Path], parts: dict[str, _Part]) -> None:
    part = _Part(module, folders)
    for neighbour in part.neighbours:
        if neighbour not in parts:
            _collect(neighbour, folders, parts)
    parts[module] = part


def _refuse_shared_names(parts: dict[str, _Part]) -> None:
    owner: dict[str, str] = {}
    for module, part in parts.items():
        for bound in part.names:
            if owner.setdefault(bound, module) != module:
                raise ValueError(f"{bound} is bound by {owner[bound]} and by {module}")


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = (
        node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    )
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _rows(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _as_linters_sort(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
