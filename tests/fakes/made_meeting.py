"""A small creditors' meeting made by hand: five creditors, one motion, a mandate, a paper ballot, a result."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.fakes.made_ballot_log import Leaf, Made, canonical, h, resigned

_BY = ["chair", "administrator"]
OPTIONS: dict[str, Any] = {
    "ballots": "final",
    "bloc": [],
    "court_ref": "",
    "equity_base": "present",
    "resolution": "",
    "secured": "exclude",
    "silent": "signed_in",
}


def entry(creditor: str, group: str, amount_fen: int, **other: Any) -> dict[str, Any]:
    """An entry of a roll."""
    person = hashlib.sha256(creditor.encode()).hexdigest()
    base = {"amount_fen": amount_fen, "court_ref": "", "creditor": creditor, "group": group, "kind": "confirmed"}
    return {**base, "person": person, "secured_fen": 0, **other}


def cast(made: Made, creditor: str, choice: str, amount_fen: int, **other: Any) -> Leaf:
    """A ballot on `m1`."""
    number = len(made.leaves)
    base = {"actor": creditor, "channel": "online", "division": "all", "heads": 1, "idem": f"idem-{number}"}
    base |= {"mandate": "", "motion": "m1", "paper": "", "round": 1, "salt": f"{number:032x}"}
    return made.add("ballot", **{**base, "amount_fen": amount_fen, "choice": choice, "creditor": creditor, **other})


def sums(**told: tuple[int, int]) -> dict[str, dict[str, int]]:
    """(heads, amount_fen) by name."""
    return {name: {"amount_fen": amount_fen, "heads": heads} for name, (heads, amount_fen) in told.items()}


def division(present: tuple[int, int], silent: tuple[int, int], deemed: tuple[int, int], **other: Any) -> Any:
    """The division of the meeting below, whose ballots are the same whatever the option."""
    agree, against = (2, 700), (1, 300)
    base = sums(agree=agree, against=against, abstain=(0, 0), invalid=(0, 0), total=(5, 1500))
    return {**base, **sums(present=present, silent=silent, deemed=deemed), "division": "all", **other}


def small(alg: str = "sha256") -> Made:
    """Five creditors, 1,500 fen; on the motion m1 two agree (700), one is against (300), one is silent (200), one
    away (300): it fails by heads (2 of 4) and by amount (700 of 1,500)."""
    made = Made(alg)
    made.add(
        "meeting.created", alg=alg, case_no="（2026）测0101破1号", ruleset="EBL2006+JI3", title="第一次债权人会议"
    )
    amounts = {"c1": 400, "c2": 300, "c3": 300, "c4": 200, "c5": 300}
    made.freeze("r1", [entry(name, "ordinary", amount) for name, amount in amounts.items()])
    for name in ("c1", "c2", "c3", "c4"):
        salt = h("sha256", name.encode())[:32]
        made.add("presence", attendee=name, by=name, channel="online", salt=salt, state="in")
    mandate = {"agent": "a1", "document": "0" * 64, "instructions": [{"choice": "agree", "motion": "m1"}]}
    made.add("mandate", **mandate, mandate="w1", motions=[], principal="c2", salt="1" * 32)
    opened = {"closes_utc_ms": 1_790_000_900_000, "groups": [], "matter": "management", "motion": "m1"}
    made.add("motion.opened", by=_BY, **opened, options=OPTIONS, roll="r1", round=1, title="继续营业")
    cast(made, "c1", "agree", 400)
    cast(made, "c2", "agree", 300, actor="a1", mandate="w1")
    paper = {"choice": "against", "creditor": "c3", "division": "all", "motion": "m1", "paper": "p1", "round": 1}
    for clerk in ("k1", "k2"):
        when = {"received_utc_ms": 1_790_000_008_000, "scan": "2" * 64, "salt": "3" * 31 + clerk[1]}
        made.add("paper.entered", channel="paper", clerk=clerk, **paper, **when)
    cast(made, "c3", "against", 300, channel="paper", paper="p1")
    made.add("motion.closed", by=_BY, motion="m1", round=1)
    _result(made)
    made.add("result.announced", by=_BY, motion="m1", result=len(made.leaves) - 1, round=1)
    made.add("meeting.closed", by=_BY)
    return made


def endless_draw() -> Made:
    """The meeting with a draw of more places than anybody could compute, and none given; wrong at leaf 3."""
    made, secret = small(), bytes(32)
    told = {"commitment": h(made.alg, b"\2" + secret), "count": 10**12, "pool": "0" * 64, "pool_size": 2**50}
    made.add("draw.committed", **told, draw="d1")
    made.add("draw.revealed", chosen=[], draw="d1", public="03 11 18", secret=secret.hex())
    made.leaves[2:2] = made.leaves[-2:]
    del made.leaves[-2:]
    for leaf in made.leaves[2:4]:
        leaf["utc_ms"] = made.leaves[1]["utc_ms"]
    made.leaves[-2]["result"] += 2
    return made.resealed()


def beginning_hidden() -> bytes:
    """A public edition that hides its first leaf, which names nobody."""
    made = small()
    first, second, *rest = made.export("public").split(b"\n")
    return resigned(b"\n".join([first, canonical({"hash": h(made.alg, b"\0" + second)}), *rest]))


def _result(made: Made) -> None:
    none = (0, 0)
    failed: dict[str, Any] = {"amount_missing_fen": 50, "heads_missing": 1, "passed": False}
    own = division((4, 1200), (1, 200), none, **failed)
    cast_only = division((3, 1000), none, none, amount_missing_fen=50, heads_missing=0, passed=False)
    agree = division((5, 1500), none, (2, 500), amount_missing_fen=0, heads_missing=0, passed=True)
    abstain = division((5, 1500), none, (2, 500), **failed)
    told = [("silent", "voters_only", cast_only), ("silent", "deemed_agree", agree)]
    told += [("silent", "deemed_abstain", abstain), ("secured", "include", own)]
    alternatives = [
        {"divisions": [each], "option": option, "passed": each["passed"], "value": value}
        for option, value, each in told
    ]
    made.add("result", alternatives=alternatives, divisions=[own], motion="m1", next="court", passed=False, round=1)
