"""An export waits for the transcript: as long as that makes sense, and saying so."""

from __future__ import annotations

import pytest

from hearing.errors import UserError
from signaling.ports import ExportStep
from yunting.record import catching_up
from yunting.record.catching_up import until_written

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "_PAUSE_S", 0.001)


def nothing() -> None:
    return


async def test_it_says_what_it_waits_for_until_all_is_written() -> None:
    steps: list[ExportStep] = []
    assert await until_written(lambda: len(steps) == 3, nothing, 60, steps.append)
    assert {step.step_zh for step in steps} == {"等待语音转写完成"}


async def test_who_need_not_wait_is_told_nothing() -> None:
    steps: list[ExportStep] = []
    assert await until_written(lambda: True, nothing, 60, steps.append)
    assert not steps


async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "LEAST_S", 0.01)
    assert not await until_written(lambda: False, nothing, 0, lambda step: None)


async def test_a_closing_that_is_undone_meanwhile_ends_the_waiting() -> None:
    def undone() -> None:
        raise UserError("not-closed", "", "")

    with pytest.raises(UserError):
        await until_written(lambda: False, undone, 60, lambda step: None)
