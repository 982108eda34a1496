"""Units, ballots that count, and the result (sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from voting.verify.words import CHOICES, CONTRACTUAL, MATTERS, SILENT


def units_of(
    entries: Sequence[dict[str, Any]],
    division: str,
    matter: str,
    options: dict[str, Any],
    excluded: Iterable[str] = (),
) -> dict[str, int]:
    """Who may vote in a division (4): unit -> amount_fen. Blocs are named `bloc:` and the group."""
    blocs = {bloc["group"]: "bloc:" + bloc["group"] for bloc in options["bloc"]}
    whole = matter == "plan" or (options["secured"] == "include" and matter not in CONTRACTUAL)
    units: dict[str, int] = {}
    for entry in entries:
        group, creditor = entry["group"], entry["creditor"]
        if (group != division if matter == "plan" else group == "equity") or entry["kind"] == "none":
            continue
        if creditor in excluded:
            continue
        unit = blocs.get(group, creditor)
        units[unit] = units.get(unit, 0) + entry["amount_fen"] - (0 if whole else entry["secured_fen"])
    return {unit: amount for unit, amount in units.items() if amount} if matter in CONTRACTUAL else units


def decide(
    division: str, matter: str, options: dict[str, Any], silent: str, sums: dict[str, tuple[int, int]]
) -> dict[str, Any]:
    """One division of a result (6). `sums`: (heads, amount_fen) of the four choices, and of the units without a
    ballot that were `here` and that were `away`."""

    def plus(*names: str) -> tuple[int, int]:
        return sum(sums[name][0] for name in names), sum(sums[name][1] for name in names)

    total, cast, nobody = plus(*CHOICES, "here", "away"), plus(*CHOICES), (0, 0)
    shown = {name: sums[name] for name in CHOICES}
    shown.update(silent=nobody, deemed=nobody, present=cast, total=total)
    if silent == "signed_in":
        shown.update(silent=sums["here"], present=plus(*CHOICES, "here"))
    elif silent != "voters_only":
        shown.update(deemed=plus("here", "away"), present=total)
    heads, amount_fen = shown["agree"]
    if silent == "deemed_agree":
        heads, amount_fen = heads + shown["deemed"][0], amount_fen + shown["deemed"][1]
    base_fen = total[1]
    if division == "equity":
        base_fen = total[1] if options["equity_base"] == "total" else shown["present"][1]
        heads_missing = 0 if heads else 1
    else:
        heads_missing = max(0, shown["present"][0] // 2 + 1 - heads)
    part, whole = MATTERS[matter][0]
    amount_missing = max(0, -(-part * base_fen // whole) - amount_fen)
    told: dict[str, Any] = {name: {"amount_fen": fen, "heads": count} for name, (count, fen) in shown.items()}
    told.update(amount_missing_fen=amount_missing, division=division, heads_missing=heads_missing)
    told["passed"] = not heads_missing and not amount_missing and total[0] > 0
    return told


class Round:
    """One round of a motion, from its opening."""

    def __init__(self, leaf: dict[str, Any], entries: Sequence[dict[str, Any]], attending: Iterable[str]) -> None:
        self.leaf = leaf
        self.motion, self.number, self.matter = leaf["motion"], leaf["round"], leaf["matter"]
        self.options = leaf["options"]
        self.entries = entries
        self.divisions: list[str] = leaf["groups"] if self.matter == "plan" else ["all"]
        self.closes_utc_ms = leaf["closes_utc_ms"]
        self.representatives = {"bloc:" + bloc["group"]: bloc["representative"] for bloc in self.options["bloc"]}
        self.attended = set(attending)
        self.units = {division: units_of(entries, division, self.matter, self.options) for division in self.divisions}
        self.ballots: dict[str, dict[str, str]] = {division: {} for division in self.divisions}
        self.excluded: set[str] = set()
        self.closed: dict[str, Any] | None = None
        self.deemed: dict[str, Any] | None = None
        self.result: dict[str, Any] | None = None
        self.announced = False

    def follows(self, passed: bool) -> str:
        """`next` of the result."""
        _, first, second = MATTERS[self.matter]
        return "final" if passed else first if self.number == 1 else second

    def recount(self) -> dict[str, Any]:
        """divisions, passed, next and alternatives as section 6 has them."""
        own = self.options["silent"]
        sums = self._sums(self.options, self.excluded)
        by_silent = {silent: self._decided(self.options, silent, sums) for silent in SILENT}
        alternatives = [("silent", silent, by_silent[silent]) for silent in SILENT if silent != own]
        if self.matter not in ("plan", *CONTRACTUAL):
            for secured in ("exclude", "include"):
                if secured != self.options["secured"]:
                    options = dict(self.options, secured=secured)
                    told = self._decided(options, own, self._sums(options, self.excluded))
                    alternatives.append(("secured", secured, told))
        if self.excluded:
            told = self._decided(self.options, own, self._sums(self.options, set()))
            alternatives.append(("exclusions", "none", told))
        passed = all_pass(by_silent[own])
        return {
            "alternatives": [
                {"divisions": divisions, "option": option, "passed": all_pass(divisions), "value": value}
                for option, value, divisions in alternatives
            ],
            "divisions": by_silent[own],
            "next": self.follows(passed),
            "passed": passed,
        }

    def _decided(
        self, options: dict[str, Any], silent: str, sums: dict[str, dict[str, tuple[int, int]]]
    ) -> list[dict[str, Any]]:
        return [decide(division, self.matter, options, silent, sums[division]) for division in self.divisions]

    def _sums(self, options: dict[str, Any], excluded: set[str]) -> dict[str, dict[str, tuple[int, int]]]:
        return {division: self._sum(division, options, excluded) for division in self.divisions}

    def _sum(self, division: str, options: dict[str, Any], excluded: set[str]) -> dict[str, tuple[int, int]]:
        ballots = self.ballots[division]
        heads = dict.fromkeys((*CHOICES, "here", "away"), 0)
        amount_fen = dict(heads)
        for unit, amount in units_of(self.entries, division, self.matter, options, excluded).items():
            kind = ballots.get(unit) or ("here" if unit in self.attended else "away")
            heads[kind] += 1
            amount_fen[kind] += amount
        return {kind: (heads[kind], amount_fen[kind]) for kind in heads}


def all_pass(divisions: Iterable[dict[str, Any]]) -> bool:
    """Whether a result passes: each division has to."""
    return all(division["passed"] for division in divisions)
