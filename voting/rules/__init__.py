"""Rule sets: what the statute asks of each matter, as versioned data that a meeting is pinned to."""

from voting.rules.catalogue import rule_set
from voting.rules.model import Amounts, Clock, Condition, Deadline, MatterRule, RuleSet, Share, Threshold

__all__ = [
    "Amounts",
    "Clock",
    "Condition",
    "Deadline",
    "MatterRule",
    "RuleSet",
    "Share",
    "Threshold",
    "rule_set",
]
