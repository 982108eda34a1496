"""The server's event loop: the fast one where it is installed, the plain one by a word, nothing else."""

from __future__ import annotations

import asyncio
import sys

import pytest

from config import SettingsError
from yunting.loop import loop_factory, run

pytestmark = pytest.mark.unit


def test_uvloop_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    uvloop = pytest.importorskip("uvloop")
    monkeypatch.delenv("YUNTING_LOOP", raising=False)
    assert loop_factory() is uvloop.new_event_loop


def test_without_uvloop_the_interpreters_own_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YUNTING_LOOP", raising=False)
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is asyncio.new_event_loop
    monkeypatch.setenv("YUNTING_LOOP", "uvloop")
    with pytest.raises(SettingsError, match="not installed"):
        loop_factory()


@pytest.mark.parametrize("name", ["asyncio", "uvloop"])
def test_a_word_chooses_the_loop(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(name)
    monkeypatch.setenv("YUNTING_LOOP", name)

    async def module() -> str:
        return type(asyncio.get_running_loop()).__module__.split(".")[0]

    assert run(module()) == name


def test_another_word_is_refused() -> None:
    with pytest.raises(SettingsError, match="uvloop"):
        loop_factory("twisted")
