"""The verifiers that ship are one file each, made of their modules: nothing lost or added, for old Pythons too."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import types
from pathlib import Path
from types import ModuleType

import pytest

import voting.verify
from records import verify
from records.standalone.one_file import one_file

pytestmark = pytest.mark.unit

VERIFIERS = pytest.mark.parametrize("verifier", [verify, voting.verify], ids=["package", "ballots"])


@VERIFIERS
def test_it_needs_nothing_but_the_standard_library(verifier: ModuleType) -> None:
    tree = ast.parse(verifier.source())
    modules = {
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names
    assert ast.get_docstring(tree) == inspect.getdoc(sys.modules[f"{verifier.__name__}.command"])


@VERIFIERS
def test_its_words_are_those_of_python_3_8(verifier: ModuleType) -> None:
    ast.parse(verifier.source(), feature_version=(3, 8))


@VERIFIERS
def test_it_subscribes_no_class_while_it_runs(verifier: ModuleType) -> None:
    """`list[int]` outside of an annotation is a crash before Python 3.9."""
    tree = ast.parse(verifier.source())
    named = {
        each.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.Return | ast.Expr)
        for each in ast.walk(node)
        if isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name)
    }
    assert not named & {"Callable", "Iterable", "dict", "frozenset", "list", "set", "tuple", "type"}


@VERIFIERS
def test_it_holds_what_every_module_says(verifier: ModuleType) -> None:
    one = types.ModuleType("verify")
    exec(compile(verifier.source(), "verify.py", "exec"), one.__dict__)
    for name in verifier.__all__:
        if name not in ("source", "sha256"):
            own, whole = getattr(one, name), getattr(verifier, name)
            if isinstance(whole, types.FunctionType):
                assert inspect.signature(own) == inspect.signature(whole)
            else:
                assert own == whole


@VERIFIERS
def test_the_published_hash_is_of_these_bytes(verifier: ModuleType) -> None:
    assert verifier.sha256() == hashlib.sha256(verifier.source()).hexdigest()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import msgspec\n", "standard library"),
        ("from records import chain\n", "standard library"),
        ("from records.verify.names import EVENTS\n", "standard library"),
        ("from some.program.names import EVENTS as LOG\n", "standard library"),
        ("from some.program.names import EVENTS\nEVENTS = 2\n", "bound by"),
        ("from records.standalone.sm3 import new_hash\nPureSm3 = 2\n", "bound by"),
    ],
)
def test_what_cannot_stand_in_one_file_is_refused(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text("EVENTS = 1\n")
    (tmp_path / "command.py").write_text(text)
    with pytest.raises(ValueError, match=why):
        one_file("some.program", tmp_path)
