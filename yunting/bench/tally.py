"""What the rules of a vote cost, without disk or socket: admission of a ballot, the result, replay and recount."""

from __future__ import annotations

import gc
import os
import platform
import resource
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from voting import requests as rq
from voting.ballots import Repeated, admit
from voting.decide import decide
from voting.leaves import AnyLeaf, Ballot, Options, Stamp, leaf_bytes, read_leaf
from voting.meeting import Meeting
from voting.outcome import count
from voting.prepared import prepare
from voting.roll import Roll
from voting.roll_entry import RollEntry
from voting.rules import rule_set
from voting.words import Channel, Choice, Group, Matter, Standing

_UTC_MS = 1_533_700_800_000
_MEETING = "01CKCX00000000000000000000"
_GROUPS = (Group.ORDINARY, Group.SMALL, Group.WAGE, Group.SECURED)
_T = TypeVar("_T")


class TallyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """So many creditors, all of whom sign in and vote; every hundredth is excluded."""

    creditors: int = 118_738
    matter: Matter = Matter.ORDINARY


class TallyResult(msgspec.Struct, frozen=True, kw_only=True):
    """CPU is user + system of the process. `admit_us`: request to applied leaf; its bytes take `leaf_us` more."""

    creditors: int
    ballots: int
    freeze_s: float
    prepare_ms: float
    """The round's units, beside the loop; `open_ms`: the opening itself."""
    open_ms: float
    settle_ms: float
    """Those who were present into the sums; in slices, while ballots come."""
    admit_us: float
    leaf_us: float
    result_ms: float
    """From the closing to the result leaf: what the state takes, the disk apart."""
    replay_s: float
    """From the bytes of all leaves to the same state, the entries of the roll at hand."""
    recount_s: float
    """From entries and effective ballots alone, with the alternatives' counts."""
    rss_mib: float
    cpus: int
    python: str


def run(options: TallyOptions) -> TallyResult:
    """One meeting of one motion. The recount must agree with the running counts, else AssertionError."""
    entries = [_entry(number) for number in range(options.creditors)]
    freeze_s, roll = _timed(lambda: Roll("sha256", "roll", entries))
    played = _Played(roll, options.matter)
    prepare_s, _ = _timed(played.prepare)
    open_s, _ = _timed(played.open)
    settle_s, _ = _timed(played.settle)
    casts = played.casts()
    admit_s, _ = _timed(lambda: played.cast(casts))
    played.exclude(options.creditors // 100)
    result_s, _ = _timed(played.close)
    leaf_s, data = _timed(lambda: [leaf_bytes(leaf) for leaf in played.leaves])
    replay_s, again = _timed(lambda: _replay(roll, data))
    recount_s, counts = _timed(played.recount)
    (round_,) = again.rounds.values()
    if counts != round_.counts():
        raise AssertionError("a recount of the log gives other sums")
    return TallyResult(
        creditors=options.creditors,
        ballots=len(casts),
        freeze_s=round(freeze_s, 2),
        prepare_ms=round(prepare_s * 1_000, 1),
        open_ms=round(open_s * 1_000, 1),
        settle_ms=round(settle_s * 1_000, 1),
        admit_us=round(admit_s * 1e6 / len(casts), 2),
        leaf_us=round(leaf_s * 1e6 / len(data), 2),
        result_ms=round(result_s * 1_000, 2),
        replay_s=round(replay_s, 2),
        recount_s=round(recount_s, 2),
        rss_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
    )


class _Played:
    def __init__(self, roll: Roll, matter: Matter) -> None:
        self.roll = roll
        self.matter = matter
        self.meeting = Meeting()
        self.leaves: list[AnyLeaf] = []
        self.meeting.know(roll)
        self._do(
            rq.CreateMeeting(alg="sha256", case_no="（2018）粤01破1号", ruleset="EBL2006+JI3", title="债权人会议")
        )
        self._do(rq.FreezeRoll(roll=roll.roll))
        for number, creditor in enumerate(dict.fromkeys(entry.creditor for entry in roll.entries)):
            self._do(
                rq.Attend(attendee=creditor, by=creditor, channel=Channel.ONLINE, salt=_salt(number), state="in")
            )

        self.act = rq.OpenMotion(
            closes_utc_ms=_UTC_MS + 600_000,
            groups=tuple(sorted(_GROUPS)) if matter is Matter.PLAN else (),
            matter=matter,
            motion="m1",
            options=Options(),
            roll=roll.roll,
            title="关于债务人财产管理方案的表决",
        )

    def prepare(self) -> None:
        self.meeting.prepared["m1", 1] = prepare(rule_set("EBL2006+JI3"), self.roll, self.act)

    def open(self) -> None:
        self._two(self.act)

    def settle(self) -> None:
        (round_,) = self.meeting.rounds.values()
        while round_.settle(1_000):
            pass

    def casts(self) -> list[rq.CastBallot]:
        (round_,) = self.meeting.rounds.values()
        choices = (Choice.AGREE, Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN)
        # Strings of their own for each, as they come from a socket.
        return [
            msgspec.json.decode(
                msgspec.json.encode(
                    rq.CastBallot(
                        actor=creditor,
                        channel=Channel.ONLINE,
                        choice=choices[number % 4],
                        creditor=creditor,
                        division=division,
                        idem=f"{number:032x}",
                        meeting=_MEETING,
                        motion="m1",
                        round=1,
                        salt=_salt(number),
                    )
                ),
                type=rq.CastBallot,
            )
            for division, held in round_.divisions.items()
            for number, creditor in enumerate(held.units, start=len(division) << 20)
        ]

    def cast(self, casts: list[rq.CastBallot]) -> None:
        meeting, leaves = self.meeting, self.leaves
        for request in casts:
            leaf = admit(meeting, request, Stamp(_MEETING, meeting.size, _UTC_MS))
            assert not isinstance(leaf, Repeated)
            meeting.apply(leaf)
            leaves.append(leaf)

    def exclude(self, many: int) -> None:
        for number in range(many):
            creditor = self.roll.entries[number * 100].creditor
            self._do(
                rq.Exclude(court_ref="（2018）粤01破1号之四", creditor=creditor, motion="m1", round=1, salt=_salt(0))
            )

    def close(self) -> None:
        self._two(rq.CloseMotion(early=True, motion="m1", round=1))
        self._do(rq.CountRound(motion="m1", round=1))

    def recount(self) -> object:
        (round_,) = self.meeting.rounds.values()
        ballots: dict[str, dict[str, Choice]] = {}
        for leaf in self.leaves:
            if isinstance(leaf, Ballot):
                ballots.setdefault(leaf.division, {})[leaf.creditor] = leaf.choice
        return count(
            round_.rule,
            round_.options,
            round_.opened.groups,
            self.roll.entries,
            excluded=round_.excluded,
            ballots=ballots,
            signed_in=self.meeting.present,
        )

    def _two(self, act: rq.Act) -> None:
        self._do(rq.ByTwo(act=act, by=("chair", "administrator")))

    def _do(self, request: rq.AnyRequest) -> None:
        leaves = decide(self.meeting, request, Stamp(_MEETING, self.meeting.size, _UTC_MS))
        assert not isinstance(leaves, Repeated)
        for leaf in leaves:
            self.meeting.apply(leaf)
            self.leaves.append(leaf)


def _replay(roll: Roll, data: list[bytes]) -> Meeting:
    meeting = Meeting()
    meeting.know(roll)
    for leaf in data:
        meeting.apply(read_leaf(leaf))
    return meeting


def _entry(number: int) -> RollEntry:
    group = _GROUPS[0] if number % 10 else _GROUPS[number // 10 % 4]
    amount_fen = 19_900 + number * 7_919 % 1_000_003
    return RollEntry(
        amount_fen=amount_fen,
        court_ref="",
        creditor=f"c{number:06d}",
        group=group,
        kind=Standing.CONFIRMED,
        person=f"{number:064x}",
        secured_fen=amount_fen // 2 if group is Group.SECURED else 0,
    )


def _salt(number: int) -> str:
    return f"{number:032x}"


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    gc.collect()
    before = time.process_time()
    made = work()
    return time.process_time() - before, made
