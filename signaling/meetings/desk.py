"""What the court's people and the administrator do in a meeting, beyond what `voting` decides by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from hearing.errors import UserError
from hearing.ids import new_ulid
from records.ports import KeyValueStore
from signaling.limits import TooMany
from signaling.meetings import bodies as b
from signaling.meetings.attending import attend, is_here
from signaling.meetings.book import Agent, Draft, MeetingBook, MeetingRecord
from signaling.meetings.casting import Casting
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.services import Services
from voting import requests as rq
from voting.decide import decide
from voting.prepared import prepare
from voting.round import State
from voting.words import Channel

RULESET = "EBL2006+JI3"
MOST_A_DAY = 30
"""Meetings that one account calls within twenty-four hours."""
MOST_MOTIONS = 200
"""On one agenda."""
_DAY_MS = 86_400_000


class MeetingDesk:
    """Acts of accounts; who may is the routes' question."""

    def __init__(
        self,
        services: Services,
        rooms: MeetingRooms,
        book: MeetingBook,
        casting: Casting,
        announced: Callable[[MeetingRoom, str, int], None],
    ) -> None:
        """`announced` is told of each result (motion, round) that was announced, once that is durable."""
        self._services = services
        self._rooms = rooms
        self._book = book
        self._casting = casting
        self._announced = announced

    @property
    def store(self) -> KeyValueStore:
        """Where small facts lie."""
        return self._services.store

    async def create(self, body: b.NewMeeting, account: str) -> MeetingRecord:
        """A meeting without a log yet. Raises TooMany beyond `MOST_A_DAY` of one account."""
        utc_ms = self._services.sources.utc_ms()
        await self._check_many(account, utc_ms)
        record = MeetingRecord(
            id=new_ulid(utc_ms),
            court=body.court,
            case_no=body.case_no,
            title=body.title,
            alg=body.alg,
            scheduled_utc_ms=body.scheduled_utc_ms,
            created_by=account,
            created_utc_ms=utc_ms,
        )
        await self._book.put(record)
        return record

    async def _check_many(self, account: str, utc_ms: int) -> None:
        """By what is in the book: a restart forgives nobody."""
        times = [
            record.created_utc_ms
            for record in await self._book.all()
            if record.created_by == account and record.created_utc_ms > utc_ms - _DAY_MS
        ]
        if len(times) >= MOST_A_DAY:
            raise TooMany((min(times) + _DAY_MS - utc_ms) / 1_000)

    async def add_motion(self, room: MeetingRoom, body: b.NewMotion) -> None:
        """A motion for the agenda. Raises UserError `agenda-full`."""

        def add(record: MeetingRecord) -> MeetingRecord:
            if len(record.drafts) >= MOST_MOTIONS:
                raise UserError("agenda-full", "议程事项过多", f"an agenda has at most {MOST_MOTIONS} motions")
            draft = Draft(
                motion=f"M{len(record.drafts) + 1}",
                title=body.title,
                matter=body.matter,
                groups=tuple(sorted(body.groups)),
                options=body.options,
            )
            return replace(record, drafts=(*record.drafts, draft))

        await self._rooms.change(room, add)

    async def open_doors(self, room: MeetingRoom) -> None:
        """The log begins; creditors may sign in. Idempotent. Raises UserError `no-roll`."""
        await self._rooms.refresh_roll(room)
        if room.roll is None:
            raise UserError("no-roll", "请先导入债权表", "import the creditors' roll first")
        if room.hall.meeting.created is None:
            record = room.record
            await room.hall.do(
                rq.CreateMeeting(alg=record.alg, case_no=record.case_no, ruleset=RULESET, title=record.title)
            )
            await self._rooms.note_state(room)

    async def act(self, room: MeetingRoom, body: b.Act, account: str) -> bool:
        """Ask for an act that takes two, or confirm it; whether it is done. Raises Refused."""
        if body.act == "count":
            await self._count(room, self._named(body), body.round)
            return True
        act = await self._act(room, body)
        by = room.countersign.ask(act, account, self._services.sources.monotonic_us() // 1_000)
        if by is None:
            return False
        await self._carry_out(room, rq.ByTwo(act=act, by=by))
        if isinstance(act, rq.CloseMotion) and not _paper_waits(room, act.motion, act.round):
            await self._count(room, act.motion, act.round)
        await self._rooms.note_state(room)
        if isinstance(act, rq.AnnounceResult):
            self._announced(room, act.motion, act.round)
        return True

    async def withdraw(self, room: MeetingRoom, body: b.Act, account: str) -> None:
        """Take back what the account asked for and nobody has confirmed. Idempotent; others' acts stay."""
        if body.act != "count":
            room.countersign.withdraw(await self._act(room, body), account)

    async def certify(self, room: MeetingRoom, body: b.Certified, account: str) -> None:
        """Somebody on site came or left, as the clerk has seen."""
        if body.attendee not in room.register and room.name_of(body.attendee) == body.attendee:
            raise UserError("unknown-creditor", "债权表中没有此债权人", "the roll has no such creditor")
        await room.hall.do(
            rq.Attend(
                attendee=body.attendee,
                by=account,
                channel=Channel.ONSITE,
                salt=self._casting.salt(),
                state=body.state,
            )
        )

    async def exclude(self, room: MeetingRoom, body: b.NewExclusion) -> None:
        """回避, by the court's decision."""
        await room.hall.do(
            rq.Exclude(
                court_ref=body.court_ref,
                creditor=body.creditor,
                motion=body.motion,
                round=body.round,
                salt=self._casting.salt(),
            )
        )

    async def give_mandate(self, room: MeetingRoom, body: b.NewMandate) -> str:
        """委托; the agent's id, a new one for whoever is no creditor."""
        agent = body.agent
        if agent is None:
            if not body.agent_name or not body.agent_number.strip():
                raise UserError(
                    "agent-needed", "请填写代理人姓名和证件号码", "the agent's name and document are needed"
                )
            agent = f"A{new_ulid(self._services.sources.utc_ms())[-12:]}"
            await self._book.add_agent(
                room.record.id, Agent(agent=agent, name=body.agent_name, number=body.agent_number.strip())
            )
            room.agents[agent] = body.agent_name
        await room.hall.do(
            rq.GiveMandate(
                agent=agent,
                document=body.document,
                instructions=body.instructions,
                mandate=new_ulid(self._services.sources.utc_ms()),
                motions=body.motions,
                principal=body.principal,
                salt=self._casting.salt(),
            )
        )
        if is_here(room, agent):
            # Signed in before the mandate came: the principal is there from now on.
            await attend(room, agent, self._casting.salt)
        return agent

    async def revoke_mandate(self, room: MeetingRoom, mandate: str, account: str) -> None:
        """No ballot by it from now on."""
        await room.hall.do(rq.RevokeMandate(by=account, mandate=mandate, salt=self._casting.salt()))

    async def key_paper(self, room: MeetingRoom, body: b.PaperKeyed, account: str) -> b.PaperState:
        """What one clerk read. Neither learns what the other keyed in, only whether the two agree."""
        await room.hall.do(
            rq.EnterPaper(
                ballot_salt=self._casting.salt(),
                channel=Channel(body.channel),
                choice=body.choice,
                clerk=account,
                creditor=body.creditor,
                division=body.division,
                motion=body.motion,
                paper=body.paper,
                received_utc_ms=body.received_utc_ms,
                round=body.round,
                salt=self._casting.salt(),
                scan=body.scan,
            )
        )
        paper = room.hall.meeting.papers[body.paper]
        if paper.ballot_seq >= 0:
            return b.PaperState(paper=body.paper, state="counted")
        return b.PaperState(paper=body.paper, state="waits" if len(paper.entries) == 1 else "differs")

    async def _act(self, room: MeetingRoom, body: b.Act) -> rq.Act:
        if body.act == "end":
            return rq.CloseMeeting()
        motion = self._named(body)
        if body.act == "open":
            return await self._open(room, motion, body)
        if body.act == "extend":
            return rq.ExtendMotion(closes_utc_ms=_until(body), motion=motion, round=body.round)
        if body.act == "close":
            # Whoever closes sees the clock; that somebody has not voted yet was confirmed by two.
            return rq.CloseMotion(early=True, motion=motion, round=body.round)
        return rq.AnnounceResult(motion=motion, round=body.round)

    async def _open(self, room: MeetingRoom, motion: str, body: b.Act) -> rq.OpenMotion:
        draft = next((draft for draft in room.record.drafts if draft.motion == motion and not draft.withdrawn), None)
        if draft is None:
            raise UserError("unknown-motion", "议程中没有此事项", "the agenda has no such motion")
        await self._rooms.refresh_roll(room)
        if room.roll is None:
            raise UserError("no-roll", "请先导入债权表", "import the creditors' roll first")
        if room.roll.roll not in room.hall.meeting.rolls:
            await room.hall.do(rq.FreezeRoll(roll=room.roll.roll))
        groups = draft.groups
        before = room.hall.meeting.rounds.get((motion, 1))
        if body.round == 2 and before is not None and before.result is not None and groups:
            failed = {division.division for division in before.result.divisions if not division.passed}
            groups = tuple(group for group in groups if group.value in failed)
        return rq.OpenMotion(
            closes_utc_ms=_until(body),
            groups=groups,
            matter=draft.matter,
            motion=motion,
            options=draft.options,
            roll=room.roll.roll,
            round=body.round,
            title=draft.title,
        )

    async def _carry_out(self, room: MeetingRoom, request: rq.ByTwo) -> None:
        hall, act = room.hall, request.act
        if not isinstance(act, rq.OpenMotion):
            await hall.do(request)
            return
        decide(hall.meeting, request, hall.log.stamp())
        rules, roll = hall.meeting.rules, hall.meeting.rolls[act.roll]
        assert rules is not None
        key = (act.motion, act.round)
        hall.meeting.prepared[key] = await asyncio.to_thread(prepare, rules, roll, act)
        try:
            await hall.do(request)
        finally:
            hall.meeting.prepared.pop(key, None)

    async def _count(self, room: MeetingRoom, motion: str, round_: int) -> None:
        await room.hall.do(rq.CountRound(motion=motion, round=round_))

    @staticmethod
    def _named(body: b.Act) -> str:
        if body.motion is None:
            raise UserError("motion-needed", "请指明表决事项", "name the motion")
        return body.motion


def _until(body: b.Act) -> int:
    if body.closes_utc_ms is None:
        raise UserError("time-needed", "请设定截止时间", "say when it closes")
    return body.closes_utc_ms


def _paper_waits(room: MeetingRoom, motion: str, round_: int) -> bool:
    """Whether paper was keyed in for the round: then the clerks say when all of it is."""
    found = room.hall.meeting.rounds.get((motion, round_))
    return (
        found is not None
        and found.state is State.CLOSED
        and any(
            entry.motion == motion and entry.round == round_
            for paper in room.hall.meeting.papers.values()
            for entry in paper.entries
        )
    )
