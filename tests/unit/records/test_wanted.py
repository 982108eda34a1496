"""What a query means, and how a text is compared and marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from records.search.wanted import MAX_PHRASES, MAX_QUERY_CHARS, comparable, marked, phrases_of

pytestmark = pytest.mark.unit

texts = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=60)


@given(texts, st.data())
def test_every_piece_of_a_text_is_found_in_it_and_marked(text: str, data: st.DataObject) -> None:
    compared = comparable(text).characters
    if not compared:
        return
    start = data.draw(st.integers(0, len(compared) - 1))
    phrase = compared[start : data.draw(st.integers(start + 1, len(compared)))]
    marks = marked(text, [phrase])
    assert "".join(piece.text for piece in marks.pieces) == text
    assert any(phrase in comparable(piece.text).characters for piece in marks.pieces if piece.found)
    assert marks.first == compared.find(phrase)


@given(texts)
def test_what_is_compared_is_compared_alike_again(text: str) -> None:
    once = comparable(text).characters
    assert comparable(once).characters == once


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("异议", ("异议",)),
        ("  开庭，审理 ", ("开庭审理",)),
        ("合同　违约金", ("合同", "违约金")),
        ("ＡＢＣ", ("abc",)),
        ("2026年", ("2026年",)),
        ("异议 异议", ("异议",)),
        ('" OR 1 NEAR/2 *', ("or", "1", "near2")),
        ("བོད་ཡིག", ("བོདཡིག",)),
    ],
)
def test_queries(query: str, phrases: tuple[str, ...]) -> None:
    assert phrases_of(query) == phrases


@pytest.mark.parametrize("query", ["", "   ", "，。！", "异" * (MAX_QUERY_CHARS + 1), " ".join("甲乙丙丁戊己庚辛壬")])
def test_queries_that_are_none(query: str) -> None:
    assert len("甲乙丙丁戊己庚辛壬") > MAX_PHRASES
    with pytest.raises(UserError) as refused:
        phrases_of(query)
    assert refused.value.code == "bad-query"


def test_what_is_found_is_marked_in_the_text_as_written() -> None:
    marks = marked("原告对证据３提出异 议，异议成立。", ["异议", "3"])
    assert [piece.text for piece in marks.pieces if piece.found] == ["３", "异 议", "异议"]
