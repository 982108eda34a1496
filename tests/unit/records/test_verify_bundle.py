"""The verifier that ships is one file, made of its modules: nothing lost, nothing added, for old Pythons too."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import types
from pathlib import Path

import pytest

from records import verify
from records.verify import bundle

pytestmark = pytest.mark.unit


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(verify.source())
    modules = {
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names
    assert ast.get_docstring(tree) == inspect.getdoc(sys.modules["records.verify.command"])


def test_its_words_are_those_of_python_3_8() -> None:
    ast.parse(verify.source(), feature_version=(3, 8))


def test_it_holds_what_every_module_says() -> None:
    one = types.ModuleType("verify")
    exec(compile(verify.source(), "verify.py", "exec"), one.__dict__)
    for name in verify.__all__:
        if name not in ("source", "sha256"):
            own, whole = getattr(one, name), getattr(verify, name)
            if isinstance(whole, types.FunctionType):
                assert inspect.signature(own) == inspect.signature(whole)
            else:
                assert own == whole


def test_the_published_hash_is_of_these_bytes() -> None:
    assert verify.sha256() == hashlib.sha256(verify.source()).hexdigest()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import msgspec\n", "standard library"),
        ("from records import chain\n", "standard library"),
        ("from records.verify.names import EVENTS as LOG\n", "standard library"),
    ],
)
def test_what_cannot_stand_in_one_file_is_refused(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "names.py").write_text("EVENTS = 1\n")
    (tmp_path / "command.py").write_text(text)
    monkeypatch.setattr(bundle, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=why):
        bundle.source.__wrapped__()


def test_two_modules_may_not_bind_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "names.py").write_text("EVENTS = 1\n")
    (tmp_path / "command.py").write_text("from records.verify.names import EVENTS\nEVENTS = 2\n")
    monkeypatch.setattr(bundle, "_FOLDER", tmp_path)
    with pytest.raises(ValueError, match="bound by"):
        bundle.source.__wrapped__()
