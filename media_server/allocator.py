"""Divide what a viewer's network carries among the videos he wants. Pure: time is passed in, microseconds.

Claims are served by rank; within a rank everybody gets the smallest picture, with all its frames, before anybody gets
a larger one. What does not fit is paused, the least important first. The way down is immediate. The way up needs
`MARGIN` on top of the cost, and after each drop a time of holding down in which the whole may not grow over the
budget that forced the drop: the longer, the more often growing failed. (Users of other servers complain of five or
six changes of quality a minute.)
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from media_server.layers import Place, Rank, levels

MARGIN = 1.15
"""A rung that is not sent yet must fit with its cost times this."""
LAST_SHARE = 0.6
"""The most important video stays, at its lowest rung, until the budget falls below this share of its cost."""
HOLD_US = 3_000_000
"""Holding down after a drop; doubled when the drop came within `TRIAL_US` after growing."""
HOLD_MOST_US = 48_000_000
TRIAL_US = 10_000_000
FORGIVEN_US = 30_000_000
"""When growing went well for so long the next drop counts as the first."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One video. `rates_bps`: cost of each rung that may be given, lowest first, never falling; at least one.
    `places` says which rungs those are; without it they are encodings that keep their numbers."""

    key: str
    rank: Rank
    rates_bps: tuple[int, ...]
    places: tuple[Place, ...] = ()

    def place(self, index: int) -> Place:
        """Which rung this is."""
        return self.places[index] if self.places else Place(str(index))

    def steps(self) -> list[tuple[int, int]]:
        """Of each rung: the size of its picture, counted from the lowest, and its number within that size."""
        level = levels(self.place(index) for index in range(len(self.rates_bps)))
        return [(size, index - level.index(size)) for index, size in enumerate(level)]


class Allocator:
    """One viewer's. Remembers what it gave and how trying for more ended."""

    def __init__(self) -> None:
        self._had: dict[str, tuple[Place, int]] = {}
        """What was given last, and its cost then."""
        self._hold_us = HOLD_US
        self._held_until_us = 0
        self._ceiling_bps = 0
        self.grew_us: int | None = None
        """When the newest decision was to send more, None after a drop."""
        self._dropped = False

    def decide(
        self, claims: Sequence[Claim], budget_bps: int, now_us: int, grow_bps: int | None = None
    ) -> Mapping[str, int]:
        """Index into `rates_bps` for every claim that is sent; a claim that is not in the answer is paused.

        `claims` in order of importance within their rank. Only the first claim of all may cost more than the budget,
        and only alone and at its lowest rung. With the same claims and budget the answer comes to rest. `grow_bps`:
        up to where more than before may be given, where that is less than the budget.
        """
        ordered = sorted(claims, key=lambda claim: claim.rank)
        before = {claim.key: _same(claim, *self._had[claim.key]) for claim in ordered if claim.key in self._had}
        cost = cost_bps(ordered, before)
        # One video alone at its lowest rung cannot be made smaller: it says nothing of a failed try.
        if cost > budget_bps and (len(before) > 1 or any(before.values())):
            self._note_drop(budget_bps, now_us)
        grow_bps = budget_bps if grow_bps is None else min(grow_bps, budget_bps)
        if now_us < self._held_until_us:
            grow_bps = min(grow_bps, self._ceiling_bps)
        given = fill(ordered, budget_bps, before, grow_bps)
        if cost_bps(ordered, given) > cost:
            self.grew_us = now_us
        self._had = {
            claim.key: (claim.place(given[claim.key]), claim.rates_bps[given[claim.key]])
            for claim in ordered
            if claim.key in given
        }
        return given

    def _note_drop(self, budget_bps: int, now_us: int) -> None:
        stood_us = None if self.grew_us is None else now_us - self.grew_us
        if stood_us is not None and stood_us > FORGIVEN_US:
            self._hold_us = HOLD_US
        elif stood_us is not None and stood_us < TRIAL_US and self._dropped:
            self._hold_us = min(HOLD_MOST_US, 2 * self._hold_us)
        self.grew_us = None
        self._dropped = True
        self._held_until_us = now_us + self._hold_us
        self._ceiling_bps = budget_bps


def _same(claim: Claim, place: Place, rate_bps: int) -> int:
    """The rung that was given before; where it is there no more, the highest that costs no more than it did."""
    same = next((index for index in range(len(claim.rates_bps)) if claim.place(index) == place), None)
    if same is not None:
        return same
    return max((index for index, rate in enumerate(claim.rates_bps) if rate <= rate_bps), default=0)


def cost_bps(claims: Sequence[Claim], given: Mapping[str, int]) -> int:
    """What these rungs cost together."""
    return sum(claim.rates_bps[given[claim.key]] for claim in claims if claim.key in given)


def fill(ordered: Sequence[Claim], budget_bps: int, before: Mapping[str, int], grow_bps: int) -> dict[str, int]:
    """The rungs that fit, most important first; `before` need no margin, others must fit `grow_bps` with theirs.
    `ordered` by rank."""
    given: dict[str, int] = {}
    used = 0
    for _, group in itertools.groupby(ordered, key=lambda claim: claim.rank):
        peers = [(claim, claim.steps()) for claim in group]
        for step in sorted({step for _, steps in peers for step in steps}):
            for claim, steps in peers:
                rung = given.get(claim.key, -1) + 1
                if rung >= len(steps) or steps[rung] != step:
                    continue
                more = claim.rates_bps[rung] - (claim.rates_bps[rung - 1] if rung else 0)
                if before.get(claim.key, -1) >= rung:
                    fits = used + more <= budget_bps
                else:
                    fits = used + more * MARGIN <= grow_bps
                if fits or (claim is ordered[0] and not rung and more * LAST_SHARE <= budget_bps):
                    given[claim.key] = rung
                    used += more
    return given
