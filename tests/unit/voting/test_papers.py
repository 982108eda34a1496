"""Paper counts iff two different clerks keyed in the same, by the time at which it was received."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import Refused
from tests.fakes.meeting_driver import Driver
from tests.unit.voting.test_ballots import close, opened, refusal
from voting import requests as rq
from voting.leaves import Ballot, Bloc, Options
from voting.refusals import AlreadyVoted, LateBallot
from voting.words import Ballots, Channel, Choice, Group

pytestmark = pytest.mark.unit


def keyed(driver: Driver, clerk: str, choice: Choice = Choice.AGREE, **changes: object) -> rq.EnterPaper:
    entry = rq.EnterPaper(
        ballot_salt=driver.salt(),
        channel=Channel.PAPER,
        choice=choice,
        clerk=clerk,
        creditor="a",
        division="all",
        motion="m1",
        paper="p1",
        received_utc_ms=driver.meeting.last_utc_ms,
        round=1,
        salt=driver.salt(),
        scan="cd" * 32,
    )
    return msgspec.structs.replace(entry, **changes)


def test_two_clerks_who_agree_make_the_ballot_with_the_second_entry() -> None:
    driver = opened()
    received = driver.utc_ms
    driver.do(keyed(driver, "one", received_utc_ms=received))
    entered, ballot = driver.do(keyed(driver, "two", received_utc_ms=received))
    assert isinstance(ballot, Ballot)
    assert (ballot.seq, ballot.actor, ballot.paper, ballot.channel) == (entered.seq + 1, "a", "p1", Channel.PAPER)
    assert refusal(driver, keyed(driver, "three", received_utc_ms=received)) == "paper-counted"
    assert close(driver).divisions[0].agree.heads == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.sampled_from(Choice), st.sampled_from((0, 1))), min_size=1, max_size=7
    )
)
def test_a_paper_counts_iff_two_different_clerks_agree(entries: list[tuple[str, Choice, int]]) -> None:
    driver = opened()
    received = driver.utc_ms
    driver.utc_ms += 10_000
    seen: dict[str, tuple[Choice, int]] = {}
    counted = None
    for clerk, choice, late in entries:
        request = keyed(driver, clerk, choice, received_utc_ms=received + late)
        if counted is not None:
            assert refusal(driver, request) == "paper-counted"
        elif clerk in seen:
            assert refusal(driver, request) == "same-clerk"
        else:
            leaves = driver.do(request)
            counted = choice if (choice, late) in seen.values() else None
            assert len(leaves) == (1 if counted is None else 2)
            seen[clerk] = (choice, late)
    (division,) = close(driver).divisions
    heads = {choice: getattr(division, choice.value).heads for choice in Choice}
    assert heads == {choice: int(choice is counted) for choice in Choice}


def test_clerks_who_differ_need_a_third() -> None:
    driver = opened()
    received = driver.utc_ms
    driver.do(keyed(driver, "one", Choice.AGREE, received_utc_ms=received))
    driver.do(keyed(driver, "two", Choice.INVALID, received_utc_ms=received))
    _, ballot = driver.do(keyed(driver, "three", Choice.INVALID, received_utc_ms=received))
    assert isinstance(ballot, Ballot)
    assert ballot.choice is Choice.INVALID


def test_paper_received_in_time_counts_until_the_result_and_later_paper_is_late() -> None:
    driver = opened()
    driver.utc_ms += 5_000
    driver.two(rq.CloseMotion(early=True, motion="m1", round=1))
    closed = driver.leaves[-1].utc_ms
    driver.utc_ms += 5_000
    with pytest.raises(LateBallot):
        driver.do(keyed(driver, "one", received_utc_ms=closed + 1))
    for clerk in ("one", "two"):
        driver.do(keyed(driver, clerk, received_utc_ms=closed))
    result = driver.do(rq.CountRound(motion="m1", round=1))[-1]
    assert result.divisions[0].agree.heads == 1
    assert refusal(driver, keyed(driver, "one", paper="p2", creditor="c", received_utc_ms=closed)) == "counted"


def test_paper_never_takes_the_place_of_a_final_ballot_nor_of_a_later_one() -> None:
    driver = opened()
    driver.do(driver.ballot("a"))
    with pytest.raises(AlreadyVoted):
        driver.do(keyed(driver, "one"))
    driver = opened(options=Options(ballots=Ballots.LAST))
    driver.utc_ms += 10_000
    driver.do(driver.ballot("a", Choice.AGAINST))
    cast = driver.meeting.last_utc_ms
    driver.utc_ms += 10_000
    with pytest.raises(AlreadyVoted):
        driver.do(keyed(driver, "one", received_utc_ms=cast))
    for clerk in ("one", "two"):
        driver.do(keyed(driver, clerk, received_utc_ms=cast + 1))
    assert close(driver).divisions[0].agree.heads == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"channel": Channel.ONLINE}, "bad-paper"),
        ({"received_utc_ms": 2**52}, "bad-paper"),
        ({"scan": "no"}, "bad-hash"),
        ({"paper": "p" * 60}, "bad-id"),
        ({"paper": ""}, "bad-id"),
        ({"motion": "m9"}, "not-open"),
        ({"creditor": "nobody"}, "unknown-creditor"),
        ({"division": "wage"}, "wrong-division"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(changes: dict[str, object], code: str) -> None:
    driver = opened()
    assert refusal(driver, keyed(driver, "one", **changes)) == code


def test_a_blocs_paper_is_its_representatives() -> None:
    driver = opened(options=Options(bloc=(Bloc(Group.WAGE, "union"),)))
    received = driver.utc_ms
    for clerk in ("one", "two"):
        driver.do(keyed(driver, clerk, creditor="bloc:wage", channel=Channel.PHONE, received_utc_ms=received))
    leaf = driver.leaves[-1]
    assert isinstance(leaf, Ballot)
    assert (leaf.actor, leaf.channel) == ("union", Channel.PAPER)


def test_a_closed_meeting_takes_no_paper_into_its_results() -> None:
    driver = opened()
    close(driver)
    driver.two(rq.CloseMeeting())
    with pytest.raises(Refused, match="counted"):
        driver.do(keyed(driver, "one"))
