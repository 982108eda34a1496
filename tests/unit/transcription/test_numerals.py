"""Numbers as a court writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.numerals import number, written

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("合同签订于二零二六年三月五日", "合同签订于2026年3月5日"),
        ("二〇二五年十二月三十一号之前", "2025年12月31号之前"),
        ("三月二十日交付", "3月20日交付"),
        ("一九九八年的事", "1998年的事"),
        ("借款三万五千元整", "借款35,000元整"),
        ("本金三百二十万元", "本金3,200,000元"),
        ("标的三点五亿元", "标的3.5亿元"),
        ("一百二十元五角", "120元5角"),
        ("年利率百分之三点八五", "年利率3.85%"),
        ("同意的占百分之六十七", "同意的占67%"),
        ("二零二六沪零一零一民初一百二十三号", "（2026）沪0101民初123号"),
        ("（二零二六）沪零一零一民初一二三号案件", "（2026）沪0101民初123号案件"),
        ("上午九点三十分开庭", "上午9点30分开庭"),
        ("下午两点半", "下午2点半"),
        ("九点零五分", "9点05分"),
        ("电话是幺三八零零一三八零零零", "电话是13800138000"),
        ("提交证据二十三份", "提交证据23份"),
        ("到会债权人一百零八名", "到会债权人108名"),
        ("三十个工作日内", "30个工作日内"),
        ("案号是二零二三民初字第一千六百九十九号", "案号是（2023）民初字第1699号"),
        ("赞成八万四千四百二十八票反对八百六十票", "赞成84428票反对860票"),
        ("百分之三到百分之五", "3%到5%"),
        ("三点半到两点整", "3点半到2点整"),
    ],
)
def test_numbers_are_written(said: str, shown: str) -> None:
    assert written(said).text == shown


@pytest.mark.parametrize(
    "said",
    [
        "一般情况下",
        "一定",
        "三七开",
        "万一",
        "第三人",
        "第一被告",
        "十分清楚",
        "千万不要",
        "有一点问题",
        "一份合同",
        "三个月",
        "依照民法典第五百七十七条",
        "第五百八十五条第二款",
        "第一百二十条之一",
        "第二十三页",
        "乱七八糟",
        "一五一十",
        "三万五左右",
        "七八十个人",
        "五六百元",
        "十之八九",
        "几十万元",
        "数百万元",
        "一元化",
        "二元论",
        "再说一点",
        "一千五元",
        "二十三十个",
        "三到五万元",
        "十至二十名",
        "百分之三到五",
        "以上三点十分清楚",
        "还有一点整理的工作",
        "三元桥",
        "百分之百",
    ],
)
def test_what_is_no_number_to_write_stays(said: str) -> None:
    found = written(said)
    assert found.text == said
    assert found.sources == tuple((at, at + 1) for at in range(len(said)))


def spoken(value: int) -> str:
    """As a careful speaker says it."""
    if value >= 10**8:
        high, low = divmod(value, 10**8)
        return spoken(high) + "亿" + ("" if not low else ("零" if low < 10**7 else "") + spoken(low))
    if value >= 10**4:
        high, low = divmod(value, 10**4)
        return spoken(high) + "万" + ("" if not low else ("零" if low < 1000 else "") + spoken(low))
    out, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            out += ("零" if gap and out else "") + "零一二三四五六七八九"[digit] + name
        gap = not digit
    return out or "零"


@given(st.integers(0, 10**12 - 1))
def test_every_number_that_is_said_is_understood(value: int) -> None:
    assert number(spoken(value)) == value


@given(st.integers(1, 10**12 - 1))
def test_every_amount_is_written(value: int) -> None:
    assert written(f"欠款{spoken(value)}元").text == f"欠款{value:,}元"


@given(st.text("零〇一二两三四五六七八九幺十百千万亿点元第条百分之年月日号名份半沪民初a", max_size=25))
def test_it_is_total_idempotent_and_every_letter_knows_where_it_comes_from(text: str) -> None:
    found = written(text)
    assert written(found.text).text == found.text
    assert found.before == text
    assert len(found.sources) == len(found.text)
    last = (0, 0)
    for letter, (start, end) in zip(found.text, found.sources, strict=True):
        assert 0 <= start < end <= len(text)
        assert last[0] <= start
        assert last[1] <= end
        last = (start, end)
        if end - start == 1 and not letter.isdigit():
            assert text[start] == letter or found.text != text


@given(st.text(max_size=40))
def test_a_text_without_numerals_is_not_touched(text: str) -> None:
    plain = "".join(letter for letter in text if letter not in "零〇一二两三四五六七八九幺十百千万亿")
    assert written(plain).text == plain
