"""The statute's arithmetic on whole meetings, each held against words of the law written down here a second time."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearing.errors import Refused
from tests.fakes.made_ballot_log import Made
from tests.fakes.meeting_driver import Driver
from tests.fakes.random_meetings import RandomMeeting, random_meeting
from tests.fakes.recounted import signed_in
from tests.fakes.small_roll import ROLL, entry
from voting import requests as rq
from voting.leaves import Ballot, Deemed, MotionClosed, MotionOpened, Options, Result, leaf_bytes
from voting.meeting import Meeting
from voting.outcome import outcome
from voting.roll import Roll
from voting.roll_entry import RollEntry
from voting.verify import report, verify_bytes
from voting.words import ALL, MAX_FEN, Ballots, Base, Choice, Group, Matter, Silent, Standing

pytestmark = pytest.mark.unit

meetings = st.integers(0, 10**9).map(random_meeting)
CAST = (Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN)


def voted(
    roll: Sequence[RollEntry],
    matter: Matter,
    ballots: Mapping[tuple[str, str], Choice],
    *,
    groups: tuple[Group, ...] = (),
    options: Options | None = None,
    here: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> tuple[Driver, Result]:
    """One round from its opening to its result; who has no vote is refused, and that is all."""
    driver = Driver()
    driver.freeze(roll)
    for attendee in here:
        driver.attend(attendee)
    driver.two(
        rq.OpenMotion(
            closes_utc_ms=driver.utc_ms + 60_000,
            groups=groups,
            matter=matter,
            motion="m1",
            options=options or Options(),
            roll="roll-1",
            title="表决事项",
        )
    )
    for (division, creditor), choice in ballots.items():
        driver.attempt(driver.ballot(creditor, choice, division=division))
    for creditor in excluded:
        driver.do(rq.Exclude(court_ref="决定2", creditor=creditor, motion="m1", round=1, salt=driver.salt()))
    driver.two(rq.CloseMotion(early=True, motion="m1", round=1))
    result = driver.do(rq.CountRound(motion="m1", round=1))[-1]
    assert isinstance(result, Result)
    return driver, result


def exported(driver: Driver) -> bytes:
    """The court's edition."""
    made = Made("sha256", driver.id)
    made.leaves = [json.loads(leaf_bytes(leaf)) for leaf in driver.leaves]
    made.rolls = {roll: [msgspec.to_builtins(each) for each in rows] for roll, rows in driver.rolls.items()}
    return made.export()


def verified(driver: Driver) -> list[dict[str, object]]:
    """The results as the standalone verifier counts them from the exported log."""
    found = verify_bytes(exported(driver))
    assert found["wrong"] == []
    return list(found["results"])


@given(meetings)
@settings(max_examples=60)
def test_who_is_not_counted_as_present_was_absent(held: RandomMeeting) -> None:
    for result in held.leaves:
        if not isinstance(result, Result):
            continue
        key = (result.motion, result.round)
        mine = [leaf for leaf in held.leaves[: result.seq] if (_motion(leaf), getattr(leaf, "round", 0)) == key]
        opened = next(leaf for leaf in mine if isinstance(leaf, MotionOpened))
        closed = next(leaf for leaf in mine if isinstance(leaf, MotionClosed))
        if opened.options.silent in {Silent.DEEMED_AGREE, Silent.DEEMED_ABSTAIN}:
            assert all(each.present == each.total for each in result.divisions)
            continue
        came = signed_in(held.leaves, opened.seq, closed.seq)
        meeting = replay(held, held.leaves)
        for each in result.divisions:
            cast = {leaf.creditor for leaf in mine if isinstance(leaf, Ballot) and leaf.division == each.division}
            counted = cast | (came if opened.options.silent is Silent.SIGNED_IN else set())
            round_ = meeting.rounds[key]
            if round_.excluded:
                continue
            units = round_.divisions[each.division].units
            absent = [unit for name, unit in units.items() if name not in counted]
            assert each.present.heads + len(absent) == each.total.heads
            assert each.present.amount_fen + sum(unit.amount_fen for unit in absent) == each.total.amount_fen


@given(meetings, st.data())
@settings(max_examples=60)
def test_a_ballot_turned_into_agreement_never_makes_a_pass_fail(held: RandomMeeting, data: st.DataObject) -> None:
    ballots = [leaf.seq for leaf in held.leaves if isinstance(leaf, Ballot) and not leaf.paper]
    if not ballots:
        return
    place = data.draw(st.sampled_from(ballots))
    leaves = list(held.leaves)
    turned = leaves[place]
    leaves[place] = msgspec.structs.replace(turned, choice=Choice.AGREE)
    assert isinstance(turned, Ballot)
    before = replay(held, held.leaves).rounds[turned.motion, turned.round]
    after = replay(held, leaves).rounds[turned.motion, turned.round]
    for silent in Silent:
        options = msgspec.structs.replace(before.options, silent=silent)
        was = outcome(before.rule, options, 1, before.counts())
        now = outcome(after.rule, options, 1, after.counts())
        assert now.passed or not was.passed
        for one, other in zip(was.divisions, now.divisions, strict=True):
            assert other.passed or not one.passed


def replay(held: RandomMeeting, leaves: Sequence[object]) -> Meeting:
    meeting = Meeting()
    for roll, entries in held.rolls.items():
        meeting.know(Roll(held.alg, roll, entries))
    for leaf in leaves:
        meeting.apply(leaf)  # type: ignore[arg-type]
    return meeting


def test_one_more_who_comes_and_votes_against_can_turn_a_pass_by_heads() -> None:
    roll = [entry("a", Group.ORDINARY, 90), entry("b", Group.ORDINARY, 1)]
    alone = {(ALL, "a"): Choice.AGREE}
    for silent in (Silent.SIGNED_IN, Silent.VOTERS_ONLY):
        _, before = voted(roll, Matter.ORDINARY, alone, options=Options(silent=silent))
        _, after = voted(roll, Matter.ORDINARY, alone | {(ALL, "b"): Choice.AGAINST}, options=Options(silent=silent))
        assert (before.passed, after.passed) == (True, False)


SHARES = [
    (Matter.ORDINARY, 1, 2),
    (Matter.COMMITTEE, 1, 2),
    (Matter.MANAGEMENT, 1, 2),
    (Matter.DISTRIBUTION, 1, 2),
    (Matter.COMPOSITION, 2, 3),
    (Matter.PLAN, 2, 3),
]


@pytest.mark.parametrize(("matter", "num", "den"), SHARES)
@given(part=st.integers(2, MAX_FEN // 2))
@settings(max_examples=6)
def test_a_tie_of_amounts_passes_and_a_fen_less_fails_everywhere(
    matter: Matter, num: int, den: int, part: int
) -> None:
    groups = (Group.ORDINARY,) if matter is Matter.PLAN else ()
    division = "ordinary" if groups else ALL
    for less in (0, 1):
        roll = [entry("a", Group.ORDINARY, num * part - 1 - less), entry("b", Group.ORDINARY, 1)]
        roll += [entry("c", Group.ORDINARY, (den - num) * part + less)]
        ballots = {(division, "a"): Choice.AGREE, (division, "b"): Choice.AGREE, (division, "c"): Choice.AGAINST}
        driver, result = voted(roll, matter, ballots, groups=groups)
        assert (result.passed, result.divisions[0].amount_missing_fen) == (not less, less)
        assert result.divisions[0].total.amount_fen == den * part
        assert verified(driver)[0]["passed"] == result.passed


@pytest.mark.parametrize("matter", list(Matter))
@given(pairs=st.integers(1, 4))
@settings(max_examples=4)
def test_a_tie_of_heads_fails_and_one_head_more_passes_everywhere(matter: Matter, pairs: int) -> None:
    groups = (Group.ORDINARY,) if matter is Matter.PLAN else ()
    division = "ordinary" if groups else ALL
    for more in (0, 1):
        agree, against = pairs + more, pairs
        roll = [entry(f"a{n}", Group.ORDINARY, 100) for n in range(agree)]
        roll += [entry(f"b{n}", Group.ORDINARY, 1) for n in range(against)]
        ballots = {
            (division, each.creditor): Choice.AGREE if each.creditor[0] == "a" else Choice.AGAINST for each in roll
        }
        driver, result = voted(roll, matter, ballots, groups=groups)
        assert (result.passed, result.divisions[0].heads_missing) == (bool(more), 1 - more)
        assert verified(driver)[0]["passed"] == result.passed


BARRED = {
    Matter.ORDINARY: "ef",
    Matter.COMMITTEE: "ef",
    Matter.MANAGEMENT: "ef",
    Matter.DISTRIBUTION: "bef",
    Matter.COMPOSITION: "bef",
    Matter.PLAN: "bcdef",
}
"""Who of the small roll has no vote: investors, who has no provisional amount, who is secured in full; on the plan of
the ordinary group, whoever is not in it."""


@given(st.sampled_from(Matter), st.data(), st.sampled_from(Silent))
@settings(max_examples=80)
def test_who_is_barred_or_excluded_changes_nothing(matter: Matter, data: st.DataObject, silent: Silent) -> None:
    groups = (Group.ORDINARY,) if matter is Matter.PLAN else ()
    division = "ordinary" if groups else ALL
    reference = "决定1" if silent in {Silent.DEEMED_AGREE, Silent.DEEMED_ABSTAIN} else ""
    options = Options(silent=silent, court_ref=reference, resolution=reference)
    ballots = {(division, who): data.draw(st.sampled_from(CAST)) for who in "abcdefg" if data.draw(st.booleans())}
    here = [who for who in "abcdefg" if data.draw(st.booleans())]
    excluded = [who for who in "ac" if data.draw(st.booleans())]
    gone = {*BARRED[matter], *excluded}
    rest = [each for each in ROLL if each.creditor not in gone]
    _, whole = voted(ROLL, matter, ballots, groups=groups, options=options, here=here, excluded=excluded)
    _, without = voted(
        rest,
        matter,
        {key: choice for key, choice in ballots.items() if key[1] not in gone},
        groups=groups,
        options=options,
        here=[who for who in here if who not in gone],
    )
    assert whole.divisions == without.divisions
    assert (whole.passed, whole.next) == (without.passed, without.next)


@given(st.data(), st.sampled_from(Base))
@settings(max_examples=60)
def test_a_plan_passes_iff_each_of_its_groups_does(data: st.DataObject, base: Base) -> None:
    groups = tuple(sorted(data.draw(st.sets(st.sampled_from(Group), min_size=1, max_size=4))))
    roll = [
        entry(f"c{number}", group, data.draw(st.integers(1, 5)))
        for number in range(4)
        for group in sorted(groups)
        if number == 0 or data.draw(st.booleans())
    ]
    likely = [Choice.AGREE, Choice.AGREE, Choice.AGREE, Choice.AGAINST]
    ballots = {(each.group.value, each.creditor): data.draw(st.sampled_from(likely)) for each in roll}
    driver, result = voted(roll, Matter.PLAN, ballots, groups=groups, options=Options(equity_base=base))
    passing = []
    for group in groups:
        mine = [each for each in roll if each.group is group]
        agreeing = [each for each in mine if ballots[group.value, each.creditor] is Choice.AGREE]
        amount_fen, agreed_fen = (sum(each.amount_fen for each in some) for some in (mine, agreeing))
        heads = len(agreeing) > 0 if group is Group.EQUITY else 2 * len(agreeing) > len(mine)
        passing.append(heads and 3 * agreed_fen >= 2 * amount_fen)
    assert [each.passed for each in result.divisions] == passing
    assert result.passed == all(passing)
    failed = tuple(group for group, passed in zip(groups, passing, strict=True) if not passed)
    again = rq.OpenMotion(
        closes_utc_ms=driver.utc_ms + 60_000,
        groups=failed or groups,
        matter=Matter.PLAN,
        motion="m1",
        roll="roll-1",
        round=2,
        title="再次表决",
    )
    assert bool(driver.attempt(rq.ByTwo(act=again, by=("chair", "judge")))) == (not result.passed)


@given(st.sampled_from(Silent), st.booleans(), st.booleans(), st.sampled_from((Matter.ORDINARY, Matter.COMPOSITION)))
def test_deeming_needs_the_court_and_the_resolution_and_nothing_else_may_name_them(
    silent: Silent, court: bool, resolution: bool, matter: Matter
) -> None:
    deemed = silent in {Silent.DEEMED_AGREE, Silent.DEEMED_ABSTAIN}
    options = Options(
        silent=silent, court_ref="决定1" if court else "", resolution="第一次会议决议" if resolution else ""
    )
    if deemed != court or deemed != resolution:
        with pytest.raises(Refused):
            voted(ROLL, matter, {}, options=options)
        return
    driver, result = voted(ROLL, matter, {(ALL, "a"): Choice.AGREE}, options=options)
    assert [isinstance(leaf, Deemed) for leaf in driver.leaves[-2:]] == [deemed, False]
    assert (result.divisions[0].deemed.heads > 0) == deemed
    assert result.divisions[0].agree.heads == 1


def test_what_was_deemed_stands_apart_in_the_verifiers_words() -> None:
    options = Options(silent=Silent.DEEMED_AGREE, court_ref="决定1", resolution="第一次会议决议")
    driver, _ = voted(ROLL, Matter.ORDINARY, {(ALL, "a"): Choice.AGREE}, options=options)
    said = io.StringIO()
    report(verify_bytes(exported(driver)), said)
    assert "同意 agree 1 / 出席 present 5; 107 / 268 fen\n      视为表决 deemed 4, 161 fen\n" in said.getvalue()


@given(st.permutations(range(10)), st.data())
@settings(max_examples=40)
def test_where_the_last_ballot_counts_only_each_ones_own_order_matters(order: list[int], data: st.DataObject) -> None:
    cast = [(data.draw(st.sampled_from("acdg")), data.draw(st.sampled_from(CAST))) for _ in order]
    moved = [cast[place] for place in order]
    for who in "acdg":
        own = iter([each for each in cast if each[0] == who])
        moved = [next(own) if each[0] == who else each for each in moved]
    results = []
    for ballots in (cast, moved):
        driver = Driver()
        driver.freeze(ROLL)
        closes = driver.utc_ms + 60_000
        options = Options(ballots=Ballots.LAST)
        matter = Matter.DISTRIBUTION
        driver.two(
            rq.OpenMotion(
                closes_utc_ms=closes, matter=matter, motion="m1", options=options, roll="roll-1", title="方案"
            )
        )
        for who, choice in ballots:
            driver.do(driver.ballot(who, choice))
        driver.two(rq.CloseMotion(early=True, motion="m1", round=1))
        results.append(driver.do(rq.CountRound(motion="m1", round=1))[-1])
    assert results[0].divisions == results[1].divisions
    last = dict(cast)
    assert results[0].divisions[0].agree.heads == sum(choice is Choice.AGREE for choice in last.values())


def _motion(leaf: object) -> str:
    return str(getattr(leaf, "motion", ""))


def test_the_small_roll_is_what_the_table_of_barred_says() -> None:
    assert {each.creditor for each in ROLL if each.kind is Standing.NONE} == {"f"}
