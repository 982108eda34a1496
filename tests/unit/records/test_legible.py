"""Text of any origin on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.writing.legible import _shows, legible

pytestmark = pytest.mark.unit


@given(st.text() | st.text(alphabet="甲 \t\n\u3000\xa0\u200b\ufeff\ufffe\ue000a", max_size=12))
def test_printable_text_reads_as_looked_at_character_by_character(text: str) -> None:
    kept = "".join(" " if each.isspace() else each for each in text if each.isspace() or _shows(each))
    assert legible(text) == " ".join(kept.split())
