"""One thing that is wrong with a log, and how it is told."""

from __future__ import annotations

from typing import Any

from records.standalone.canonical import canonical_text


class Fault(Exception):
    """One thing that is wrong: `line` of the file from 1 (0: none), and the leaf's `seq` where it is one."""

    def __init__(self, line: int, zh: str, en: str, seq: int | None = None, where: str = "") -> None:
        super().__init__(en)
        self.line, self.zh, self.en, self.seq = line, zh, en, seq
        self.where = where
        """What is wrong where it is no line of the log."""


def wrong_leaf(seq: int, zh: str, en: str) -> Fault:
    """A fault of the leaf at `seq`, which is on that line after the first."""
    return Fault(seq + 2, zh, en, seq)


def shortened(value: Any) -> str:
    """A value for a message: at most 80 characters."""
    text = value if type(value) is str else canonical_text(value)
    return text if len(text) <= 80 else text[:77] + "..."
