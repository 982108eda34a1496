"""Nobody votes twice, in another's place or too late, and every refusal says which of these it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import Refused
from tests.fakes.meeting_driver import Driver
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.ballots import Repeated
from voting.leaves import Ballot, Bloc, Instruction, Options, Result
from voting.refusals import AlreadyVoted, LateBallot
from voting.words import Ballots, Channel, Choice, Group, Matter

pytestmark = pytest.mark.unit


def opened(matter: Matter = Matter.ORDINARY, options: Options | None = None, *groups: Group) -> Driver:
    driver = Driver()
    driver.freeze(ROLL)
    open_motion(driver, matter, options, *groups)
    return driver


def open_motion(driver: Driver, matter: Matter, options: Options | None = None, *groups: Group) -> None:
    driver.two(
        rq.OpenMotion(
            closes_utc_ms=driver.utc_ms + 60_000,
            groups=groups,
            matter=matter,
            motion="m1",
            options=options or Options(),
            roll="roll-1",
            title="财产管理方案",
        )
    )


def refusal(driver: Driver, request: rq.AnyRequest) -> str:
    with pytest.raises(Refused) as caught:
        driver.do(request)
    assert caught.value.zh
    assert caught.value.en
    return caught.value.code


def close(driver: Driver) -> Result:
    driver.two(rq.CloseMotion(early=True, motion="m1", round=1))
    result = driver.do(rq.CountRound(motion="m1", round=1))[-1]
    assert isinstance(result, Result)
    return result


def mandate(driver: Driver, principal: str, agent: str, **more: object) -> None:
    driver.do(
        rq.GiveMandate(
            agent=agent,
            document="ab" * 32,
            mandate=f"mandate-{driver.number()}",
            principal=principal,
            salt=driver.salt(),
            **more,
        )
    )


def test_the_leaf_says_what_the_roll_says() -> None:
    driver = opened()
    (leaf,) = driver.do(driver.ballot("c", Choice.AGAINST, channel=Channel.ONSITE))
    assert isinstance(leaf, Ballot)
    assert (leaf.creditor, leaf.heads, leaf.amount_fen, leaf.choice) == ("c", 1, 100, Choice.AGAINST)
    assert (leaf.mandate, leaf.paper, leaf.channel) == ("", "", Channel.ONSITE)


def test_the_same_request_again_gives_the_same_leaf_before_and_after_the_closing() -> None:
    driver = opened()
    request = driver.ballot("a")
    (leaf,) = driver.do(request)
    size = driver.meeting.size
    assert driver.do(request) == Repeated(leaf.seq)
    close(driver)
    assert driver.do(request) == Repeated(leaf.seq)
    assert driver.leaves[leaf.seq] is leaf
    assert size == leaf.seq + 1


def test_the_same_id_with_another_content_is_refused() -> None:
    driver = opened()
    driver.do(driver.ballot("a", idem="once"))
    assert refusal(driver, driver.ballot("a", Choice.AGAINST, idem="once")) == "idem-taken"
    assert refusal(driver, driver.ballot("c", idem="once")) == "idem-taken"


def test_a_second_ballot_is_refused_with_the_place_of_the_first() -> None:
    driver = opened()
    (leaf,) = driver.do(driver.ballot("a"))
    with pytest.raises(AlreadyVoted) as caught:
        driver.do(driver.ballot("a", Choice.AGAINST))
    assert caught.value.seq == leaf.seq


def test_the_last_ballot_counts_where_the_meeting_says_so() -> None:
    driver = opened(options=Options(ballots=Ballots.LAST))
    for choice in (Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN):
        driver.do(driver.ballot("a", choice))
    (division,) = close(driver).divisions
    assert (division.agree.heads, division.against.heads, division.abstain.heads) == (0, 0, 1)


def test_after_the_closing_the_refusal_has_what_a_late_receipt_needs() -> None:
    driver = opened()
    driver.two(rq.CloseMotion(early=True, motion="m1", round=1))
    closed = driver.leaves[-1].seq
    with pytest.raises(LateBallot) as caught:
        driver.do(driver.ballot("a", idem="too-late"))
    late = caught.value
    assert (late.closed_seq, late.creditor, late.division, late.idem, late.motion, late.round) == (
        closed,
        "a",
        "all",
        "too-late",
        "m1",
        1,
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"motion": "m2"}, "not-open"),
        ({"round_": 2}, "not-open"),
        ({"creditor": "nobody"}, "unknown-creditor"),
        ({"creditor": "e"}, "no-vote"),
        ({"creditor": "f"}, "no-vote"),
        ({"division": "wage"}, "wrong-division"),
        ({"actor": "c"}, "no-mandate"),
        ({"choice": Choice.INVALID}, "bad-ballot"),
        ({"channel": Channel.PAPER}, "bad-ballot"),
        ({"idem": "paper:1"}, "bad-idem"),
        ({"idem": "ö"}, "bad-idem"),
        ({"creditor": "bloc:wage"}, "unknown-creditor"),
    ],
)
def test_what_is_wrong_with_a_ballot_is_said(changes: dict[str, object], code: str) -> None:
    driver = opened()
    size = driver.meeting.size
    assert refusal(driver, driver.ballot(**{"creditor": "a", **changes})) == code
    assert driver.meeting.size == size


def test_a_ballot_of_another_meeting_is_refused() -> None:
    one, other = opened(), Driver(meeting="01CKCX0000ZZZZZZZZZZZZZZZZ")
    assert refusal(one, other.ballot("a")) == "cross-meeting"


def test_a_plan_is_voted_on_in_the_groups_of_ones_claims() -> None:
    driver = opened(Matter.PLAN, None, Group.ORDINARY, Group.WAGE)
    for division in ("ordinary", "wage"):
        driver.do(driver.ballot("a", division=division))
    assert refusal(driver, driver.ballot("a", division="secured")) == "wrong-division"
    assert refusal(driver, driver.ballot("d", division="ordinary")) == "wrong-division"


def test_who_is_excluded_by_the_court_casts_no_ballot_and_one_cast_before_counts_no_more() -> None:
    driver = opened()
    driver.do(driver.ballot("a"))
    for creditor in ("a", "c"):
        driver.do(rq.Exclude(court_ref="决定2", creditor=creditor, motion="m1", round=1, salt=driver.salt()))
    assert refusal(driver, driver.ballot("c")) == "excluded"
    result = close(driver)
    assert (result.divisions[0].total.heads, result.divisions[0].agree.heads) == (3, 0)
    (nobody,) = [each for each in result.alternatives if each.option == "exclusions"]
    assert (nobody.divisions[0].total.heads, nobody.divisions[0].agree.heads) == (5, 1)


def test_a_bloc_is_cast_by_its_representative_alone() -> None:
    driver = opened(options=Options(bloc=(Bloc(Group.WAGE, "union"),)))
    assert refusal(driver, driver.ballot("d")) == "votes-in-bloc"
    assert refusal(driver, driver.ballot("bloc:wage")) == "not-yours"
    assert refusal(driver, driver.ballot("bloc:wage", actor="d")) == "not-yours"
    (leaf,) = driver.do(driver.ballot("bloc:wage", actor="union"))
    assert isinstance(leaf, Ballot)
    assert (leaf.heads, leaf.amount_fen, leaf.mandate) == (1, 18, "")
    driver.do(driver.ballot("a"))
    assert refusal(driver, driver.ballot("bloc:wage", actor="union")) == "already-voted"


def test_a_mandate_is_held_to_its_motions_its_instructions_and_its_end() -> None:
    driver = opened()
    assert refusal(driver, driver.ballot("a", actor="lawyer")) == "no-mandate"
    mandate(driver, "a", "lawyer", motions=("m2",))
    assert refusal(driver, driver.ballot("a", actor="lawyer")) == "mandate-scope"
    mandate(driver, "a", "lawyer", instructions=(Instruction(Choice.AGAINST, "m1"),))
    assert refusal(driver, driver.ballot("a", actor="lawyer")) == "against-instruction"
    mandate(driver, "c", "lawyer")
    revoked = list(driver.meeting.mandates)[-1]
    driver.do(rq.RevokeMandate(by="c", mandate=revoked, salt=driver.salt()))
    assert refusal(driver, driver.ballot("c", actor="lawyer")) == "mandate-revoked"
    (leaf,) = driver.do(driver.ballot("a", Choice.AGAINST, actor="lawyer"))
    assert isinstance(leaf, Ballot)
    assert leaf.mandate == list(driver.meeting.mandates)[1]


def test_whoever_acts_a_principal_votes_once() -> None:
    driver = opened()
    mandate(driver, "a", "lawyer")
    driver.do(driver.ballot("a", actor="lawyer"))
    assert refusal(driver, driver.ballot("a", Choice.AGAINST)) == "already-voted"


@given(st.dictionaries(st.sampled_from("abcdg"), st.sampled_from((Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN))))
def test_a_proxy_for_n_principals_counts_as_n_ballots_of_their_own(choices: dict[str, Choice]) -> None:
    results = []
    for proxied in (True, False):
        driver = opened()
        for creditor, choice in choices.items():
            if proxied:
                mandate(driver, creditor, "lawyer")
            driver.do(driver.ballot(creditor, choice, actor="lawyer" if proxied else creditor))
        results.append(close(driver).divisions)
    assert results[0] == results[1]
