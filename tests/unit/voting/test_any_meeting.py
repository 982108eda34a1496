"""Whatever happens in a meeting: what was counted as it went on is what a recount of the log finds."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.meeting_driver import Driver
from tests.fakes.random_meetings import RandomMeeting, random_meeting
from tests.fakes.recounted import recounted
from voting.leaves import AnyLeaf, Ballot, Deemed, MotionOpened, Result, leaf_bytes, read_leaf
from voting.meeting import Meeting
from voting.outcome import outcome
from voting.roll import Roll
from voting.words import Silent

pytestmark = pytest.mark.unit

meetings = st.integers(0, 10**9).map(random_meeting)


def replay(held: RandomMeeting, leaves: list[AnyLeaf]) -> Meeting:
    meeting = Meeting()
    for roll, entries in held.rolls.items():
        meeting.know(Roll(held.alg, roll, entries))
    for leaf in leaves:
        meeting.apply(leaf)
    return meeting


@given(meetings)
@settings(max_examples=150, deadline=None)
def test_a_result_is_what_a_recount_of_the_log_gives(held: RandomMeeting) -> None:
    found = recounted(held.leaves, held.rolls)
    for leaf in held.leaves:
        if isinstance(leaf, Result):
            again = found[leaf.seq]
            assert (leaf.divisions, leaf.alternatives) == (again.divisions, again.alternatives)
            assert (leaf.passed, leaf.next) == (again.passed, again.next)


@given(meetings)
@settings(max_examples=60, deadline=None)
def test_a_replay_from_bytes_counts_the_same(held: RandomMeeting) -> None:
    meeting = replay(held, [read_leaf(leaf_bytes(leaf)) for leaf in held.leaves])
    for leaf in held.leaves:
        if isinstance(leaf, Result):
            round_ = meeting.rounds[leaf.motion, leaf.round]
            assert outcome(round_.rule, round_.options, leaf.round, round_.counts()).divisions == leaf.divisions
    assert meeting.size == len(held.leaves)


@given(meetings)
@settings(max_examples=100, deadline=None)
def test_every_head_and_fen_of_a_division_is_somewhere(held: RandomMeeting) -> None:
    for leaf in held.leaves:
        if not isinstance(leaf, Result):
            continue
        for each in (*leaf.divisions, *(one for other in leaf.alternatives for one in other.divisions)):
            parts = (each.agree, each.against, each.abstain, each.invalid, each.silent, each.deemed)
            assert sum(part.heads for part in parts) == each.present.heads <= each.total.heads
            assert sum(part.amount_fen for part in parts) == each.present.amount_fen <= each.total.amount_fen
            assert min(part.heads for part in parts) >= 0
        assert leaf.passed == all(each.passed for each in leaf.divisions)


@given(meetings)
@settings(max_examples=100, deadline=None)
def test_ballots_are_deemed_iff_the_option_and_the_court_say_so(held: RandomMeeting) -> None:
    options = {(each.motion, each.round): each.options for each in held.leaves if isinstance(each, MotionOpened)}
    for before, leaf in zip(held.leaves, held.leaves[1:], strict=False):
        if not isinstance(leaf, Result):
            continue
        chosen = options[leaf.motion, leaf.round]
        deemed = chosen.silent in {Silent.DEEMED_AGREE, Silent.DEEMED_ABSTAIN}
        assert deemed == bool(chosen.court_ref) == bool(chosen.resolution) == isinstance(before, Deemed)
        if isinstance(before, Deemed):
            said = [(each.division, each.amount_fen, each.heads) for each in before.divisions]
            assert said == [(one.division, one.deemed.amount_fen, one.deemed.heads) for one in leaf.divisions]
        else:
            assert not any(each.deemed.heads for each in leaf.divisions)


@given(meetings, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_ballots_between_opening_and_closing_changes_nothing(held: RandomMeeting, rng: Random) -> None:
    finals = {
        (each.motion, each.round)
        for each in held.leaves
        if isinstance(each, MotionOpened) and each.options.ballots == "final"
    }
    # Ballots change places with each other only; paper stays after its entries.
    places = [
        place
        for place, leaf in enumerate(held.leaves)
        if isinstance(leaf, Ballot) and not leaf.paper and (leaf.motion, leaf.round) in finals
    ]
    for key in finals:
        mine = [place for place in places if (held.leaves[place].motion, held.leaves[place].round) == key]
        shuffled = list(mine)
        rng.shuffle(shuffled)
        leaves = list(held.leaves)
        for place, source in zip(mine, shuffled, strict=True):
            at = held.leaves[place]
            leaves[place] = msgspec.structs.replace(held.leaves[source], seq=at.seq, utc_ms=at.utc_ms)
        meeting = replay(held, leaves)
        round_ = meeting.rounds[key]
        if round_.result is not None:
            again = outcome(round_.rule, round_.options, key[1], round_.counts())
            assert again.divisions == round_.result.divisions


def test_a_leaf_out_of_its_place_is_not_applied() -> None:
    driver = Driver()
    with pytest.raises(ValueError, match="does not follow"):
        driver.meeting.apply(driver.leaves[0])
