"""What follows from the sums that a result tells (sections 5 and 9)."""

from __future__ import annotations

from typing import Any

from voting.verify.count import Round, all_pass, decide
from voting.verify.faults import wrong_leaf
from voting.verify.words import CHOICES, CONTRACTUAL, SILENT


def followed(round_: Round, leaf: dict[str, Any]) -> dict[str, Any]:
    """What follows from the sums that a result tells, where the ballots are not told (the `public` edition)."""

    def again(divisions: list[dict[str, Any]], silent: str) -> list[dict[str, Any]]:
        if [d["division"] for d in divisions] != round_.divisions:
            raise wrong_leaf(leaf["seq"], "结果的组与表决不符", "the divisions are not those of the round")
        return [_again(division, round_, silent) for division in divisions]

    own, options = round_.options["silent"], round_.options
    alternatives = []
    for told in leaf["alternatives"]:
        silent = told["value"] if told["option"] == "silent" else own
        if silent not in SILENT:
            raise wrong_leaf(
                leaf["seq"], "备选结果的选项有误", "an alternative has a value that its option does not have"
            )
        divisions = again(told["divisions"], silent)
        alternatives.append(dict(told, divisions=divisions, passed=all_pass(divisions)))
    due = [("silent", silent) for silent in SILENT if silent != own]
    if round_.matter not in ("plan", *CONTRACTUAL):
        due += [("secured", value) for value in ("exclude", "include") if value != options["secured"]]
    told_of = [(told["option"], told["value"]) for told in leaf["alternatives"]]
    # Whether there were exclusions is hidden.
    if told_of not in (due, [*due, ("exclusions", "none")]):
        raise wrong_leaf(leaf["seq"], "备选结果不全", "the alternatives are not those that section 6 asks for")
    divisions = again(leaf["divisions"], own)
    passed = all_pass(divisions)
    return {"alternatives": alternatives, "divisions": divisions, "next": round_.follows(passed), "passed": passed}


def _again(told: dict[str, Any], round_: Round, silent: str) -> dict[str, Any]:
    sums = {name: (told[name]["heads"], told[name]["amount_fen"]) for name in (*CHOICES, "silent", "deemed", "total")}
    here = sums.pop("silent") if silent == "signed_in" else sums.pop("deemed")
    if silent in ("signed_in", "voters_only"):
        here = here if silent == "signed_in" else (0, 0)
        total = sums.pop("total")
        known = [*(sums[name] for name in CHOICES), here]
        away = tuple(total[i] - sum(pair[i] for pair in known) for i in (0, 1))
    else:
        away = (0, 0)
    sums.update(here=here, away=(max(0, away[0]), max(0, away[1])))
    return decide(told["division"], round_.matter, round_.options, silent, sums)
