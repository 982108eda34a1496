"""Every rule set that a meeting may be pinned to, by name."""

from __future__ import annotations

from hearing.errors import Refused
from voting.rules.ebl2006_ji3 import EBL2006_JI3
from voting.rules.model import RuleSet

_RULE_SETS = {each.name: each for each in (EBL2006_JI3,)}


def rule_set(name: str) -> RuleSet:
    """The rule set of that name. Raises Refused `unknown-ruleset`."""
    found = _RULE_SETS.get(name)
    if found is None:
        raise Refused("unknown-ruleset", f"没有此规则集：{name}", f"there is no rule set {name}")
    return found
