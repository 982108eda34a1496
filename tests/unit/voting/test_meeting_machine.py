"""The life of a meeting: whatever is asked in whatever order, what is not allowed is refused for the expected reason
and leaves the log as it was; nobody has two ballots that count; the running sums are a recount's; the log that is
left satisfies the standalone verifier."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hearing.errors import Refused
from tests.fakes.expected_meeting import ExpectedMeeting
from tests.fakes.made_ballot_log import Made
from tests.fakes.meeting_driver import BEGUN_UTC_MS, Driver
from tests.fakes.recounted import recounted, signed_in
from tests.fakes.small_roll import ROLL
from voting import requests as rq
from voting.draw import commitment_of, pool_root
from voting.leaves import Ballot, Options, Result, leaf_bytes
from voting.outcome import count, outcome
from voting.round import State
from voting.verify import verify_bytes
from voting.words import ALL, Ballots, Choice, Group, Matter, Silent

NUMBERS = st.sampled_from((1, 2))
CHOICES = st.sampled_from((Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN))
CREDITORS = st.sampled_from(("a", "a", "b", "c", "d", "e", "f", "g", "nobody"))
DIVISIONS = st.sampled_from((ALL, ALL, "ordinary", "wage", "tax"))
MOTIONS = st.sampled_from(("m1", "m2"))
PLAN_GROUPS = (Group.ORDINARY, Group.WAGE)
SECRET = bytes(32)


class MeetingMachine(RuleBasedStateMachine):
    """Two motions: `m1` on anything but a plan, `m2` a plan of two groups; each may come to a second round."""

    @initialize(
        matter=st.sampled_from([each for each in Matter if each is not Matter.PLAN]),
        silent=st.sampled_from(Silent),
        ballots=st.sampled_from(Ballots),
        data=st.data(),
        steps=st.integers(0, 12),
    )
    def begin(self, matter: Matter, silent: Silent, ballots: Ballots, data: st.DataObject, steps: int) -> None:
        self.driver = Driver()
        self.expected = ExpectedMeeting({"m1": matter, "m2": Matter.PLAN})
        reference = "决定1" if silent in {Silent.DEEMED_AGREE, Silent.DEEMED_ABSTAIN} else ""
        self.options = Options(ballots=ballots, court_ref=reference, resolution=reference, silent=silent)
        self.driver.utc_ms += 10_000
        self.go_on(data, steps)

    def act(self, request: rq.AnyRequest, code: str) -> bool:
        if not code:
            self.driver.do(request)
            return True
        size = self.driver.meeting.size
        with pytest.raises(Refused) as refused:
            self.driver.do(request)
        assert refused.value.code == code
        assert self.driver.meeting.size == size
        return False

    def two(self, act: rq.Act, code: str) -> bool:
        with pytest.raises(Refused):
            self.driver.do(rq.ByTwo(act=act, by=("chair", "chair")))
        return self.act(rq.ByTwo(act=act, by=("chair", "administrator")), code)

    @rule()
    def freeze(self) -> None:
        self.act(rq.CreateMeeting(alg="sha256", case_no="1", ruleset="EBL2006+JI3", title="又一次"), "created")
        code = self.expected.freeze()
        if code:
            self.act(rq.FreezeRoll(roll="roll-1"), code)
        else:
            self.driver.freeze(ROLL)
            self.expected.frozen = True

    @rule(motion=MOTIONS, number=NUMBERS, minutes=st.sampled_from((1, 1, 1, 0)))
    def open(self, motion: str, number: int, minutes: int) -> None:
        first = self.expected.rounds.get((motion, 1))
        groups = PLAN_GROUPS if motion == "m2" else ()
        if motion == "m2" and number == 2 and first is not None and first.failed:
            groups = tuple(map(Group, first.failed))
        closes = self.driver.utc_ms + 60_000 * minutes
        code = self.expected.open(motion, number) or ("" if minutes else "bad-time")
        act = rq.OpenMotion(
            closes_utc_ms=closes,
            groups=groups,
            matter=self.expected.matters[motion],
            motion=motion,
            options=self.options,
            roll="roll-1",
            round=number,
            title="表决事项",
        )
        if self.two(act, code):
            divisions = tuple(group.value for group in groups) or (ALL,)
            final = self.options.ballots is Ballots.FINAL
            self.expected.opened(motion, number, divisions, final, closes)

    @rule(motion=MOTIONS, number=NUMBERS, division=DIVISIONS, creditor=CREDITORS, choice=CHOICES, agent=st.booleans())
    def vote(self, motion: str, number: int, division: str, creditor: str, choice: Choice, agent: bool) -> None:
        code = self.expected.vote(motion, number, division, creditor, agent)
        actor = "lawyer" if agent else creditor
        request = self.driver.ballot(creditor, choice, motion=motion, division=division, round_=number, actor=actor)
        if self.act(request, code):
            cast = self.expected.rounds[motion, number].cast
            cast[division, creditor] = cast.get((division, creditor), 0) + 1
            size = self.driver.meeting.size
            self.driver.do(request)
            assert self.driver.meeting.size == size

    @rule(data=st.data(), steps=st.integers(1, 8))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Most that is asked at random is refused; these steps are right ones, so that meetings come far."""
        for _ in range(steps):
            right = list(self._right_steps())
            if right:
                data.draw(st.sampled_from(right))(data)

    def _right_steps(self) -> Iterator[Callable[[st.DataObject], None]]:
        if not self.expected.freeze():
            yield lambda data: self.freeze()
        for motion, number in product(("m1", "m2"), (1, 2)):
            key = (motion, number)
            if not self.expected.open(motion, number):
                yield lambda data, key=key: self.open(*key, 1)
            round_ = self.expected.rounds.get(key)
            if round_ is None or self.expected.closed:
                continue
            if round_.state == "open":
                for division, creditor in sorted(round_.units):
                    unit = (division, creditor)
                    yield lambda data, key=key, unit=unit: self.vote(*key, *unit, data.draw(CHOICES), False)
                yield lambda data, key=key: self.close(*key, True)
            if round_.state in {"open", "closed"}:
                division = next(name for name, creditor in sorted(round_.units) if creditor == "a")
                yield lambda data, key=key, division=division: self.key_in(
                    "p1", data.draw(st.sampled_from("xyz")), *key, division, "a", Choice.AGREE
                )
            if round_.state == "open":
                continue
            # Once it is closed: too late for everybody, whoever voted before.
            unit = sorted(round_.units)[-1]
            yield lambda data, key=key, unit=unit: self.vote(*key, *unit, data.draw(CHOICES), False)
            yield lambda data, key=key: self.exclude(*key, "c")
            if round_.state == "closed":
                yield lambda data, key=key: self.count(*key)
            elif round_.state == "tallied":
                yield lambda data, key=key: self.announce(*key)

    @rule(
        paper=st.sampled_from(("p1", "p2")),
        clerk=st.sampled_from("xyz"),
        motion=MOTIONS,
        number=NUMBERS,
        division=DIVISIONS,
        creditor=st.sampled_from(("a", "g")),
        choice=st.sampled_from((Choice.AGREE, Choice.INVALID)),
    )
    def key_in(
        self, paper: str, clerk: str, motion: str, number: int, division: str, creditor: str, choice: Choice
    ) -> None:
        request = rq.EnterPaper(
            ballot_salt=self.driver.salt(),
            channel=rq.Channel.PAPER,
            choice=choice,
            clerk=clerk,
            creditor=creditor,
            division=division,
            motion=motion,
            paper=paper,
            received_utc_ms=BEGUN_UTC_MS,
            round=number,
            salt=self.driver.salt(),
            scan="cd" * 32,
        )
        size = self.driver.meeting.size
        if self.act(request, self.expected.enter(paper, clerk, motion, number, division, creditor)):
            said = (motion, number, division, creditor, choice)
            entries = self.expected.papers.setdefault(paper, [])
            agreed = any(other == said for _, other in entries)
            entries.append((clerk, said))
            assert self.driver.meeting.size == size + 1 + agreed
            if agreed:
                self.expected.counted.add(paper)
                cast = self.expected.rounds[motion, number].cast
                cast[division, creditor] = cast.get((division, creditor), 0) + 1

    @rule(motion=MOTIONS, number=NUMBERS, more_ms=st.sampled_from((0, 1, 60_000)))
    def extend(self, motion: str, number: int, more_ms: int) -> None:
        round_ = self.expected.rounds.get((motion, number))
        closes = max(self.driver.utc_ms, round_.closes_utc_ms if round_ else 0) + more_ms
        code = self.expected.extend(motion, number, closes if more_ms else 0)
        if self.two(rq.ExtendMotion(closes_utc_ms=closes, motion=motion, round=number), code):
            assert round_ is not None
            round_.closes_utc_ms = closes

    @rule(motion=MOTIONS, number=NUMBERS, early=st.booleans())
    def close(self, motion: str, number: int, early: bool) -> None:
        code = self.expected.close(motion, number, early, self.driver.utc_ms)
        if self.two(rq.CloseMotion(early=early, motion=motion, round=number), code):
            self.expected.rounds[motion, number].state = "closed"

    @rule(motion=MOTIONS, number=NUMBERS)
    def count(self, motion: str, number: int) -> None:
        if self.act(rq.CountRound(motion=motion, round=number), self.expected.count(motion, number)):
            result = self.driver.leaves[-1]
            assert isinstance(result, Result)
            again = recounted(self.driver.leaves, self.driver.rolls)[result.seq]
            assert (result.divisions, result.alternatives) == (again.divisions, again.alternatives)
            round_ = self.expected.rounds[motion, number]
            round_.state = "tallied"
            round_.failed = tuple(each.division for each in result.divisions if not each.passed)

    @rule(motion=MOTIONS, number=NUMBERS)
    def announce(self, motion: str, number: int) -> None:
        if self.two(rq.AnnounceResult(motion=motion, round=number), self.expected.announce(motion, number)):
            self.expected.rounds[motion, number].state = "announced"

    @rule(motion=MOTIONS, number=NUMBERS, creditor=st.sampled_from("acg"))
    def exclude(self, motion: str, number: int, creditor: str) -> None:
        request = rq.Exclude(
            court_ref="决定2", creditor=creditor, motion=motion, round=number, salt=self.driver.salt()
        )
        if self.act(request, self.expected.exclude(motion, number, creditor)):
            self.expected.excluded.add((motion, number, creditor))
            if (round_ := self.expected.rounds.get((motion, number))) is not None:
                round_.excluded.add(creditor)

    @rule(principal=st.sampled_from("acdg"), give=st.booleans())
    def mandate(self, principal: str, give: bool) -> None:
        given = self.expected.mandates.setdefault(principal, [])
        closed = "meeting-closed" if self.expected.closed else ""
        name = f"{principal}-{len(given) if give else len(given) - 1}"
        if give:
            request: rq.AnyRequest = rq.GiveMandate(
                agent="lawyer", document="ab" * 32, mandate=name, principal=principal, salt=self.driver.salt()
            )
            if self.act(request, closed):
                given.append(True)
            return
        code = closed or ("no-mandate" if not given else "" if given[-1] else "mandate-revoked")
        if self.act(rq.RevokeMandate(by=principal, mandate=name, salt=self.driver.salt()), code):
            given[-1] = False

    @rule(attendee=st.sampled_from("acdg"), state=st.sampled_from(("in", "out")))
    def attend(self, attendee: str, state: str) -> None:
        request = rq.Attend(
            attendee=attendee, by=attendee, channel=rq.Channel.ONLINE, salt=self.driver.salt(), state=state
        )
        self.act(request, "meeting-closed" if self.expected.closed else "")

    @rule(draw=st.sampled_from(("d1", "d2")), reveal=st.booleans())
    def draw(self, draw: str, reveal: bool) -> None:
        state = self.expected.draws.get(draw, "")
        request: rq.AnyRequest = rq.CommitDraw(
            commitment=commitment_of("sha256", SECRET),
            count=2,
            draw=draw,
            pool=pool_root("sha256", list("abc")),
            pool_size=3,
        )
        code = "draw-taken" if state else ""
        if reveal:
            request = rq.RevealDraw(draw=draw, public="双色球 03 11", secret=SECRET.hex())
            code = {"": "no-draw", "begun": "", "drawn": "drawn"}[state]
        if self.act(request, "meeting-closed" if self.expected.closed else code):
            self.expected.draws[draw] = "drawn" if reveal else "begun"

    @precondition(lambda self: self.driver.meeting.size > 20)
    @rule()
    def end(self) -> None:
        if self.two(rq.CloseMeeting(), self.expected.end()):
            self.expected.closed = True

    @invariant()
    def every_round_is_where_it_is_expected(self) -> None:
        states = {key: round_.state.value for key, round_ in self.driver.meeting.rounds.items()}
        assert states == {key: round_.state for key, round_ in self.expected.rounds.items()}
        assert self.driver.meeting.closed == self.expected.closed

    @invariant()
    def nobody_has_two_ballots_that_count(self) -> None:
        cast = Counter(
            (leaf.motion, leaf.round, leaf.division, leaf.creditor)
            for leaf in self.driver.leaves
            if isinstance(leaf, Ballot)
        )
        expected = {
            (*key, *unit): times for key, each in self.expected.rounds.items() for unit, times in each.cast.items()
        }
        assert cast == expected
        if self.options.ballots is Ballots.FINAL:
            assert set(cast.values()) <= {1}
        for round_ in self.driver.meeting.rounds.values():
            for name, (voted, _, total) in round_.turnout().items():
                key = (round_.opened.motion, round_.opened.round, name)
                assert voted.heads == sum(unit[:3] == key for unit in cast) <= total.heads

    @invariant()
    def the_running_sums_are_those_of_a_recount(self) -> None:
        for round_ in self.driver.meeting.open_rounds:
            opened = round_.opened
            ballots: dict[str, dict[str, Choice]] = {}
            for leaf in self.driver.leaves[opened.seq :]:
                if isinstance(leaf, Ballot) and (leaf.motion, leaf.round) == (opened.motion, opened.round):
                    ballots.setdefault(leaf.division, {})[leaf.creditor] = leaf.choice
            again = count(
                round_.rule,
                opened.options,
                opened.groups,
                ROLL,
                excluded=round_.excluded,
                ballots=ballots,
                signed_in=signed_in(self.driver.leaves, opened.seq, self.driver.meeting.size),
            )
            now = outcome(round_.rule, opened.options, opened.round, round_.counts())
            assert now == outcome(round_.rule, opened.options, opened.round, again)

    def teardown(self) -> None:
        """The log as it stands: a restart finds the same, and so does who knows the written format only."""
        again = self.driver.replayed()
        for key, round_ in self.driver.meeting.rounds.items():
            assert again.rounds[key].counts() == round_.counts()
            assert round_.state is not State.CLOSED or round_.result is None
        made = Made("sha256", self.driver.id)
        made.leaves = [json.loads(leaf_bytes(leaf)) for leaf in self.driver.leaves]
        made.rolls = {
            roll: [msgspec.to_builtins(each) for each in entries] for roll, entries in self.driver.rolls.items()
        }
        found = verify_bytes(made.export())
        assert found["wrong"] == []
        told = [leaf for leaf in made.leaves if leaf["kind"] == "result"]
        assert sorted(found["results"], key=lambda leaf: leaf["seq"]) == told


MeetingMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestMeetingMachine = pytest.mark.unit(MeetingMachine.TestCase)
