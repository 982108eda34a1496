"""Results counted again from a log's leaves alone, word by word after docs/ballot-log.md, sections 4 to 6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from voting.leaves import AnyLeaf, Ballot, Exclusion, MotionClosed, MotionOpened, PaperEntered, Presence, Result
from voting.outcome import Outcome, count, outcome
from voting.roll_entry import RollEntry
from voting.rules import rule_set
from voting.words import Channel, Choice


def recounted(leaves: Sequence[AnyLeaf], rolls: Mapping[str, Sequence[RollEntry]]) -> dict[int, Outcome]:
    """By the `seq` of each result what it ought to be."""
    return {leaf.seq: _round(leaves, rolls, leaf) for leaf in leaves if isinstance(leaf, Result)}


def _round(leaves: Sequence[AnyLeaf], rolls: Mapping[str, Sequence[RollEntry]], result: Result) -> Outcome:
    of_round = [leaf for leaf in leaves if _key(leaf) == (result.motion, result.round)]
    opened = next(leaf for leaf in of_round if isinstance(leaf, MotionOpened))
    closed = next(leaf for leaf in of_round if isinstance(leaf, MotionClosed))
    received = {leaf.paper: leaf.received_utc_ms for leaf in of_round if isinstance(leaf, PaperEntered)}
    effective: dict[str, dict[str, Choice]] = {}
    for leaf in of_round:
        if not isinstance(leaf, Ballot) or leaf.seq > result.seq:
            continue
        in_time = opened.seq < leaf.seq < closed.seq
        by_post = leaf.channel is Channel.PAPER and received[leaf.paper] <= closed.utc_ms
        assert in_time or by_post, "a ballot that does not count is in no log"
        units = effective.setdefault(leaf.division, {})
        assert opened.options.ballots == "last" or leaf.creditor not in units
        units[leaf.creditor] = leaf.choice
    rule = rule_set("EBL2006+JI3").matters[opened.matter]
    counts = count(
        rule,
        opened.options,
        opened.groups,
        list(rolls[opened.roll]),
        excluded={leaf.creditor for leaf in of_round if isinstance(leaf, Exclusion)},
        ballots=effective,
        signed_in=signed_in(leaves, opened.seq, closed.seq),
    )
    return outcome(rule, opened.options, result.round, counts)


def signed_in(leaves: Iterable[AnyLeaf], opened: int, closed: int) -> set[str]:
    """Who was in just before `opened`, or came in before `closed`."""
    here: set[str] = set()
    for leaf in leaves:
        if leaf.seq >= closed:
            break
        if isinstance(leaf, Presence):
            if leaf.state == "in":
                here.add(leaf.attendee)
            elif leaf.seq < opened:
                here.discard(leaf.attendee)
    return here


def _key(leaf: AnyLeaf) -> tuple[str, int]:
    return getattr(leaf, "motion", ""), getattr(leaf, "round", 0)
