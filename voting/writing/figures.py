"""Figures as papers of a court show them. Exact: whole fen, shares cut off and never rounded up to a threshold."""

from __future__ import annotations

from datetime import UTC, date, datetime

from voting.deadlines import BEIJING
from voting.leaves import Count
from voting.rules.model import Share

_WORDS = {(1, 2): "二分之一", (2, 3): "三分之二"}


def yuan(fen: int) -> str:
    """`1,234.05元`."""
    return f"{fen // 100:,}.{fen % 100:02d}元"


def percent(part: int, whole: int) -> str:
    """`53.12%`, cut off after the second digit; `—` of nothing."""
    if not whole:
        return "—"
    hundredths = part * 10_000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def counted(count: Count) -> str:
    """`12人，债权额1,234.00元`."""
    return f"{count.heads}人，债权额{yuan(count.amount_fen)}"


def moment(utc_ms: int) -> str:
    """`2018年8月8日15时04分`, Beijing time."""
    at = datetime.fromtimestamp(utc_ms / 1_000, UTC).astimezone(BEIJING)
    return f"{day(at.date())}{at:%H时%M分}"


def day(of: date) -> str:
    """`2018年8月8日`."""
    return f"{of.year}年{of.month}月{of.day}日"


def share_words(share: Share) -> str:
    """`二分之一`."""
    return _WORDS.get((share.num, share.den), f"{share.num}/{share.den}")
