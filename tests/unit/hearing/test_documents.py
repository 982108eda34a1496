"""Document numbers: every slip of one digit is noticed, what is shown gives nothing away."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.documents import (
    Document,
    DocumentReader,
    credit_check,
    mask,
    number_index,
    resident_check,
)
from hearing.errors import UserError

pytestmark = pytest.mark.unit

NOW = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp() * 1000)
SAMPLE = "11010519491231002X"
CREDIT = "91350100M000100Y43"
SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
reader = DocumentReader()

regions = st.sampled_from(["110105", "440301", "540121", "710000", "810000", "820000", "830000", "911124"])
births = st.dates(date(1900, 1, 1), date(2026, 11, 25))


@st.composite
def numbers(draw: st.DrawFn) -> str:
    first = f"{draw(regions)}{draw(births):%Y%m%d}{draw(st.integers(0, 999)):03}"
    return first + resident_check(first)


def code_of(kind: str, number: str, now: int = NOW) -> str:
    with pytest.raises(UserError) as caught:
        reader.read(kind, number, now)
    assert not number or number not in str(caught.value)
    return caught.value.code


def test_the_sample_of_the_standard() -> None:
    assert reader.read("resident_id", SAMPLE, NOW) == Document("resident_id", SAMPLE, "110***********002X", False)


@pytest.mark.parametrize(
    "typed",
    ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002x"],
)
def test_as_people_type_it(typed: str) -> None:
    assert reader.read("resident_id", typed, NOW).number == SAMPLE


@given(numbers())
def test_well_formed_numbers_are_read(number: str) -> None:
    document = reader.read("resident_id", number, NOW)
    assert document.number == number
    assert number not in repr(document)
    assert document.masked[3:-4] == "*" * 11


@given(numbers(), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: str, place: int, more: int) -> None:
    digit = int(number[place].replace("X", "0"))
    wrong = number[:place] + str((digit + more) % 10) + number[place + 1 :]
    with pytest.raises(UserError):
        reader.read("resident_id", wrong, NOW)


@given(numbers(), st.integers(0, 16))
def test_two_neighbours_exchanged_are_noticed(number: str, place: int) -> None:
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong != number:
        with pytest.raises(UserError):
            reader.read("resident_id", wrong, NOW)


@given(regions, st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_fifteen_digits_are_the_same_person(region: str, born: date, serial: int) -> None:
    old = f"{region}{born:%y%m%d}{serial:03}"
    first = f"{region}{born:%Y%m%d}{serial:03}"
    assert reader.read("resident_id", old, NOW).number == first + resident_check(first)


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("00010519491231002", "document-region"),
        ("99010519491231002", "document-region"),
        ("11010519491331002", "document-date"),
        ("11010519490229002", "document-date"),
        ("11010520261127002", "document-date"),
        ("11010517991231002", "document-date"),
        ("11010500001231002", "document-date"),
    ],
)
def test_impossible_regions_and_birthdays(first: str, code: str) -> None:
    assert code_of("resident_id", first + resident_check(first)) == code


def test_the_day_begins_in_china() -> None:
    """Born on the 26th, read when it is still the 25th in UTC but the 26th in Beijing."""
    first = "11010520261126002"
    number = first + resident_check(first)
    assert code_of("resident_id", number) == "document-date"
    assert reader.read("resident_id", number, NOW + 5 * 3_600_000).minor


@pytest.mark.parametrize(("born", "minor"), [("20121124", False), ("20121125", True), ("20121126", True)])
def test_fourteen_is_reached_the_day_after_the_birthday(born: str, minor: bool) -> None:
    first = f"110105{born}002"
    assert reader.read("resident_id", first + resident_check(first), NOW).minor is minor


@pytest.mark.parametrize(
    "number", ["", "X" * 18, "1" * 17, "1" * 19, "٠" * 18, SAMPLE * 10, "１" * 5000, "110105\x0019491231002X"]
)
def test_what_is_no_number(number: str) -> None:
    assert code_of("resident_id", number) == "document-format"


@given(st.text(max_size=70), st.sampled_from(["resident_id", "passport", "uscc", "other"]))
def test_anything_is_read_or_refused_with_a_reason(text: str, kind: str) -> None:
    told: UserError | None = None
    try:
        document: Document | None = reader.read(kind, text, NOW)
    except UserError as refused:
        document, told = None, refused
    if document is None:
        assert told is not None
        assert told.code.startswith("document-")
        assert told.zh
        assert told.en
    else:
        assert document.number == document.number.upper()
        assert document.masked.count("*") * 2 >= len(document.number)


def test_the_credit_code_of_the_standard() -> None:
    assert reader.read("uscc", CREDIT.lower(), NOW).masked == "913***********0Y43"


@given(st.integers(0, 17), st.integers(1, 30))
def test_one_wrong_character_of_a_credit_code_is_noticed(place: int, more: int) -> None:
    sign = SIGNS[(SIGNS.index(CREDIT[place]) + more) % 31]
    with pytest.raises(UserError):
        reader.read("uscc", CREDIT[:place] + sign + CREDIT[place + 1 :], NOW)


@given(st.text(SIGNS, min_size=17, max_size=17))
def test_every_credit_code_has_one_check_character(first: str) -> None:
    assert credit_check(first) in SIGNS


@pytest.mark.parametrize("number", ["91350100M000100Y4", "9I350100M000100Y43", "91O50100M000100Y43"])
def test_what_is_no_credit_code(number: str) -> None:
    assert code_of("uscc", number) == "document-format"


def test_passports_and_others() -> None:
    assert reader.read("passport", "e1234 5678", NOW) == Document("passport", "E12345678", "E*******8", False)
    assert code_of("passport", "ABCDEFG") == "document-format"
    assert code_of("passport", "E1234567890") == "document-format"
    assert reader.read("other", "军字第 1234567 号", NOW).number == "军字第1234567号"
    assert code_of("other", "<script>") == "document-format"
    with pytest.raises(ValueError):
        reader.read("library-card", "123", NOW)


@given(st.text("0123456789", min_size=4, max_size=40))
def test_a_masked_number_hides_half_at_least(number: str) -> None:
    shown = mask(number)
    assert len(shown) == len(number)
    assert shown.count("*") * 2 > len(number)


def test_the_index_depends_on_number_kind_and_key() -> None:
    document = reader.read("resident_id", SAMPLE, NOW)
    same = number_index(document, b"k" * 32)
    assert len(same) == 64
    assert same == number_index(reader.read("resident_id", SAMPLE.lower(), NOW), b"k" * 32)
    assert same != number_index(document, b"l" * 32)
    assert same != number_index(Document("other", SAMPLE, "", False), b"k" * 32)
    with pytest.raises(ValueError):
        number_index(document, b"short")
