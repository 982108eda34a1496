"""Words after the final seal become additions, all of them and in bounded pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing import events as ev
from hearing.roles import Role
from hearing.transcript_events import UtteranceHeard
from yunting.speech.late_text import HEAD, MAX_CHARS, supplements

pytestmark = pytest.mark.unit

SEATS = {"p": ev.Seat(participant="p", seat="plaintiff-1", role=Role.PLAINTIFF, name="张三")}


def heard(text: str, from_ms: int = 62_000) -> UtteranceHeard:
    return UtteranceHeard(
        utterance=f"u{from_ms}",
        participant="p",
        track="t",
        language="zh-CN",
        from_ms=from_ms,
        to_ms=from_ms + 1,
        text=text,
        raw=text,
        words=(),
        engine="e",
        until_ms=from_ms + 1,
    )


def test_who_said_it_and_when_is_told() -> None:
    (added,) = supplements([heard("同意调解")], SEATS)
    assert added.text == f"{HEAD}\n[00:01:02] 原告张三：同意调解"


@given(st.lists(st.text("法院甲乙", min_size=1, max_size=900), max_size=20))
def test_every_word_is_there_once_in_order_and_in_bounded_pieces(texts: list[str]) -> None:
    made = supplements([heard(text, number) for number, text in enumerate(texts)], SEATS)
    lines = [line for each in made for line in each.text.splitlines()[1:]]
    assert [line.partition("：")[2] for line in lines] == texts
    assert all(len(each.text) <= MAX_CHARS for each in made)
