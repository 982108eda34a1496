"""The benchmark case's roll, made up: 127,040 claims filed, 118,738 confirmed, 55.4 million yuan in all.

Numbers of the bankruptcy of a bicycle-sharing company (2018) as the press gave them: some hundred thousand users with
small deposits (about 20 million yuan), 28 suppliers, 115 employees. Names and documents are invented by counting; the
same table each time.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hearing.documents import credit_check, resident_check

FILED = 127_040
CONFIRMED = 118_738
TOTAL_FEN = 5_540_000_000
SUPPLIERS = 28
EMPLOYEES = 115

HEADER = (
    "债权编号",
    "债权人编号",
    "债权人名称",
    "证件类型",
    "证件号码",
    "债权性质",
    "申报金额（元）",
    "确认金额（元）",
    "状态",
)
_DEPOSITS_FEN = (9_900,) * 9 + (19_900,) * 9 + (29_900,)
"""What a user paid, as often as it is here: some 20 million yuan in all."""
_WAGE_FEN = 2_500_000


def rows() -> Iterator[tuple[str, ...]]:
    """Rows of the table, the header first."""
    yield HEADER
    chance = random.Random(2018)
    users = FILED - SUPPLIERS - EMPLOYEES
    deposits = [chance.choice(_DEPOSITS_FEN) for _ in range(users)]
    wages = [_WAGE_FEN + chance.randrange(-900_000, 900_000) for _ in range(EMPLOYEES)]
    filed = [*_supplier_fen(chance, TOTAL_FEN - sum(deposits) - sum(wages)), *wages]
    # Everything is confirmed of companies and employees; of users those whose deposit was found.
    refused = set(chance.sample(range(users), FILED - CONFIRMED))
    for number in range(FILED):
        user = number - len(filed)
        fen = filed[number] if user < 0 else deposits[user]
        confirmed = user < 0 or user not in refused
        yield _row(number, fen, confirmed=confirmed)


def write_csv(path: Path, most: int = FILED) -> None:
    """The table as UTF-8 csv with a BOM, as a spreadsheet program writes it; `most`: its first rows only. Blocks."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(islice(rows(), most + 1))


def write_xlsx(path: Path, most: int = FILED) -> None:
    """The table as xlsx, amounts as numbers; `most`: its first rows only. Blocks."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate(islice(rows(), most + 1)):
        for place, cell in enumerate(row):
            if line and place in {6, 7}:
                sheet.write_number(line, place, float(cell))
            else:
                sheet.write_string(line, place, cell)
    book.close()


def _row(number: int, fen: int, *, confirmed: bool) -> tuple[str, ...]:
    if number < SUPPLIERS:
        kind, name, document, group = (
            "统一社会信用代码",
            f"供应商{number + 1:02d}有限公司",
            _company(number),
            "普通债权",
        )
    elif number < SUPPLIERS + EMPLOYEES:
        kind, name, document, group = "居民身份证", f"职工{number:03d}", _person(number), "职工债权"
    else:
        kind, name, document, group = "居民身份证", f"用户{number:06d}", _person(number), "小额债权"
    yuan = f"{fen // 100}.{fen % 100:02d}"
    status = "确认" if confirmed else "不予确认"
    number_text = f"{number + 1:06d}"
    return number_text, f"C{number_text}", name, kind, document, group, yuan, yuan if confirmed else "0", status


def _supplier_fen(chance: random.Random, pot_fen: int) -> list[int]:
    shares = [chance.randrange(5, 100) for _ in range(SUPPLIERS)]
    parts = [pot_fen * share // sum(shares) for share in shares]
    parts[0] += pot_fen - sum(parts)
    return parts


def _person(number: int) -> str:
    day = number // 999
    first = f"440103{1950 + day // 336}{1 + day // 28 % 12:02d}{1 + day % 28:02d}{number % 999 + 1:03d}"
    return first + resident_check(first)


def _company(number: int) -> str:
    first = f"91440101{number:09d}"
    return first + credit_check(first)
