"""A creditors' table is read whole or row by row refused, with line and column; nothing is guessed about money."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from hearing.documents import credit_check, resident_check
from hearing.errors import UserError
from voting import roll_files
from voting.claims import Claim
from voting.roll_columns import Column, read_layout
from voting.roll_files import Table, read_table
from voting.roll_rows import RowReader, fen_of
from voting.rolls import TooMuch, make_roll
from voting.words import Group, Standing

pytestmark = pytest.mark.unit

NOW_MS = 1_800_000_000_000
HEADER = (
    "债权编号,债权人编号,债权人名称,证件类型,证件号码,债权性质,申报金额（元）,确认金额（元）,临时债权额（元）,法院决定书号,"
    "担保金额（元）,是否放弃优先受偿权,状态"
)
FIRST, SECOND = "11010519491231002X", "440301199001010014"


def person(number: int) -> str:
    text = f"4403011990{1 + number // 28 % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    return text + resident_check(text)


def company(number: int) -> str:
    text = f"91440300{number:09d}"
    return text + credit_check(text)


def row(**cells: str) -> str:
    values = {
        "claim": "1",
        "creditor": "C1",
        "name": "张三",
        "kind": "身份证",
        "number": person(1),
        "group": "普通债权",
        "filed": "100",
        "confirmed": "100",
        "provisional": "",
        "ref": "",
        "secured": "",
        "waived": "",
        "status": "确认",
        **cells,
    }
    return ",".join(f'"{value}"' if "," in value else value for value in values.values())


def read(tmp_path: Path, text: str | bytes) -> Table:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, NOW_MS)


def refusal(tmp_path: Path, *rows: str) -> tuple[int, str, str]:
    table = read(tmp_path, "\n".join([HEADER, *rows]))
    assert len(table.refused) == 1
    assert len(table.claims) == len(rows) - 1
    (refused,) = table.refused
    assert refused.en
    return refused.line, refused.column, refused.zh


def test_claims_become_entries_and_a_register_that_do_not_mix(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "某公司债权表",
            HEADER,
            row(claim="1", filed="1,000.50", confirmed="900.5"),
            row(claim="2", confirmed="99.50"),
            row(claim="3", group="职工债权", confirmed="0.01"),
            row(
                claim="4",
                creditor="B1",
                name="甲公司",
                kind="营业执照",
                number=company(7),
                group="有财产担保债权",
                confirmed="5000",
                secured="3000",
            ),
            row(
                claim="5",
                creditor="D1",
                name="李四",
                number=person(2),
                confirmed="0",
                provisional="70",
                ref="(2026)粤01破1号决",
                status="异议",
            ),
            row(
                claim="6",
                creditor="D2",
                name="王五",
                number=person(3),
                confirmed="0",
                provisional="70",
                status="异议",
            ),
            row(
                claim="7",
                creditor="B1",
                name="甲公司",
                kind="营业执照",
                number=company(7),
                group="担保",
                confirmed="10",
                waived="是",
            ),
        ]
    )
    table = read(tmp_path, text)
    assert table.refused == ()
    # 59(2): kept and listed, without a vote for what the court has not decided on.
    (undecided,) = table.without_decision
    assert (undecided.line, undecided.column) == (8, "临时债权额（元）")
    assert "无表决权" in undecided.zh
    assert "no vote" in undecided.en
    roll = make_roll(table.claims, salt_of=lambda creditor: f"{creditor:0>32}")
    assert [(e.creditor, e.group.value, e.amount_fen, e.secured_fen, e.kind.value) for e in roll.entries] == [
        ("B1", "secured", 501_000, 300_000, "confirmed"),
        ("C1", "ordinary", 100_000, 0, "confirmed"),
        ("C1", "wage", 1, 0, "confirmed"),
        ("D1", "ordinary", 7_000, 0, "provisional"),
        ("D2", "ordinary", 0, 0, "none"),
    ]
    assert roll.voting_fen == 608_001
    assert roll.voting_heads == 3
    assert (roll.claims, roll.confirmed_claims, roll.filed_fen) == (7, 6, 100_050 + 10_000 * 6)
    assert roll.register["B1"].name == "甲公司"
    assert "甲公司" not in repr(roll.entries)
    assert make_roll(reversed(table.claims), salt_of=lambda c: f"{c:0>32}").root == roll.root
    assert make_roll(table.claims, salt_of=lambda c: "0" * 32).root != roll.root


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = "\r\n".join([HEADER, row(), ""]).replace(",", delimiter)
    table = read(tmp_path, text.encode(encoding))
    assert [claim.name for claim in table.claims] == ["张三"]


def test_an_xlsx_is_read_as_the_csv(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "t.xlsx")
    sheet = book.add_worksheet()
    for place, name in enumerate(HEADER.split(",")):
        sheet.write(2, place, name)
    cells: list[object] = [
        1,
        "C1",
        "张三",
        "身份证",
        person(1),
        "普通债权",
        1234.56,
        1234567890123.45,
        "",
        "",
        "",
        "",
        "",
    ]
    for place, cell in enumerate(cells):
        sheet.write(3, place, cell)
    book.close()
    table = read_table(tmp_path / "t.xlsx", NOW_MS)
    assert [(claim.claim, claim.filed_fen, claim.confirmed_fen) for claim in table.claims] == [
        ("1", 123_456, 123_456_789_012_345)
    ]


@pytest.mark.parametrize(
    ("cells", "column", "word"),
    [
        ({"confirmed": "-1"}, "确认金额（元）", "负"),
        ({"confirmed": "1.005"}, "确认金额（元）", "一分"),
        ({"confirmed": "1e3"}, "确认金额（元）", "不是金额"),
        ({"confirmed": "12,34"}, "确认金额（元）", "不是金额"),
        ({"confirmed": ""}, "确认金额（元）", "空"),
        ({"confirmed": "10000000000000.01"}, "确认金额（元）", "过大"),
        ({"confirmed": "9" * 30}, "确认金额（元）", "过大"),
        ({"number": "110105194912310021"}, "证件号码", "校验"),
        ({"number": "12345"}, "证件号码", "18 位"),
        ({"kind": "学生证"}, "证件类型", "未知"),
        ({"group": "优先"}, "债权性质", "未知"),
        ({"name": ""}, "债权人名称", "空"),
        ({"name": "张\u202e三"}, "债权人名称", "不可见"),
        ({"creditor": "C 1"}, "债权人编号", "字母"),
        ({"status": "异议"}, "状态", "不为零"),
        ({"status": "想不起来"}, "状态", "未知"),
        ({"secured": "101"}, "担保金额（元）", "大于"),
        ({"waived": "也许"}, "是否放弃优先受偿权", "是"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(
    tmp_path: Path, cells: dict[str, str], column: str, word: str
) -> None:
    other = row(claim="2", creditor="C2", name="李四", number=person(2))
    line, named, zh = refusal(tmp_path, row(**cells), other)
    assert (line, named) == (2, column)
    assert word in zh


def test_contradictions_name_the_other_line(tmp_path: Path) -> None:
    first = row()
    assert refusal(tmp_path, first, row())[::2] == (3, "编号与第 2 行重复")
    assert refusal(tmp_path, first, row(claim="2", name="张四"))[::2] == (3, "同一债权人在第 2 行名称不同")
    assert refusal(tmp_path, first, row(claim="2", number=person(2)))[::2] == (3, "同一债权人在第 2 行证件号码不同")
    assert refusal(tmp_path, first, row(claim="2", creditor="C2"))[::2] == (3, "证件号码已属于债权人 C1")


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("债权人名称,证件号码,债权性质,确认金额", "单位"),
        ("债权人名称,证件号码,确认金额（元）", "债权性质"),
        ("债权人名称,姓名,证件号码,债权性质,确认金额（元）", "两列"),
        ("", "空"),
        ("a,b,c", "缺少列"),
    ],
)
def test_a_header_that_leaves_doubts_is_refused(tmp_path: Path, header: str, word: str) -> None:
    with pytest.raises(UserError, match=word):
        read(tmp_path, header)


def test_fen_columns_take_whole_fen_only(tmp_path: Path) -> None:
    header = "债权人名称,证件号码,债权性质,确认金额(分)"
    table = read(tmp_path, f"{header}\n张三,{person(1)},普通债权,1234\n李四,{person(2)},普通债权,12.5\n")
    assert [claim.confirmed_fen for claim in table.claims] == [1234]
    assert [refused.line for refused in table.refused] == [3]
    # Without numbers of their own, creditors get them in order, one for each document.
    assert [claim.creditor for claim in table.claims] == ["C000001"]


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    for data in (b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0old", b"\xff\xfe\x00", b"\x80\x81\xff\xff,"):
        with pytest.raises(UserError, match="roll-"):
            read(tmp_path, data)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (3 << 20))
    with pytest.raises(UserError, match="roll-file"):
        read_table(tmp_path / "bomb.xlsx", NOW_MS)


def test_amounts_beyond_the_roll_are_refused() -> None:
    claims = [
        Claim(
            claim=str(n),
            creditor=f"C{n}",
            name="n",
            number_kind="other",
            number=str(n),
            phone="",
            group=Group.ORDINARY,
            filed_fen=0,
            confirmed_fen=10**15,
            provisional_fen=0,
            court_ref="",
            secured_fen=0,
        )
        for n in range(10)
    ]
    assert make_roll(claims[:9], salt_of=str).voting_fen == 9 * 10**15
    with pytest.raises(TooMuch):
        make_roll(claims, salt_of=str)
    twice = [claims[0], Claim(**{**{f: getattr(claims[0], f) for f in Claim.__struct_fields__}, "claim": "x"})]
    with pytest.raises(TooMuch):
        make_roll(twice, salt_of=str)


@given(st.integers(0, 10**15))
def test_every_amount_is_read_to_the_fen(fen: int) -> None:
    yuan = f"{fen // 100:,}.{fen % 100:02d}"
    assert fen_of(Column.CONFIRMED, yuan, 100) == fen
    assert fen_of(Column.CONFIRMED, f" ￥{fen // 100}.{fen % 100:02d}元", 100) == fen
    assert fen_of(Column.CONFIRMED, str(fen), 1) == fen


@given(st.lists(st.lists(st.text(max_size=12), max_size=14), max_size=8))
def test_no_row_breaks_the_reader(rows: list[list[str]]) -> None:
    reader = RowReader(read_layout(HEADER.split(",")), NOW_MS)
    for line, cells in enumerate(rows, 2):
        reader.read(line, cells)
    assert len(reader.claims) + len(reader.refused) <= len(rows)
    assert all(entry.kind in Standing for entry in make_roll(reader.claims, salt_of=str).entries)


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.csv"
    path.write_bytes(HEADER.encode() + b"\n" + data)
    with suppress(UserError):
        read_table(path, NOW_MS)


def lying(path: Path, real_bytes: int, claimed_bytes: int, method: int) -> None:
    """A ZIP whose entry says that it is smaller than it is, in both of its headers."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(real_bytes))
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + place
        assert int.from_bytes(data[at : at + 4], "little") == real_bytes
        data[at : at + 4] = claimed_bytes.to_bytes(4, "little")
    path.write_bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_an_xlsx_claims_to_unpack_to_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int
) -> None:
    monkeypatch.setattr(roll_files, "MAX_UNPACKED_BYTES", 5 << 20)
    path = tmp_path / "lying.xlsx"
    lying(path, 6 << 20, 10, method)
    with pytest.raises(UserError, match="unpacks to too much"):
        read_table(path, NOW_MS)
    lying(path, 4 << 20, 10, method)
    with pytest.raises(UserError, match="not a sound xlsx"):
        read_table(path, NOW_MS)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_xlsx_packed_in_another_way_is_refused(tmp_path: Path, method: int) -> None:
    lying(tmp_path / "odd.xlsx", 100, 100, method)
    with pytest.raises(UserError, match="no xlsx is"):
        read_table(tmp_path / "odd.xlsx", NOW_MS)


def test_a_table_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_files, "MAX_CSV_BYTES", 100)
    monkeypatch.setattr(roll_files, "MAX_XLSX_BYTES", 100)
    with pytest.raises(UserError, match="larger than"):
        read(tmp_path, f"{HEADER}\n{row()}\n")
    lying(tmp_path / "large.xlsx", 100, 100, zipfile.ZIP_STORED)
    with pytest.raises(UserError, match="larger than"):
        read_table(tmp_path / "large.xlsx", NOW_MS)
