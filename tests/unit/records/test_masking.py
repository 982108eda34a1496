"""Numbers that identify a person are covered in every way of writing them, and nothing else is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.documents import resident_check
from records.editions.masking import mask, mask_all

pytestmark = pytest.mark.unit

HIDDEN = {
    "身份证号440106199001011232，在场。": "身份证号440*************32，在场。",
    "４４０１０６１９９００１０１１２３Ｘ": "４４０*************３Ｘ",
    "四四零一零六一九九零零一零一一二三四": "四四零*************三四",
    "440106 1990 0101 1234": "440*** **** **** **34",
    "旧证440106900101123": "旧证440**********23",
    "电话13800138000": "电话138******00",
    "13800138000 13900139000": "138******00 139******00",
    "一三八零零一三八零零零": "一三八******零零",
    "020-83331234": "020-******34",
    "+86 138 0013 8000": "+86 1** **** **00",
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.items())
def test_numbers_of_persons_are_covered(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "(2026)粤01民初118号",
        "金额1200000元，2026年1月1日",
        "合同号202600010001234567",
        "订单号 123456789012345678901234",
        "二〇二六年一月一日",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


@given(
    st.dates(date(1880, 1, 1), date(2100, 12, 31)),
    st.integers(110000, 659000),
    st.integers(0, 999),
    st.text("我们证号，。 a", max_size=5),
)
def test_every_identity_number_is_covered_wherever_it_stands(day: date, region: int, order: int, around: str) -> None:
    first = f"{region}{day:%Y%m%d}{order:03d}"
    number = first + resident_check(first)
    text = f"{around}，{number}，{around}"
    assert number not in mask(text)
    assert len(mask(text)) == len(text)
    assert mask(mask(text)) == mask(text)


def test_strings_in_plain_data_are_covered_and_digests_stay() -> None:
    digest = "1" * 64
    data = {"text": "电话13800138000", "list": ["13800138000", 13800138000], "sha": digest}
    assert mask_all(data) == {"text": "电话138******00", "list": ["138******00", 13800138000], "sha": digest}
