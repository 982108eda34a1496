"""The columns of a creditors' table: which header means what, in Chinese or English, and in which unit money is."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from hearing.errors import UserError
from voting.words import Group


class Column(enum.StrEnum):
    """What a column holds."""

    CLAIM = "claim"
    CREDITOR = "creditor"
    NAME = "name"
    NUMBER_KIND = "number_kind"
    NUMBER = "number"
    PHONE = "phone"
    GROUP = "group"
    FILED = "filed"
    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    COURT_REF = "court_ref"
    SECURED = "secured"
    WAIVED = "waived"
    STATUS = "status"


MONEY = frozenset({Column.FILED, Column.CONFIRMED, Column.PROVISIONAL, Column.SECURED})
NEEDED = (Column.NAME, Column.NUMBER, Column.GROUP, Column.CONFIRMED)

_NAMES: dict[Column, tuple[str, ...]] = {
    Column.CLAIM: ("债权编号", "申报编号", "序号", "编号", "claim", "claimno", "claimid"),
    Column.CREDITOR: ("债权人编号", "债权人代码", "creditor", "creditorid", "creditorno"),
    Column.NAME: ("债权人名称", "债权人姓名", "债权人", "姓名", "名称", "姓名或名称", "name", "creditorname"),
    Column.NUMBER_KIND: ("证件类型", "证件种类", "idkind", "idtype"),
    Column.NUMBER: ("证件号码", "身份证号", "身份证号码", "统一社会信用代码", "证件号", "idnumber", "id"),
    Column.PHONE: ("手机号", "手机号码", "联系电话", "电话", "phone", "mobile"),
    Column.GROUP: ("债权性质", "债权类别", "债权分类", "债权组别", "组别", "class", "group"),
    Column.FILED: ("申报金额", "申报债权额", "申报总额", "filed", "amountfiled"),
    Column.CONFIRMED: ("确认金额", "确认债权额", "审查确认金额", "confirmed", "amountconfirmed"),
    Column.PROVISIONAL: ("临时债权额", "临时确定金额", "临时金额", "provisional", "amountprovisional"),
    Column.COURT_REF: ("法院决定书号", "决定书号", "临时债权额决定书号", "courtdecision", "courtref"),
    Column.SECURED: ("担保金额", "担保债权额", "有担保金额", "secured", "amountsecured"),
    Column.WAIVED: ("是否放弃优先受偿权", "放弃优先受偿权", "放弃优先权", "waived"),
    Column.STATUS: ("状态", "审查状态", "债权状态", "status"),
}
_COLUMNS = {name: column for column, names in _NAMES.items() for name in names}
_UNITS = {"元": 100, "yuan": 100, "cny": 100, "rmb": 100, "分": 1, "fen": 1}

GROUPS: dict[str, Group] = {
    **{group.value: group for group in Group},
    **dict.fromkeys(("担保", "担保债权", "有担保债权", "有财产担保债权", "有财产担保", "担保债权组"), Group.SECURED),
    **dict.fromkeys(("职工", "职工债权", "职工债权组", "劳动债权"), Group.WAGE),
    **dict.fromkeys(("税款", "税款债权", "税收债权", "税款债权组"), Group.TAX),
    **dict.fromkeys(("普通", "普通债权", "普通债权组", "无财产担保债权"), Group.ORDINARY),
    **dict.fromkeys(("小额", "小额债权", "小额债权组"), Group.SMALL),
    **dict.fromkeys(("出资人", "出资人组", "股东"), Group.EQUITY),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column is; for money also how many fen its unit has."""

    places: dict[Column, int]
    fen_per_unit: dict[Column, int]
    headers: tuple[str, ...]

    def header(self, column: Column) -> str:
        """The header as the file writes it; the column's first Chinese name where it has none."""
        place = self.places.get(column)
        return self.headers[place] if place is not None else _NAMES[column][0]


def read_layout(cells: Sequence[str]) -> Layout:
    """The layout of a header row. Raises UserError `roll-header`: what is missing, doubled or without a unit."""
    places: dict[Column, int] = {}
    units: dict[Column, int] = {}
    for place, cell in enumerate(cells):
        name, unit = _parted(cell)
        column = _COLUMNS.get(name)
        if column is None:
            continue
        if column in places:
            raise _bad(f"有两列“{_NAMES[column][0]}”", f"two columns are {column.value}")
        places[column] = place
        if column in MONEY:
            if unit not in _UNITS:
                raise _bad(
                    f"“{cell.strip()}”没有注明单位，请写成“{_NAMES[column][0]}（元）”或“（分）”",
                    f"{cell.strip()!r} names no unit: write (元) or (分) behind it",
                )
            units[column] = _UNITS[unit]
    if missing := [column for column in NEEDED if column not in places]:
        names = "、".join(_NAMES[column][0] for column in missing)
        raise _bad(f"缺少列：{names}", f"missing columns: {', '.join(missing)}")
    return Layout(places, units, tuple(cell.strip() for cell in cells))


def plain(text: str) -> str:
    """Without differences of width, case and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def _parted(cell: str) -> tuple[str, str]:
    """The name of a header, and the unit in brackets behind it."""
    text = plain(cell).replace("_", "").replace("-", "").replace("[", "(").replace("]", ")")
    name, _, unit = text.partition("(")
    return name, unit.rstrip(")").removeprefix("单位:")


def _bad(zh: str, en: str) -> UserError:
    return UserError("roll-header", f"债权表表头有误：{zh}", f"the table's header: {en}")
