"""Rows of a creditors' table: each becomes a claim, or is refused with its line, its column and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from hearing.documents import DocumentKind, DocumentReader
from hearing.errors import UserError
from voting.claims import Claim
from voting.roll_columns import GROUPS, Column, Layout, plain
from voting.words import MAX_FEN, Group

MAX_NAME = 100
_MONEY = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]*))?")
_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
_PHONE = re.compile(r"\+?[0-9-]{5,20}")
_NOT_CONFIRMED = frozenset(
    {"异议", "不予确认", "撤回", "已撤回", "待审查", "disputed", "rejected", "withdrawn", "filed"}
)
_KNOWN_STATUS = _NOT_CONFIRMED | {"", "确认", "已确认", "临时", "临时确定", "部分确认", "confirmed", "provisional"}
_YES = frozenset({"是", "已放弃", "放弃", "y", "yes", "true", "1"})
_NO = frozenset({"", "否", "未放弃", "n", "no", "false", "0"})
_KINDS: dict[str, DocumentKind] = {
    **{kind.value: kind for kind in DocumentKind},
    **dict.fromkeys(("身份证", "居民身份证", "二代身份证"), DocumentKind.RESIDENT_ID),
    **dict.fromkeys(("护照",), DocumentKind.PASSPORT),
    **dict.fromkeys(("统一社会信用代码", "营业执照", "社会信用代码"), DocumentKind.USCC),
    **dict.fromkeys(("其他", "其它"), DocumentKind.OTHER),
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, or not with all it says. `line` is that of the file, from 1; `column` as the file
    names it."""

    line: int
    column: str
    zh: str
    en: str


class _Refusal(Exception):
    def __init__(self, column: Column, zh: str, en: str) -> None:
        super().__init__(en)
        self.column = column
        self.zh = zh
        self.en = en


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one table; knows what came before, so that contradictions are found."""

    layout: Layout
    now_utc_ms: int
    claims: list[Claim] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    without_decision: list[RefusedRow] = field(default_factory=list)
    """Rows that were taken but whose provisional amount does not vote: the court has not decided on it (59(2))."""
    _documents: DocumentReader = field(default_factory=DocumentReader)
    _claim_lines: dict[str, int] = field(default_factory=dict)
    _people: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """Creditor -> name, number, line."""
    _creditors: dict[str, str] = field(default_factory=dict)
    """Number -> creditor."""

    def read(self, line: int, cells: Sequence[str]) -> None:
        """One row. Blank rows are passed over."""
        if not any(cell.strip() for cell in cells):
            return
        try:
            claim = self._claim(line, cells)
        except _Refusal as why:
            self.refused.append(RefusedRow(line, self.layout.header(why.column), why.zh, why.en))
            return
        if claim.provisional_fen and not claim.court_ref:
            self.without_decision.append(self._undecided(line))
        self._claim_lines[claim.claim] = line
        self._people.setdefault(claim.creditor, (claim.name, claim.number, line))
        self._creditors.setdefault(claim.number, claim.creditor)
        self.claims.append(claim)

    def _claim(self, line: int, cells: Sequence[str]) -> Claim:
        def cell(column: Column) -> str:
            place = self.layout.places.get(column)
            return cells[place].strip() if place is not None and place < len(cells) else ""

        name = _name(cell(Column.NAME))
        kind, number = self._number(cell(Column.NUMBER_KIND), cell(Column.NUMBER))
        group = _group(cell(Column.GROUP))
        money = {column: self._money(column, cell(column)) for column in _MONEY_COLUMNS}
        confirmed_fen, provisional_fen = money[Column.CONFIRMED], money[Column.PROVISIONAL]
        if confirmed_fen + provisional_fen > MAX_FEN:
            raise _Refusal(Column.PROVISIONAL, "合计金额过大", "the amounts together are too large")
        filed_fen = money[Column.FILED] if Column.FILED in self.layout.places else confirmed_fen + provisional_fen
        secured_fen = self._secured(group, cell(Column.WAIVED), money)
        status = plain(cell(Column.STATUS))
        if status not in _KNOWN_STATUS:
            raise _Refusal(Column.STATUS, f"未知状态“{cell(Column.STATUS)[:20]}”", "unknown status")
        if status in _NOT_CONFIRMED and confirmed_fen:
            raise _Refusal(
                Column.STATUS, "状态为未确认，但确认金额不为零", "not confirmed, but the confirmed amount is not zero"
            )
        court_ref = _line(Column.COURT_REF, cell(Column.COURT_REF), 500)
        return Claim(
            claim=self._claim_id(line, cell(Column.CLAIM)),
            creditor=self._creditor(cell(Column.CREDITOR), name, number),
            name=name,
            number_kind=kind.value,
            number=number,
            phone=_phone(cell(Column.PHONE)),
            group=group,
            filed_fen=filed_fen,
            confirmed_fen=confirmed_fen,
            provisional_fen=provisional_fen,
            court_ref=court_ref if provisional_fen else "",
            secured_fen=secured_fen,
        )

    def _undecided(self, line: int) -> RefusedRow:
        return RefusedRow(
            line,
            self.layout.header(Column.PROVISIONAL),
            "临时债权额没有法院决定书号，已登记，但该金额无表决权（企业破产法第五十九条第二款）",
            "a provisional amount without the court's decision: kept, but the amount has no vote (59(2))",
        )

    def _claim_id(self, line: int, text: str) -> str:
        if Column.CLAIM not in self.layout.places:
            return str(line)
        known = self._claim_lines.get(text)
        if known is not None:
            raise _Refusal(Column.CLAIM, f"编号与第 {known} 行重复", f"the same number as in line {known}")
        if not text or len(text) > 64:
            raise _Refusal(Column.CLAIM, "编号为空或过长", "no number, or a too long one")
        return text

    def _creditor(self, text: str, name: str, number: str) -> str:
        if Column.CREDITOR not in self.layout.places:
            creditor = self._creditors.get(number) or f"C{len(self._people) + 1:06d}"
        elif _ID.fullmatch(text):
            creditor = text
        else:
            raise _Refusal(
                Column.CREDITOR,
                "债权人编号应为 1 至 40 位字母、数字、点、横线",
                "a creditor's number has 1 to 40 letters, digits, dots or hyphens",
            )
        known_name, known_number, line = self._people.get(creditor, (name, number, 0))
        if known_name != name:
            raise _Refusal(Column.NAME, f"同一债权人在第 {line} 行名称不同", f"another name than in line {line}")
        if known_number != number:
            raise _Refusal(
                Column.NUMBER, f"同一债权人在第 {line} 行证件号码不同", f"another document than in line {line}"
            )
        if self._creditors.get(number, creditor) != creditor:
            raise _Refusal(
                Column.NUMBER,
                f"证件号码已属于债权人 {self._creditors[number]}",
                f"the document is that of creditor {self._creditors[number]}",
            )
        return creditor

    def _number(self, kind_text: str, text: str) -> tuple[DocumentKind, str]:
        digits = plain(text).upper()
        if kind_text:
            kind = _KINDS.get(plain(kind_text))
            if kind is None:
                raise _Refusal(Column.NUMBER_KIND, f"未知证件类型“{kind_text[:20]}”", "unknown kind of document")
        else:
            kind = DocumentKind.USCC if digits[:1] == "9" and not digits[:17].isdigit() else DocumentKind.RESIDENT_ID
        try:
            return kind, self._documents.read(kind.value, text, self.now_utc_ms).number
        except UserError as problem:
            raise _Refusal(Column.NUMBER, problem.zh, problem.en) from None

    def _money(self, column: Column, text: str) -> int:
        if column not in self.layout.places or not text:
            if column is Column.CONFIRMED and not text:
                raise _Refusal(column, "金额为空（没有则填 0）", "no amount (write 0 for none)")
            return 0
        return fen_of(column, text, self.layout.fen_per_unit[column])

    def _secured(self, group: Group, waived_text: str, money: dict[Column, int]) -> int:
        waived = plain(waived_text)
        if waived not in _YES | _NO:
            raise _Refusal(Column.WAIVED, "应填“是”或“否”", "yes or no is needed")
        if waived in _YES:
            return 0
        if Column.SECURED in self.layout.places:
            secured_fen = money[Column.SECURED]
            if secured_fen > money[Column.CONFIRMED] + money[Column.PROVISIONAL]:
                raise _Refusal(Column.SECURED, "担保金额大于债权金额", "more is secured than the claim amounts to")
            return secured_fen
        return money[Column.CONFIRMED] + money[Column.PROVISIONAL] if group is Group.SECURED else 0


_MONEY_COLUMNS = (Column.FILED, Column.CONFIRMED, Column.PROVISIONAL, Column.SECURED)


def fen_of(column: Column, text: str, fen_per_unit: int) -> int:
    """An amount as people write it, in whole fen; never by way of a float."""
    digits = unicodedata.normalize("NFKC", text).replace(" ", "").lstrip("¥￥").removesuffix("元")
    found = _MONEY.fullmatch(digits)
    if found is None:
        if digits.startswith("-"):
            raise _Refusal(column, "金额不能为负", "an amount cannot be negative")
        raise _Refusal(column, f"不是金额：“{text[:30]}”", "not an amount")
    whole, decimals = digits.partition(".")[0].replace(",", ""), (found[1] or "").rstrip("0")
    if len(decimals) > (2 if fen_per_unit == 100 else 0):
        raise _Refusal(column, "金额小于一分", "less than one fen")
    if len(whole) > 16:
        raise _Refusal(column, "金额过大", "the amount is too large")
    fen = int(whole) * fen_per_unit + int(decimals.ljust(2, "0") if decimals else 0)
    if fen > MAX_FEN:
        raise _Refusal(column, "金额过大", "the amount is too large")
    return fen


def _name(text: str) -> str:
    name = _line(Column.NAME, text, MAX_NAME)
    if not name:
        raise _Refusal(Column.NAME, "名称为空", "no name")
    return name


def _line(column: Column, text: str, most: int) -> str:
    line = unicodedata.normalize("NFC", text)
    if len(line) > most:
        raise _Refusal(column, f"超过 {most} 个字", f"longer than {most} characters")
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn"} for sign in line):
        raise _Refusal(column, "含有不可见字符", "invisible characters in it")
    return line


def _group(text: str) -> Group:
    group = GROUPS.get(plain(text))
    if group is None:
        raise _Refusal(
            Column.GROUP,
            f"未知债权性质“{text[:20]}”（可填：担保债权、职工债权、税款债权、普通债权、小额债权、出资人）",
            "unknown class (secured, wage, tax, ordinary, small, equity)",
        )
    return group


def _phone(text: str) -> str:
    phone = plain(text)
    if phone and not _PHONE.fullmatch(phone):
        raise _Refusal(Column.PHONE, "电话号码有误", "not a telephone number")
    return phone
