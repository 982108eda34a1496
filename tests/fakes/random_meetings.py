"""Whole creditors' meetings from a seed, driven through the product's own rules: every matter and option, mandates,
blocs, exclusions, paper, extensions, second rounds, and much that is refused on the way."""

from __future__ import annotations

import msgspec

from tests.fakes.meeting_driver import Driver
from tests.fakes.random_rolls import random_roll
from voting import requests as rq
from voting.draw import commitment_of, pool_root
from voting.leaves import AnyLeaf, Bloc, Instruction, Options, leaf_bytes
from voting.merkle import MerkleTree
from voting.roll_entry import RollEntry
from voting.round import Round, State
from voting.words import ALL, Ballots, Base, Channel, Choice, Group, Matter, Next, Secured, Silent, bloc_unit

_CAST = (Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN)


class RandomMeeting(msgspec.Struct, frozen=True, kw_only=True):
    """The log's leaves in order, the entries of each roll by its id, and how often what was refused."""

    alg: str
    meeting: str
    leaves: tuple[AnyLeaf, ...]
    rolls: dict[str, tuple[RollEntry, ...]]
    refused: tuple[str, ...]


def random_meeting(seed: int, *, creditors: int = 14, motions: int = 3) -> RandomMeeting:
    """The same for the same arguments. At most so many creditors and motions."""
    return _Play(seed, creditors, motions).play()


class _Play:
    def __init__(self, seed: int, creditors: int, motions: int) -> None:
        alg = "sm3" if seed % 5 == 4 else "sha256"
        self.d = Driver(seed, alg=alg, meeting=f"01CKCX0000{seed % 10**16:016d}")
        self.alg = alg
        self.rng = self.d.rng
        self.most = creditors
        self.motions = [f"m{number}" for number in range(1, self.rng.randint(1, motions) + 1)]
        self.ids: list[str] = []

    def play(self) -> RandomMeeting:
        for number in range(1, self.rng.randint(1, 2) + 1):
            self.d.freeze(random_roll(self.rng, self.most), f"roll-{number}")
        self.ids = sorted({entry.creditor for entries in self.d.rolls.values() for entry in entries})
        for _ in range(self.rng.randint(0, 2 * len(self.ids))):
            self._around()
        for motion in self.motions:
            self._round(motion, 1)
            latest = self.d.meeting.latest(motion)
            if latest is not None and latest.result is not None and latest.result.next is Next.SECOND_ROUND:
                if self.rng.random() < 0.8:
                    self._round(motion, 2)
                self._cram(motion)
        if self.rng.random() < 0.7:
            self.d.two(rq.CloseMeeting())
            self._cast(self.motions[0], 1)
        return RandomMeeting(
            alg=self.alg,
            meeting=self.d.id,
            leaves=tuple(self.d.leaves),
            rolls={roll: tuple(entries) for roll, entries in self.d.rolls.items()},
            refused=tuple(self.d.refused),
        )

    def _round(self, motion: str, number: int) -> None:
        for _ in range(20):
            if self._open(motion, number):
                break
        round_ = self.d.meeting.rounds.get((motion, number))
        if round_ is None:
            return
        willing = self.rng.random()
        for _ in range(self.rng.randint(0, 3 * len(self.ids))):
            self._while_open(round_, willing)
        act = rq.CloseMotion(early=self.rng.random() < 0.9, motion=motion, round=number)
        if not self.d.attempt(rq.ByTwo(act=act, by=("chair", "administrator"))):
            self.d.utc_ms = max(self.d.utc_ms, round_.closes_utc_ms)
            self.d.two(act)
        for _ in range(self.rng.randint(0, 5)):
            self.rng.choice((self._around, lambda: self._cast(motion, number), lambda: self._paper(round_)))()
        self.d.do(rq.CountRound(motion=motion, round=number))
        self._paper(round_)
        if self.rng.random() < 0.8:
            self.d.two(rq.AnnounceResult(motion=motion, round=number))

    def _open(self, motion: str, number: int) -> bool:
        before = self.d.meeting.latest(motion)
        matter = self.rng.choice(tuple(Matter)) if before is None else before.opened.matter
        groups: tuple[Group, ...] = ()
        if matter is Matter.PLAN:
            groups = tuple(sorted(self.rng.sample(tuple(Group), self.rng.randint(1, 4))))
            if before is not None and before.result is not None and self.rng.random() < 0.9:
                groups = tuple(Group(each.division) for each in before.result.divisions if not each.passed)
        act = rq.OpenMotion(
            closes_utc_ms=self.d.utc_ms + self.rng.choice((1, 60_000, 600_000)),
            groups=groups,
            matter=matter,
            motion=motion,
            options=self._options(),
            roll=self.rng.choice(tuple(self.d.rolls)),
            round=number,
            title="关于重整计划草案的表决",
        )
        return bool(self.d.attempt(rq.ByTwo(act=act, by=("chair", "administrator"))))

    def _options(self) -> Options:
        silent = self.rng.choice(tuple(Silent))
        deemed = silent in {Silent.DEEMED_AGREE, Silent.DEEMED_ABSTAIN}
        blocs = sorted(self.rng.sample(tuple(Group), self.rng.choice((0, 0, 0, 1, 2))))
        return Options(
            ballots=self.rng.choice(tuple(Ballots)),
            bloc=tuple(Bloc(group, self.rng.choice(("union", *self.ids))) for group in blocs),
            court_ref="（2018）粤01破1号之三" if deemed else "",
            equity_base=self.rng.choice(tuple(Base)),
            resolution="第一次债权人会议决议" if deemed else "",
            secured=self.rng.choice(tuple(Secured)),
            silent=silent,
        )

    def _while_open(self, round_: Round, willing: float) -> None:
        motion, number = round_.opened.motion, round_.opened.round
        what = self.rng.random()
        if what < 0.6:
            self._cast(motion, number, willing)
        elif what < 0.8:
            self._paper(round_)
        elif what < 0.85:
            closes = round_.closes_utc_ms + self.rng.choice((-1, 1, 60_000))
            act = rq.ExtendMotion(closes_utc_ms=max(0, closes), motion=motion, round=number)
            self.d.attempt(rq.ByTwo(act=act, by=("administrator", self.rng.choice(("chair", "administrator")))))
        else:
            self._around()

    def _cast(self, motion: str, number: int, willing: float = 0.5) -> None:
        round_ = self.d.meeting.rounds.get((motion, number))
        creditor, division = self._place(round_)
        agents = [mandate.leaf.agent for mandate in self.d.meeting.mandates.values()]
        representative = "" if round_ is None else round_.representatives.get(creditor, "")
        actor = self.rng.choice((creditor, *agents)) if self.rng.random() < 0.3 else representative or creditor
        request = self.d.ballot(
            creditor,
            Choice.AGREE if self.rng.random() < willing else self.rng.choice(_CAST),
            motion=motion,
            round_=number,
            division=division,
            actor=actor,
            channel=self.rng.choice((Channel.ONLINE, Channel.ONSITE)),
        )
        self.d.attempt(request)
        if self.rng.random() < 0.1:
            self.d.attempt(request)

    def _place(self, round_: Round | None) -> tuple[str, str]:
        if round_ is not None and self.rng.random() < 0.8:
            units = [(unit, name) for name, division in round_.divisions.items() for unit in division.units]
            return self.rng.choice(units)
        divisions = (*round_.divisions, "tax") if round_ is not None else (ALL,)
        return self.rng.choice((*self.ids, *(bloc_unit(group) for group in Group))), self.rng.choice(divisions)

    def _paper(self, round_: Round) -> None:
        if round_.state not in {State.OPEN, State.CLOSED, State.TALLIED}:
            return
        creditor, division = self._place(round_)
        asked = rq.EnterPaper(
            ballot_salt=self.d.salt(),
            channel=self.rng.choice((Channel.PAPER, Channel.PHONE)),
            choice=self.rng.choice(tuple(Choice)),
            clerk="clerk-a",
            creditor=creditor,
            division=division,
            motion=round_.opened.motion,
            paper=f"paper-{self.d.number()}",
            received_utc_ms=self.d.utc_ms - self.rng.choice((0, 5_000, 10**6)),
            round=round_.opened.round,
            salt=self.d.salt(),
            scan=f"{self.rng.getrandbits(256):064x}",
        )
        for clerk in self.rng.choice((("a",), ("a", "b"), ("a", "b"), ("a", "a", "b"), ("a", "b", "c"))):
            choice = self.rng.choice(tuple(Choice)) if self.rng.random() < 0.15 else asked.choice
            self.d.attempt(msgspec.structs.replace(asked, choice=choice, clerk=f"clerk-{clerk}", salt=self.d.salt()))

    def _around(self) -> None:
        creditor = self.rng.choice(self.ids)
        what = self.rng.random()
        if what < 0.6:
            attendee = self.rng.choice((creditor, creditor, bloc_unit(self.rng.choice(tuple(Group)))))
            self.d.attend(attendee, self.rng.choice(("in", "in", "out")))
        elif what < 0.85:
            self._mandate(creditor)
        elif what < 0.9:
            mandate = self.rng.choice((*self.d.meeting.mandates, "none"))
            self.d.attempt(rq.RevokeMandate(by=creditor, mandate=mandate, salt=self.d.salt()))
        elif what < 0.97:
            self.d.attempt(
                rq.Exclude(
                    court_ref="（2018）粤01破1号之四",
                    creditor=creditor,
                    motion=self.rng.choice(self.motions),
                    round=self.rng.choice((1, 1, 2)),
                    salt=self.d.salt(),
                )
            )
        else:
            self._outside()

    def _mandate(self, creditor: str) -> None:
        covered = self.rng.choice(((), (), tuple(self.motions), (self.motions[0],)))
        instructed = self.rng.sample(covered or tuple(self.motions), self.rng.choice((0, 0, 1)))
        self.d.attempt(
            rq.GiveMandate(
                agent=self.rng.choice(("lawyer", "union", *self.ids)),
                document=f"{self.rng.getrandbits(256):064x}",
                instructions=tuple(Instruction(self.rng.choice(_CAST), motion) for motion in instructed),
                mandate=f"mandate-{self.d.number()}",
                motions=covered,
                principal=creditor,
                salt=self.d.salt(),
            )
        )

    def _outside(self) -> None:
        if self.rng.random() < 0.5:
            size = self.rng.randint(1, self.d.meeting.size)
            root = MerkleTree(self.alg, map(leaf_bytes, self.d.leaves)).root(size).hex()
            evidence = f"{self.rng.getrandbits(256):064x}"
            self.d.do(rq.RecordAnchor(anchor="file", evidence=evidence, root=root, size=size))
            return
        secret, draw = self.rng.randbytes(32), f"draw-{self.d.number()}"
        self.d.do(
            rq.CommitDraw(
                commitment=commitment_of(self.alg, secret),
                count=self.rng.randint(1, len(self.ids)),
                draw=draw,
                pool=pool_root(self.alg, self.ids),
                pool_size=len(self.ids),
            )
        )
        self.d.do(rq.RevealDraw(draw=draw, public="双色球 03 11 18 22 27 31 + 09", secret=secret.hex()))

    def _cram(self, motion: str) -> None:
        for condition in self.rng.sample(range(8), 3):
            self.d.attempt(
                rq.EnterCram(
                    claimed=self.rng.random() < 0.5,
                    condition=condition,
                    evidence=self.rng.choice(("", "ab" * 32)),
                    finding="经审查，该项条件已具备。",
                    motion=motion,
                )
            )
