"""Every cause that the server writes into a log has words for the court and is explained where it is declared."""

from __future__ import annotations

from typing import get_args

import pytest

from hearing.events import GapCause, GapRecorded, IncidentCause
from records.writing import words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("code", [*get_args(GapCause), *get_args(IncidentCause)])
def test_each_cause_has_chinese_and_english(code: str) -> None:
    zh, en = words.cause(code)
    assert not zh.isascii()
    assert en.isascii()
    assert (zh, en) != (code, code)


@pytest.mark.parametrize("code", get_args(GapCause))
def test_each_cause_of_a_gap_is_explained(code: str) -> None:
    assert GapRecorded.__doc__ is not None
    assert f"`{code}`, " in GapRecorded.__doc__
