"""A roll as it was frozen: checked once, hashed, and with the index that admission needs."""

from __future__ import annotations

from collections.abc import Sequence

from hearing.errors import Refused
from voting.checks import check_id, is_creditor_id
from voting.merkle import MerkleTree
from voting.roll_entry import RollEntry, entry_bytes
from voting.words import MAX_FEN, MAX_ROLL_FEN, Group, Standing

_HASH_DIGITS = 64


class Roll:
    """Immutable; `voting.rolls.RollTable` is what it was imported as. `root` is the hex root over the entries,
    `voting` and `unsecured_fen` are totals by group."""

    def __init__(self, alg: str, roll: str, entries: Sequence[RollEntry]) -> None:
        """Raises Refused `bad-roll`, naming the first entry that is wrong; ValueError for an unknown `alg`."""
        check_id("roll", roll)
        _check(entries)
        self.roll = roll
        self.entries = tuple(entries)
        self.root = MerkleTree(alg, map(entry_bytes, self.entries)).root().hex()
        self._first: dict[str, int] = {}
        self.voting = dict.fromkeys(Group, 0)
        """Entries that vote."""
        self.unsecured_fen = dict.fromkeys(Group, 0)
        for place, entry in enumerate(self.entries):
            self._first.setdefault(entry.creditor, place)
            if entry.kind is not Standing.NONE:
                self.voting[entry.group] += 1
                self.unsecured_fen[entry.group] += entry.amount_fen - entry.secured_fen

    def __contains__(self, creditor: object) -> bool:
        return creditor in self._first

    def of(self, creditor: str) -> list[RollEntry]:
        """The creditor's entries, by group; none for somebody who is not in the roll."""
        place = self._first.get(creditor, len(self.entries))
        found: list[RollEntry] = []
        while place < len(self.entries) and self.entries[place].creditor == creditor:
            found.append(self.entries[place])
            place += 1
        return found


def _check(entries: Sequence[RollEntry]) -> None:
    if not entries:
        raise Refused("bad-roll", "债权表为空", "the roll is empty")
    before, sum_fen = ("", ""), 0
    for entry in entries:
        key = (entry.creditor, entry.group.value)
        if not is_creditor_id(entry.creditor):
            _wrong(entry, "债权人编号不合规", "not an id")
        if key <= before:
            _wrong(entry, "重复或未按债权人和组别排序", "twice, or not in order of creditor and group")
        if not 0 <= entry.secured_fen <= entry.amount_fen <= MAX_FEN:
            _wrong(entry, "金额不在允许范围内", "an amount out of range")
        if entry.kind is Standing.NONE and entry.amount_fen:
            _wrong(entry, "无表决权者的表决金额须为零", "an amount without a vote")
        if entry.kind is Standing.PROVISIONAL and not entry.court_ref.strip():
            _wrong(entry, "临时债权额缺少法院决定文号", "a provisional amount without the court's decision (59(2))")
        if len(entry.person) != _HASH_DIGITS:
            _wrong(entry, "身份摘要长度不符", "the person's hash is not of 64 digits")
        before = key
        sum_fen += entry.amount_fen
    if sum_fen > MAX_ROLL_FEN:
        raise Refused("bad-roll", "债权总额超出上限", "the sum of the roll is beyond 2^53 - 1 fen")


def _wrong(entry: RollEntry, zh: str, en: str) -> None:
    raise Refused("bad-roll", f"债权人{entry.creditor}：{zh}", f"creditor {entry.creditor}: {en}")
