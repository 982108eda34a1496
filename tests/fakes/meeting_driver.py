"""A meeting that tests drive: decides, applies and keeps the leaves; time goes on by itself."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

from hearing.errors import Refused
from hearing.ids import new_ulid
from voting import requests as rq
from voting.ballots import Repeated
from voting.decide import decide
from voting.leaves import AnyLeaf, Stamp
from voting.meeting import Meeting
from voting.roll import Roll
from voting.roll_entry import RollEntry
from voting.words import ALL, Channel, Choice

BEGUN_UTC_MS = 1_533_700_800_000
CHAIR, ADMINISTRATOR = "chair", "administrator"


class Driver:
    """`leaves` is the log, `rolls` what it was voted on; `refused` the codes of what was not allowed."""

    def __init__(self, seed: int = 0, *, alg: str = "sha256", meeting: str = "") -> None:
        self.rng = Random(seed)
        self.id = meeting or new_ulid(BEGUN_UTC_MS)
        self.meeting = Meeting()
        self.leaves: list[AnyLeaf] = []
        self.rolls: dict[str, list[RollEntry]] = {}
        self.refused: list[str] = []
        self.utc_ms = BEGUN_UTC_MS
        self._numbers = itertools.count()
        self._alg = alg
        self.do(rq.CreateMeeting(alg=alg, case_no="（2018）粤01破1号", ruleset="EBL2006+JI3", title="债权人会议"))

    def stamp(self) -> Stamp:
        """The next leaf's."""
        return Stamp(self.id, self.meeting.size, self.utc_ms)

    def do(self, request: rq.AnyRequest) -> Sequence[AnyLeaf] | Repeated:
        """Decide and apply. Raises Refused; time goes on by up to two seconds."""
        answer = decide(self.meeting, request, self.stamp())
        if not isinstance(answer, Repeated):
            for leaf in answer:
                self.meeting.apply(leaf)
                self.leaves.append(leaf)
        self.utc_ms += self.rng.choice((0, 1, 2_000))
        return answer

    def attempt(self, request: rq.AnyRequest) -> Sequence[AnyLeaf] | Repeated:
        """As `do`, where a refusal is an answer too: no leaf."""
        try:
            return self.do(request)
        except Refused as error:
            self.refused.append(error.code)
            return ()

    def two(self, act: rq.Act) -> Sequence[AnyLeaf] | Repeated:
        """An act of chair and administrator. Raises Refused."""
        return self.do(rq.ByTwo(act=act, by=(CHAIR, ADMINISTRATOR)))

    def salt(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"

    def number(self) -> int:
        """Another each time."""
        return next(self._numbers)

    def freeze(self, entries: Sequence[RollEntry], roll: str = "roll-1") -> None:
        """Make the roll one that can be voted on."""
        self.rolls[roll] = list(entries)
        self.meeting.know(Roll(self._alg, roll, entries))
        self.do(rq.FreezeRoll(roll=roll))

    def attend(self, attendee: str, state: str = "in", channel: Channel = Channel.ONLINE) -> None:
        self.do(rq.Attend(attendee=attendee, by=attendee, channel=channel, salt=self.salt(), state=state))

    def ballot(
        self,
        creditor: str,
        choice: Choice = Choice.AGREE,
        *,
        motion: str = "m1",
        division: str = ALL,
        round_: int = 1,
        actor: str = "",
        idem: str = "",
        channel: Channel = Channel.ONLINE,
    ) -> rq.CastBallot:
        """A request, not sent yet."""
        return rq.CastBallot(
            actor=actor or creditor,
            channel=channel,
            choice=choice,
            creditor=creditor,
            division=division,
            idem=idem or f"idem-{self.number()}",
            meeting=self.id,
            motion=motion,
            round=round_,
            salt=self.salt(),
        )

    def replayed(self) -> Meeting:
        """What a restart makes of the leaves."""
        meeting = Meeting()
        for roll, entries in self.rolls.items():
            meeting.know(Roll(self._alg, roll, entries))
        for leaf in self.leaves:
            meeting.apply(leaf)
        return meeting
