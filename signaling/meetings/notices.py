"""Result notices: made for everybody at once, opened on the page, sent, handed over; every step durable.

A notice is made of log and roll, the same text each time, so only its hash is kept, with all others' under one root.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

import msgspec

from hearing.errors import UserError
from hearing.tasks import TaskSet, log_fault
from records.canonical import canonical
from records.writing.minutes import Minutes
from signaling.meetings import notice_bodies as n
from signaling.meetings.firsts import Done, Firsts
from signaling.meetings.outputs import Outputs, check_announced
from signaling.meetings.room import MeetingRoom
from signaling.services import Services
from voting.deadlines import due
from voting.meeting import Meeting
from voting.merkle import MerkleTree
from voting.rolls import Registered
from voting.round import Round, State
from voting.rules import Deadline
from voting.writing.result_notice import NoticeWriter

BATCHES = "meeting_notice_batches"
DELIVERIES = "meeting_notices"
EVERYBODY = "*"
"""Stands for all creditors where something was published; no creditor's id is like it."""
MOST_MAKERS = 4
"""Rounds whose notices can be made without a look at the roll; the oldest is dropped: each holds its roll."""
_ATTEMPTS = ("sent", "failed")


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Notices of one round, as they were made."""

    motion: str
    round: int
    result_seq: int
    made_utc_ms: int
    creditors: int
    root: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody of the court or the administrator did."""

    utc_ms: int
    by: str
    reference: str = ""
    reason: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Signed by the court over the canonical JSON without `signature` (Ed25519, as in docs/ballot-log.md)."""

    creditor: str
    key: str
    meeting: str
    motion: str
    notice_sha256: str
    person: str
    """Who opened it: the creditor, or an agent."""
    round: int
    shown: bool
    signature: str = ""
    utc_ms: int


@dataclass(frozen=True, slots=True)
class _Maker:
    """What a round's notices are made of; kept, since thousands come for theirs at once."""

    writer: NoticeWriter
    register: dict[str, Registered]
    told: tuple[str, ...]
    members: frozenset[str]

    def of(self, creditor: str) -> Minutes:
        known = self.register.get(creditor)
        return self.writer.of(creditor, known.name if known is not None else creditor)


class Notices:
    """Who may is the routes' question. Every method that takes a round raises Refused `not-announced`."""

    def __init__(self, services: Services, outputs: Outputs) -> None:
        self._services = services
        self._outputs = outputs
        self._deliveries = Firsts(services.store, DELIVERIES)
        self._makers: dict[str, _Maker] = {}
        self._batches: dict[str, Batch] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks = TaskSet()

    def make_soon(self, room: MeetingRoom, motion: str, round_: int) -> None:
        """A result was announced. Whoever asks first makes the notices where this was cut off."""
        self._tasks.spawn(self._make(room, motion, round_), "result notices")

    async def close(self) -> None:
        """Give up what is being made; it is made when somebody asks."""
        await self._tasks.close()

    async def batch(self, room: MeetingRoom, round_: Round) -> Batch:
        """The round's notices; made now, durably, where they were not. Idempotent."""
        check_announced(round_)
        scope = _scope(room, round_)
        if (known := self._batches.get(scope)) is not None:
            return known
        async with self._making[scope]:
            raw = await self._services.store.get(BATCHES, scope)
            if raw is None:
                made = await self._made(room, round_)
                await self._services.store.add(BATCHES, scope, msgspec.json.encode(made))
            else:
                made = msgspec.json.decode(raw, type=Batch)
            self._batches[scope] = made
        return made

    async def of(self, room: MeetingRoom, round_: Round, creditor: str) -> Minutes:
        """The creditor's notice. Raises UserError `no-notice` for somebody who is not told."""
        await self.batch(room, round_)
        maker = await self._maker(room, round_)
        if creditor not in maker.members:
            raise UserError("no-notice", "没有给您的告知书", "there is no notice for this creditor")
        return maker.of(creditor)

    async def mine(self, room: MeetingRoom, person: str) -> list[n.MyNotice]:
        """Notices for the person, and for those whose agent they are."""
        found = []
        for round_ in list(room.hall.meeting.rounds.values()):
            if round_.state is not State.ANNOUNCED:
                continue
            batch = await self.batch(room, round_)
            maker = await self._maker(room, round_)
            done = await self._deliveries.everybody(_scope(room, round_))
            for creditor in (person, *principals_of(room.hall.meeting, person)):
                if creditor in maker.members:
                    found.append(
                        n.MyNotice(
                            motion=batch.motion,
                            round=batch.round,
                            title=round_.opened.title,
                            creditor=creditor,
                            name=room.name_of(creditor),
                            made_utc_ms=batch.made_utc_ms,
                            shown="shown" in done.get(creditor, ()),
                        )
                    )
        return found

    async def show(self, room: MeetingRoom, round_: Round, creditor: str, person: str) -> n.Notice:
        """The notice as the page shows it; that it was, and when first, is durable before this returns. Idempotent:
        the same receipt each time. Raises UserError `no-notice`."""
        notice = await self.of(room, round_, creditor)
        scope = _scope(room, round_)
        if (known := await self._deliveries.value(scope, creditor, "shown")) is not None:
            return _notice(round_, creditor, notice, known)
        unsigned = Shown(
            creditor=creditor,
            key=self._services.court_key.fingerprint,
            meeting=room.record.id,
            motion=round_.opened.motion,
            notice_sha256=notice.sha256,
            person=person,
            round=round_.opened.round,
            shown=True,
            utc_ms=self._services.sources.utc_ms(),
        )
        signature = self._services.court_key.sign(canonical(unsigned)).hex()
        receipt = canonical(msgspec.structs.replace(unsigned, signature=signature))
        await self._deliveries.note(scope, creditor, "shown", receipt)
        first = await self._deliveries.value(scope, creditor, "shown")
        return _notice(round_, creditor, notice, first or receipt)

    async def deliver(self, room: MeetingRoom, round_: Round, body: n.Delivered, account: str) -> None:
        """Note what was done. Raises UserError `no-notice`, `bad-delivery`."""
        await self.batch(room, round_)
        maker = await self._maker(room, round_)
        scope = _scope(room, round_)
        utc_ms = self._services.sources.utc_ms()
        value = msgspec.json.encode(
            Delivery(utc_ms=utc_ms, by=account, reference=body.reference.strip(), reason=body.reason.strip())
        )
        if body.state == "published":
            if body.creditors or not body.reference.strip():
                raise _bad("公告须写明刊登处，且不指定债权人", "a publication says where, and names nobody")
            await self._deliveries.note(scope, EVERYBODY, f"published.{utc_ms:014d}", value)
            return
        wanted = body.creditors
        if not wanted:
            if body.state != "sent" or not body.reference.strip():
                raise _bad("请指明债权人；批量发送须写明批次号", "name the creditors; sending to all has a reference")
            done = await self._deliveries.everybody(scope)
            wanted = tuple(each for each in maker.told if state_of(done.get(each, frozenset())) in {"made", "failed"})
        if unknown := [each for each in wanted if each not in maker.members]:
            raise UserError(
                "no-notice", f"没有给 {unknown[0]} 的告知书", f"there is no notice for the creditor {unknown[0]}"
            )
        what = "handed" if body.state == "handed" else f"{body.state}.{utc_ms:014d}"
        for creditor in wanted:
            await self._deliveries.note(scope, creditor, what, value)

    async def board(self, room: MeetingRoom) -> list[n.NoticeBoard]:
        """Every round that was closed, and how far creditors were told."""
        return [
            await self._row(room, round_)
            for round_ in list(room.hall.meeting.rounds.values())
            if round_.closed_seq >= 0
        ]

    async def told(self, room: MeetingRoom, round_: Round) -> tuple[_Maker, dict[tuple[str, str], bytes]]:
        """What the round's notices are made of, and all that was done, for the evidence."""
        await self.batch(room, round_)
        return await self._maker(room, round_), await self._deliveries.values(_scope(room, round_))

    async def _row(self, room: MeetingRoom, round_: Round) -> n.NoticeBoard:
        meeting = room.hall.meeting
        assert meeting.rules is not None
        ends_utc_ms = due(meeting.rules, Deadline.RESULT_NOTICE, round_.closed_utc_ms).ends_utc_ms
        announced = round_.state is State.ANNOUNCED
        batch = await self.batch(room, round_) if announced else None
        done = await self._deliveries.everybody(_scope(room, round_))
        states = defaultdict[str, int](int)
        for person, each in done.items():
            if person != EVERYBODY:
                states[state_of(each)] += 1
        published = sorted(done.get(EVERYBODY, ()))
        creditors = batch.creditors if batch is not None else 0
        open_ = creditors - states["shown"] - states["handed"] - states["sent"]
        late = self._services.sources.utc_ms() >= ends_utc_ms
        return n.NoticeBoard(
            motion=round_.opened.motion,
            round=round_.opened.round,
            title=round_.opened.title,
            announced=announced,
            made_utc_ms=batch.made_utc_ms if batch is not None else None,
            due_utc_ms=ends_utc_ms,
            missed=late and not published and (batch is None or open_ > 0),
            creditors=creditors,
            shown=states["shown"],
            handed=states["handed"],
            sent=states["sent"],
            failed=states["failed"],
            waiting=open_ - states["failed"],
            published_utc_ms=int(published[0].partition(".")[2]) if published else None,
            root=batch.root if batch is not None else "",
        )

    async def _make(self, room: MeetingRoom, motion: str, round_: int) -> None:
        found = room.hall.meeting.rounds.get((motion, round_))
        try:
            if found is not None:
                await self.batch(room, found)
        except Exception as problem:
            log_fault("result notices wait until somebody asks", problem, meeting=room.record.id)

    async def _made(self, room: MeetingRoom, round_: Round) -> Batch:
        maker = await self._maker(room, round_)
        assert room.hall.meeting.created is not None
        root = await asyncio.to_thread(_root, room.hall.meeting.created.alg, maker)
        assert round_.result is not None
        return Batch(
            motion=round_.opened.motion,
            round=round_.opened.round,
            result_seq=round_.result.seq,
            made_utc_ms=self._services.sources.utc_ms(),
            creditors=len(maker.told),
            root=root,
        )

    async def _maker(self, room: MeetingRoom, round_: Round) -> _Maker:
        scope = _scope(room, round_)
        maker = self._makers.get(scope)
        if maker is None:
            register = await self._outputs.register(room, round_)
            writer = NoticeWriter(self._outputs.short_facts(room), room.hall.meeting, round_)
            told = await asyncio.to_thread(writer.told)
            maker = self._makers[scope] = _Maker(writer, register, tuple(told), frozenset(told))
            while len(self._makers) > MOST_MAKERS:
                del self._makers[next(iter(self._makers))]
        return maker


def state_of(done: Done) -> str:
    """`shown`, `handed`, `sent`, `failed` or `made`: of several attempts the latest."""
    for final in ("shown", "handed"):
        if final in done:
            return final
    attempts = [(each.partition(".")[2], each.partition(".")[0]) for each in done]
    return max((each for each in attempts if each[1] in _ATTEMPTS), default=("", "made"))[1]


def principals_of(meeting: Meeting, person: str) -> list[str]:
    """Whose agent the person is now."""
    return [
        principal
        for (principal, agent), mandates in meeting.mandates_between.items()
        if agent == person and any(not meeting.mandates[mandate].revoked for mandate in mandates)
    ]


def _notice(round_: Round, creditor: str, notice: Minutes, receipt: bytes) -> n.Notice:
    return n.Notice(
        motion=round_.opened.motion,
        round=round_.opened.round,
        creditor=creditor,
        lines=tuple(notice.lines()),
        sha256=notice.sha256,
        receipt=msgspec.Raw(receipt),
    )


def _scope(room: MeetingRoom, round_: Round) -> str:
    return f"{room.record.id}.{round_.opened.motion}.{round_.opened.round}"


def _root(alg: str, maker: _Maker) -> str:
    return MerkleTree(alg, (f"{each} {maker.of(each).sha256}".encode() for each in maker.told)).root().hex()


def _bad(zh: str, en: str) -> UserError:
    return UserError("bad-delivery", zh, en)
