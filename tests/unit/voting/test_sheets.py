"""No cell of an exported table runs, whatever a creditor is called; amounts are exact to the fen."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from voting.leaves import Ballot, Count, DivisionResult, Result
from voting.rolls import Registered
from voting.sheets import EXACT, MAX_CELL, Sheet, csv_text, named_list, tally_sheet, write_csv, write_xlsx
from voting.words import Channel, Choice, Next

pytestmark = pytest.mark.unit

EVIL = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\ufeff=1+1",
    "＝1+1",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    "{=1+1}",
    'a",=1+1',
    "http://example.org",
    "_x0009_=1",
)
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(path: Path) -> list[ElementTree.Element]:
    with zipfile.ZipFile(path) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return [cell for name in names for cell in ElementTree.fromstring(book.read(name)).iter(f"{NAMESPACE}c")]


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def ballot(creditor: str, choice: Choice, actor: str = "") -> Ballot:
    return Ballot(
        meeting="M",
        seq=7,
        utc_ms=1,
        actor=actor or creditor,
        amount_fen=5,
        channel=Channel.ONLINE,
        choice=choice,
        creditor=creditor,
        division="all",
        heads=1,
        idem="i",
        mandate="",
        motion="m1",
        paper="",
        round=1,
        salt="0" * 32,
    )


def registered(creditor: str, name: str) -> Registered:
    return Registered(
        creditor=creditor, name=name, number_kind="resident_id", number="11010519491231002X", phone="", salt="0" * 32
    )


@pytest.mark.parametrize("name", EVIL)
def test_no_name_becomes_a_formula_or_a_link(tmp_path: Path, name: str) -> None:
    sheet = named_list(
        {"all": {"C1": 5}}, {"C1": registered("C1", name)}, {"all": {"C1": ballot("C1", Choice.AGREE)}}
    )
    sheet = Sheet(title=sheet.title, header=sheet.header, rows=list(sheet.rows))
    write_xlsx(tmp_path / "list.xlsx", [sheet])
    cells = cells_of(tmp_path / "list.xlsx")
    assert cells
    for cell in cells:
        assert cell.find(f"{NAMESPACE}f") is None
        assert cell.get("t") == "inlineStr" or (cell.findtext(f"{NAMESPACE}v") or "").isdigit()
    with zipfile.ZipFile(tmp_path / "list.xlsx") as book:
        assert not any("_rels/sheet" in each or "externalLink" in each for each in book.namelist())
    write_csv(tmp_path / "list.csv", sheet)
    for row in read_csv(tmp_path / "list.csv"):
        assert not any(cell.lstrip("\ufeff \n")[:1] in set("=+-@＝\t\r") for cell in row if cell)


@given(st.text(max_size=40))
def test_an_escaped_text_starts_no_formula_and_is_the_same_text(text: str) -> None:
    safe = csv_text(text)
    assert safe.removeprefix("'") == text.removeprefix("'")
    assert safe[:1] not in set("=+-@＝＋－＠\t\r\n")
    assert csv_text(safe) == safe


@given(rows=st.lists(st.tuples(st.text(max_size=20), st.integers(0, 2**53 - 1)), max_size=5))
def test_whatever_is_in_a_table_it_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    sheet = Sheet(title="a/b", header=("name", "fen"), rows=rows)
    write_csv(folder / "a.csv", sheet)
    assert [int(row[1].removeprefix("'")) for row in read_csv(folder / "a.csv")[1:]] == [fen for _, fen in rows]
    write_xlsx(folder / "a.xlsx", [sheet])
    found = CalamineWorkbook.from_path(str(folder / "a.xlsx")).get_sheet_by_index(0).to_python()
    assert [int(row[1]) for row in found[1:]] == [fen for _, fen in rows]
    for cell in cells_of(folder / "a.xlsx"):
        assert cell.find(f"{NAMESPACE}f") is None


def test_numbers_that_a_spreadsheet_would_round_are_texts(tmp_path: Path) -> None:
    sheet = Sheet(title="t", header=("fen",), rows=[(EXACT,), (EXACT + 1,), ("000123",)])
    write_xlsx(tmp_path / "a.xlsx", [sheet])
    _, exact, more, zeros = cells_of(tmp_path / "a.xlsx")
    assert (exact.get("t"), exact.findtext(f"{NAMESPACE}v")) == (None, str(EXACT))
    assert (more.get("t"), zeros.get("t")) == ("inlineStr", "inlineStr")
    write_csv(tmp_path / "a.csv", sheet)
    assert [row[0] for row in read_csv(tmp_path / "a.csv")[1:]] == [str(EXACT), f"'{EXACT + 1}", "'000123"]


def test_a_text_that_no_cell_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="characters"):
        write_xlsx(tmp_path / "a.xlsx", [Sheet(title="t", header=("a",), rows=[("a" * (MAX_CELL + 1),)])])


def test_the_named_list_has_every_unit_and_masks_numbers() -> None:
    units = {"all": {"C2": 7, "C1": 5, "bloc:small": 9}}
    register = {each: registered(each, f"债权人{each}") for each in ("C1", "C2")}
    rows = list(named_list(units, register, {"all": {"C1": ballot("C1", Choice.AGAINST, actor="A9")}}).rows)
    assert [(row[1], row[4], row[5]) for row in rows] == [
        ("C1", 5, "反对 against"),
        ("C2", 7, "未表决 none"),
        ("bloc:small", 9, "未表决 none"),
    ]
    assert (rows[0][7], rows[1][7]) == ("A9", "")
    assert "19491231" not in repr(rows)


def test_the_tally_sheet_has_a_row_for_each_division() -> None:
    divisions = tuple(
        DivisionResult(
            abstain=Count(),
            against=Count(3, 1),
            agree=Count(10, 2),
            amount_missing_fen=4,
            deemed=Count(),
            division=name,
            heads_missing=1,
            invalid=Count(),
            passed=name == "tax",
            present=Count(13, 3),
            silent=Count(),
            total=Count(20, 9),
        )
        for name in ("ordinary", "tax")
    )
    sheet = tally_sheet(
        Result(
            meeting="M",
            seq=1,
            utc_ms=1,
            alternatives=(),
            divisions=divisions,
            motion="m1",
            next=Next.SECOND_ROUND,
            passed=False,
            round=1,
        )
    )
    rows = list(sheet.rows)
    assert all(len(row) == len(sheet.header) for row in rows)
    assert [row[0] for row in rows] == ["普通债权组 Ordinary creditors", "税款债权组 Taxes"]
    assert rows[0][1:7] == (9, 20, 3, 13, 2, 10)
    assert [row[-1] for row in rows] == ["否 no", "是 yes"]
