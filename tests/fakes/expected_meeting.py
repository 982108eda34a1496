"""What a creditors' meeting may do next, told apart from the product's rules: for each request the code of its
refusal, "" where it is carried out. Of rolls and units it knows those of `small_roll` only."""

from __future__ import annotations

from dataclasses import dataclass, field

from voting.words import Matter

CREDITORS = {
    Matter.ORDINARY: "abcdg",
    Matter.COMMITTEE: "abcdg",
    Matter.MANAGEMENT: "abcdg",
    Matter.DISTRIBUTION: "acdg",
    Matter.COMPOSITION: "acdg",
}
"""Who votes in `all`."""
IN_GROUP = {"ordinary": "ag", "wage": "ad"}
"""Who votes on the plan, by division."""
WITHOUT_VOTE = {("ordinary", "f")}
"""Whose claim in the group gives no vote, by division and creditor."""
VOTED_TWICE = {Matter.DISTRIBUTION, Matter.PLAN}
"""What may come to a second round (65(2), 87(1))."""

Unit = tuple[str, str]
"""Division and creditor."""


@dataclass
class ExpectedRound:
    units: set[Unit]
    final: bool
    closes_utc_ms: int
    state: str = "open"
    failed: tuple[str, ...] = ()
    cast: dict[Unit, int] = field(default_factory=dict)
    """How many ballots each unit has in the log."""
    excluded: set[str] = field(default_factory=set)


@dataclass
class ExpectedMeeting:
    matters: dict[str, Matter]
    frozen: bool = False
    closed: bool = False
    rounds: dict[tuple[str, int], ExpectedRound] = field(default_factory=dict)
    excluded: set[tuple[str, int, str]] = field(default_factory=set)
    mandates: dict[str, list[bool]] = field(default_factory=dict)
    """By principal, whether each of the lawyer's stands."""
    papers: dict[str, list[tuple[str, object]]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    draws: dict[str, str] = field(default_factory=dict)

    def freeze(self) -> str:
        return "meeting-closed" if self.closed else "roll-frozen" if self.frozen else ""

    def open(self, motion: str, number: int) -> str:
        """At a right time, for the right groups."""
        before = self.rounds.get((motion, 2)) or self.rounds.get((motion, 1))
        if self.closed:
            return "meeting-closed"
        if number == 1 and before is not None:
            return "already-open"
        first = self.rounds.get((motion, 1))
        if number == 2 and (
            first is None or first is not before or not first.failed or self.matters[motion] not in VOTED_TWICE
        ):
            return "no-second-round"
        return "" if self.frozen else "no-roll"

    def opened(self, motion: str, number: int, divisions: tuple[str, ...], final: bool, closes_utc_ms: int) -> None:
        matter = self.matters[motion]
        units = {
            (name, who) for name in divisions for who in (IN_GROUP[name] if name != "all" else CREDITORS[matter])
        }
        excluded = {who for named, which, who in self.excluded if (named, which) == (motion, number)}
        self.rounds[motion, number] = ExpectedRound(units, final, closes_utc_ms, excluded=excluded)

    def vote(self, motion: str, number: int, division: str, creditor: str, by_agent: bool) -> str:
        round_ = self.rounds.get((motion, number))
        if round_ is None:
            return "not-open"
        if (unit := self._unit(round_, division, creditor)) != "":
            return unit
        if by_agent:
            given = self.mandates.get(creditor, [])
            if not any(given):
                return "mandate-revoked" if given else "no-mandate"
        if round_.state != "open":
            return "late"
        if creditor in round_.excluded:
            return "excluded"
        return "already-voted" if round_.final and (division, creditor) in round_.cast else ""

    def enter(self, paper: str, clerk: str, motion: str, number: int, division: str, creditor: str) -> str:
        """A paper received before any motion was opened."""
        round_ = self.rounds.get((motion, number))
        if round_ is None:
            return "not-open"
        if (unit := self._unit(round_, division, creditor)) != "":
            return unit
        if paper in self.counted:
            return "paper-counted"
        if any(clerk == each for each, _ in self.papers.get(paper, [])):
            return "same-clerk"
        if round_.state not in {"open", "closed"}:
            return "counted"
        if creditor in round_.excluded:
            return "excluded"
        return "already-voted" if (division, creditor) in round_.cast else ""

    def extend(self, motion: str, number: int, closes_utc_ms: int) -> str:
        found = self._in(motion, number, "open")
        return found or ("" if closes_utc_ms > self.rounds[motion, number].closes_utc_ms else "bad-time")

    def close(self, motion: str, number: int, early: bool, utc_ms: int) -> str:
        if found := self._in(motion, number, "open"):
            return found
        round_ = self.rounds[motion, number]
        everybody = round_.final and round_.units == round_.cast.keys()
        return "" if early or everybody or utc_ms >= round_.closes_utc_ms else "too-early"

    def count(self, motion: str, number: int) -> str:
        return self._in(motion, number, "closed")

    def announce(self, motion: str, number: int) -> str:
        return self._in(motion, number, "tallied")

    def exclude(self, motion: str, number: int, creditor: str) -> str:
        round_ = self.rounds.get((motion, number))
        if self.closed:
            return "meeting-closed"
        if round_ is not None and round_.state != "open":
            return "late-exclusion"
        return "already-excluded" if (motion, number, creditor) in self.excluded else ""

    def end(self) -> str:
        if self.closed:
            return "meeting-closed"
        return "round-open" if any(each.state in {"open", "closed"} for each in self.rounds.values()) else ""

    def _unit(self, round_: ExpectedRound, division: str, creditor: str) -> str:
        divisions = {name for name, _ in round_.units}
        if division not in divisions:
            return "wrong-division"
        if (division, creditor) in round_.units:
            return ""
        if creditor == "nobody":
            return "unknown-creditor"
        return "no-vote" if division == "all" or (division, creditor) in WITHOUT_VOTE else "wrong-division"

    def _in(self, motion: str, number: int, wanted: str) -> str:
        if self.closed:
            return "meeting-closed"
        round_ = self.rounds.get((motion, number))
        if round_ is None or (wanted == "open" and round_.state != "open"):
            return "not-open"
        codes = {"open": "still-open", "closed": "not-counted", "tallied": "counted", "announced": "announced"}
        return "" if round_.state == wanted else codes[round_.state]
