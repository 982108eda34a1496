"""Tables for a spreadsheet program: csv and xlsx in which nothing that somebody is called can run. Blocks.

A name is written by whoever files a claim. In csv a cell that a spreadsheet would take for a formula gets an
apostrophe in front (OWASP, CSV injection); in xlsx every text is a text cell. Amounts are in whole fen.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import xlsxwriter

from voting.leaves import Ballot, DivisionResult, Result
from voting.rolls import Registered
from voting.words import ALL, Channel, Choice, Group, group_label

Cell = str | int
Row = tuple[Cell, ...]

EXACT = 10**15 - 1
"""A spreadsheet keeps fifteen digits of a number; whole numbers beyond are written as text."""
MAX_CELL = 32_767
MAX_ROWS = 1_048_575
"""Of an xlsx sheet, the header apart."""

_runs = re.compile(r"[\s\x00-\x1f\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]").match
_altered = re.compile(r"0[0-9]+|[0-9]{16,}").fullmatch
"""Digits that a spreadsheet would make a number of, with others lost."""
_unprintable = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\]")

_CHOICES = {
    Choice.AGREE: "同意 agree",
    Choice.AGAINST: "反对 against",
    Choice.ABSTAIN: "弃权 abstain",
    Choice.INVALID: "无效 invalid",
}
_CHANNELS = {
    Channel.ONLINE: "线上 online",
    Channel.ONSITE: "现场 on site",
    Channel.PAPER: "纸质 paper",
    Channel.PHONE: "电话 phone",
}


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One table. `rows` is read once."""

    title: str
    header: tuple[str, ...]
    rows: Iterable[Row]


def tally_sheet(result: Result) -> Sheet:
    """What was counted, a row for each division, in the result's order."""
    return _division_sheet("表决统计 tally", result.divisions)


def alternative_sheets(result: Result) -> list[Sheet]:
    """What every other choice of the options would have given; decides nothing."""
    return [_division_sheet(f"试算 {each.option} {each.value}", each.divisions) for each in result.alternatives]


def _division_sheet(title: str, divisions: Iterable[DivisionResult]) -> Sheet:
    counts = {
        "total": "全部 all",
        "present": "出席 present",
        "agree": "同意 agree",
        "deemed": "视为 deemed",
        "against": "反对 against",
        "abstain": "弃权 abstain",
        "invalid": "无效 invalid",
        "silent": "未表决 silent",
    }
    header = ["组别 group"]
    for label in counts.values():
        header += [f"{label}：人数 heads", f"{label}：金额（分） fen"]
    header += ["尚缺人数 heads missing", "尚缺金额（分） fen missing", "通过 passed"]
    rows: list[Row] = []
    for division in divisions:
        row: list[Cell] = [_division(division.division)]
        for name in counts:
            count = getattr(division, name)
            row += [count.heads, count.amount_fen]
        row += [division.heads_missing, division.amount_missing_fen, "是 yes" if division.passed else "否 no"]
        rows.append(tuple(row))
    return Sheet(title=title, header=tuple(header), rows=rows)


def named_list(
    units: Mapping[str, Mapping[str, int]],
    register: Mapping[str, Registered],
    ballots: Mapping[str, Mapping[str, Ballot]],
    agents: Mapping[str, str] | None = None,
) -> Sheet:
    """Who voted how, by name: for the court alone, and after the closing. `units` as `units_of`, `ballots` the
    effective ones by division and unit, `agents` names of those who are no creditors. Document numbers are masked; a
    unit in no register (a bloc) has no name."""
    return Sheet(
        title="表决名册 named list",
        header=(
            "组别 group",
            "债权人编号 creditor",
            "名称 name",
            "证件号码 number",
            "金额（分） fen",
            "表决 choice",
            "方式 channel",
            "代理人 agent",
            "序号 seq",
        ),
        rows=_named_rows(units, register, ballots, agents or {}),
    )


def _named_rows(
    units: Mapping[str, Mapping[str, int]],
    register: Mapping[str, Registered],
    ballots: Mapping[str, Mapping[str, Ballot]],
    agents: Mapping[str, str],
) -> Iterable[Row]:
    def actor_of(ballot: Ballot) -> str:
        known = register.get(ballot.actor)
        name = known.name if known else agents.get(ballot.actor, "")
        return f"{name}（{ballot.actor}）" if name else ballot.actor

    for division, members in units.items():
        cast = ballots.get(division, {})
        for unit, amount_fen in sorted(members.items()):
            person, ballot = register.get(unit), cast.get(unit)
            yield (
                _division(division),
                unit,
                person.name if person else "",
                person.masked if person else "",
                amount_fen,
                _CHOICES[ballot.choice] if ballot else "未表决 none",
                _CHANNELS[ballot.channel] if ballot else "",
                actor_of(ballot) if ballot and ballot.actor != unit else "",
                ballot.seq if ballot else "",
            )


def write_csv(path: Path, sheet: Sheet) -> None:
    """UTF-8 with a BOM, so that a spreadsheet program reads Chinese. Every text is quoted."""
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([csv_text(cell) for cell in sheet.header])
        for row in sheet.rows:
            writer.writerow(
                [cell if isinstance(cell, int) and cell <= EXACT else csv_text(str(cell)) for cell in row]
            )


def csv_text(text: str) -> str:
    """The text as a csv cell that no spreadsheet program runs, or makes another number of. Idempotent."""
    return f"'{text}" if _runs(text) or _altered(text) else text


def write_xlsx(path: Path, sheets: Iterable[Sheet]) -> None:
    """A workbook, a sheet for each; the same sheets give the same bytes. ValueError for more rows, or a longer text,
    than a sheet holds."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"created": datetime(1980, 1, 1, tzinfo=UTC)})
        bold, whole = book.add_format({"bold": True}), book.add_format({"num_format": "0"})
        for sheet in sheets:
            page = book.add_worksheet(_NOT_IN_A_TITLE.sub(" ", sheet.title)[:31])
            page.freeze_panes(1, 0)
            for place, text in enumerate(sheet.header):
                page.write_string(0, place, _plain(text), bold)
            for line, row in enumerate(sheet.rows, start=1):
                if line > MAX_ROWS:
                    raise ValueError(f"more than {MAX_ROWS} rows")
                for place, cell in enumerate(row):
                    if isinstance(cell, int) and cell <= EXACT:
                        page.write_number(line, place, cell, whole)
                    else:
                        page.write_string(line, place, _plain(str(cell)))


def _plain(text: str) -> str:
    """What XML can hold."""
    if len(text) > MAX_CELL:
        raise ValueError(f"a text of {len(text)} characters")
    return _unprintable.sub("\ufffd", text)


def _division(division: str) -> str:
    return "全体 all" if division == ALL else " ".join(group_label(Group(division)))
