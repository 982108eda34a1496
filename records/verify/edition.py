"""What is less than the court's own package: an edition says itself what it left out, cut and masked.

Entries of the log that it may not show keep their place and their hash, so that the chain still holds and the signed
heads still fit; whether they were left out rightly only the court's package can tell (`yunting verify --court`).
"""

from __future__ import annotations

import json
from typing import Any

from records.verify.findings import Findings
from records.verify.names import DERIVATION

COURT = "court"
_FORMAT = "yunting-derivation/1"
_WITHHELD = {"session", "seq", "prev", "hash", "withheld"}


class Edition:
    """`info` is what the bag says of itself. `name` is `court` for the whole record."""

    def __init__(self, found: Findings, info: dict[str, str]) -> None:
        self._found = found
        self.name = info.get("Yunting-Edition", COURT)
        self.partial: set[str] = set()
        """Files that are cut or left out: what the log sealed of them cannot be compared."""
        self._told: dict[str, Any] = {}
        self._counted = {"whole": 0, "masked": 0, "withheld": 0}
        present = DERIVATION in found.package.files
        if present:
            self._read()
        elif self.name != COURT:
            found.fault(DERIVATION, f"非法院版缺少派生说明 / missing in the edition `{self.name}`")

    @property
    def derived(self) -> bool:
        """Whether parts of the record may be missing here."""
        return bool(self._told)

    def count(self, entry: dict[str, Any]) -> str | None:
        """How much of an entry is here, `whole`, `masked` or `withheld`; None where it has no right to be less."""
        kind = "whole"
        if entry.get("withheld") is True and set(entry) == _WITHHELD:
            kind = "withheld"
        elif entry.get("masked") is True:
            kind = "masked"
        if kind != "whole" and not self.derived:
            return None
        self._counted[kind] += 1
        return kind

    def finish(self) -> None:
        """Whether the log holds as many masked and withheld entries as the edition says."""
        if self.derived and self._told.get("entries") != self._counted:
            told = "、".join(f"{kind} {count}" for kind, count in self._counted.items())
            self._found.fault(DERIVATION, f"与日志条数不符 / says other numbers of entries than the log has: {told}")

    def _read(self) -> None:
        try:
            told = json.loads((self._found.read(DERIVATION) or b"").decode("utf-8"))
            if told["format"] != _FORMAT:
                raise ValueError(f"format {told['format']}")
            paths = {file["path"]: file["how"] for file in told["files"]}
            left_out = {file["path"] for file in told["left_out"] if file["path"] is not None}
            edition = told["edition"]
            absent = sorted(path for path in paths if path not in self._found.package.files)
            self.partial = {path for path, how in paths.items() if how == "cut"} | left_out
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._found.fault(DERIVATION, f"派生说明格式错误 / not a statement of how the edition was made: {error}")
            return
        self._told = told
        if edition != self.name:
            self._found.fault(
                DERIVATION, f"与卷宗包版本不符 / is of the edition `{edition}`, the package of `{self.name}`"
            )
        for path in absent:
            if path not in self._found.named:
                self._found.fault(path, "派生说明中有但文件缺失 / missing, though the edition names it")
