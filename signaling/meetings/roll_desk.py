"""The meeting's roll: imported from a table, kept on the shelf, shown in sums."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from hearing.errors import UserError
from signaling.meetings.bodies import GroupTotal, RefusedRow, RollSummary
from signaling.services import derived_key
from voting import roll_rows as rows_of
from voting.roll_files import Table, read_table
from voting.roll_shelf import RollShelf, salts
from voting.rolls import Registered, RollTable, TooMuch, make_roll

SHOWN_REFUSALS = 100


class RollDesk:
    """Imports one table at a time, in a thread."""

    def __init__(self, folder: Path, secret: bytes, now_utc_ms: Callable[[], int]) -> None:
        """`folder` is that of the settings' storage, `secret` the server's."""
        self.shelf = RollShelf(folder / "meetings")
        self._key = derived_key(secret, "roll salts")
        self._now_utc_ms = now_utc_ms
        self._one_at_a_time = asyncio.Lock()
        self.permille: dict[str, int] = {}
        """How far the import of a meeting's table is; only while one runs."""

    async def import_table(
        self,
        meeting: str,
        alg: str,
        file: Path,
        *,
        accept_refusals: bool,
        progress: Callable[[int], None] = lambda permille: None,
    ) -> RollSummary:
        """Read the table and, when no row was refused or the caller accepts that, make it the meeting's roll. The
        same table makes the same roll. Raises UserError `roll-file`, `roll-header`, `roll-too-much`, `busy`,
        StoreUnavailable."""
        if self._one_at_a_time.locked():
            raise UserError("busy", "正在导入另一份债权表，请稍候", "another table is being imported: wait a little")
        async with self._one_at_a_time:
            self.permille[meeting] = 0

            def tell(permille: int) -> None:
                # The roll's tree and the shelf take a quarter of the time.
                self.permille[meeting] = permille * 3 // 4
                progress(permille * 3 // 4)

            try:
                return await asyncio.to_thread(self._import, meeting, alg, file, accept_refusals, tell)
            finally:
                progress(1000)
                del self.permille[meeting]

    async def current(self, meeting: str, known: str | None) -> RollTable | None:
        """The roll that the next motion is opened with; None where there is none, or it is `known` already."""

        def load() -> RollTable | None:
            roll = self.shelf.current_id(meeting)
            return None if roll in {None, known} else self.shelf.get(meeting, str(roll))

        return await asyncio.to_thread(load)

    async def register(self, meeting: str, roll: str) -> dict[str, Registered]:
        """Who the creditors of a roll are that was imported once. Raises StoreUnavailable."""
        return (await asyncio.to_thread(self.shelf.get, meeting, roll)).register

    def _import(
        self, meeting: str, alg: str, file: Path, accept_refusals: bool, progress: Callable[[int], None]
    ) -> RollSummary:
        table = read_table(file, self._now_utc_ms(), progress)
        try:
            roll = make_roll(table.claims, salt_of=salts(self._key, meeting), alg=alg)
        except TooMuch as problem:
            raise UserError("roll-too-much", f"金额超出上限：{problem}", f"beyond the limit: {problem}") from None
        keep = bool(table.claims) and (accept_refusals or not table.refused)
        if keep:
            self.shelf.keep(meeting, roll)
        return summary(roll, table, kept=keep)


def summary(roll: RollTable, table: Table | None = None, *, kept: bool = True) -> RollSummary:
    """The roll in sums; `table` is what it was just read from."""
    refused = table.refused if table is not None else ()
    undecided = table.without_decision if table is not None else ()
    return RollSummary(
        claims=roll.claims,
        voting=roll.voting_heads,
        filed_fen=roll.filed_fen,
        voting_fen=roll.voting_fen,
        groups=tuple(
            GroupTotal(group=each.group, creditors=each.heads, amount_fen=each.amount_fen) for each in roll.groups
        ),
        refused=_shown(refused),
        refused_rows=len(refused),
        without_decision=_shown(undecided),
        without_decision_rows=len(undecided),
        kept=kept,
    )


def _shown(rows: Sequence[rows_of.RefusedRow]) -> tuple[RefusedRow, ...]:
    return tuple(RefusedRow(line=row.line, column=row.column, zh=row.zh, en=row.en) for row in rows[:SHOWN_REFUSALS])
