"""Numbers and words of docs/ballot-log.md; the numbers in brackets here and elsewhere are sections of that page."""

from __future__ import annotations

MOST = 2**53 - 1
MOST_OF_ENTRY_FEN = 10**15
GROUPS = ("equity", "ordinary", "secured", "small", "tax", "wage")
CHOICES = ("agree", "against", "abstain", "invalid")
SILENT = ("signed_in", "voters_only", "deemed_agree", "deemed_abstain")
CONTRACTUAL = ("distribution", "composition")
"""Matters in which only unsecured money votes, and none without money (4)."""
MATTERS: dict[str, tuple[tuple[int, int], str, str]] = {
    # the part of the amount that has to agree; what follows a failed round 1, a failed round 2
    "ordinary": ((1, 2), "final", "final"),
    "committee": ((1, 2), "final", "final"),
    "management": ((1, 2), "court", "court"),
    "distribution": ((1, 2), "second_round", "court"),
    "composition": ((2, 3), "final", "final"),
    "plan": ((2, 3), "second_round", "court"),
}
