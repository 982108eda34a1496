"""Papers of a meeting: resolution, tally, minutes, named list. Made when they are asked for, from log and record; the
same log gives the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path

from msgspec.structs import replace

from hearing.errors import Refused, UserError
from records.errors import UNREADABLE
from records.writing.minutes import Minutes, Proof
from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import write_ofd
from records.writing.minutes_pdf import write_pdf
from signaling.meetings.book import MeetingBook
from signaling.meetings.document_desk import read_counts
from signaling.meetings.draws import Draws
from signaling.meetings.reads import Reads
from signaling.meetings.roll_desk import RollDesk
from signaling.meetings.room import MeetingRoom
from signaling.services import Services
from signaling.staff.accounts import StaffBook
from voting.chronicle import Chronicle
from voting.leaves import Ballot
from voting.rolls import Registered
from voting.round import Round, State
from voting.sheets import Sheet, alternative_sheets, named_list, tally_sheet, write_csv, write_xlsx
from voting.units import units_of
from voting.writing.facts import Facts, Laid, Said
from voting.writing.meeting_minutes import minutes_of
from voting.writing.papers import resolution, tally

PAPERS: dict[str, tuple[str, Callable[[Minutes], bytes]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", write_docx),
    "pdf": ("application/pdf", lambda minutes: write_pdf(minutes).data),
    "ofd": ("application/ofd", write_ofd),
}
TABLES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
PART_LEAVES = 2_000


class Outputs:
    """Makes papers; who may have them is the routes' question."""

    def __init__(
        self,
        services: Services,
        book: MeetingBook,
        rolls: RollDesk,
        reads: Reads,
        draws: Draws,
        staff: StaffBook,
    ) -> None:
        self._services = services
        self._rolls = rolls
        self._book = book
        self._reads = reads
        self._draws = draws
        self._staff = staff

    async def resolution(self, room: MeetingRoom, round_: Round) -> Minutes:
        """决议; a draft until it is announced. Raises Refused `not-counted`."""
        check_counted(round_)
        return self._proven(resolution(await self.facts(room), room.hall.meeting, round_))

    async def tally(self, room: MeetingRoom, round_: Round) -> Minutes:
        """表决统计表. Raises Refused `not-counted`."""
        check_counted(round_)
        return self._proven(tally(await self.facts(room), room.hall.meeting, round_))

    async def minutes(self, room: MeetingRoom) -> Minutes:
        """会议记录; a draft until the meeting is closed."""
        facts = await self.facts(room)
        chronicle = await self.chronicle(room)
        return self._proven(await asyncio.to_thread(minutes_of, facts, room.hall.meeting, chronicle, room.roll))

    def _proven(self, paper: Minutes) -> Minutes:
        """With that by which the vote is verified at its foot."""
        proof = Proof(
            key=self._services.court_key.fingerprint,
            verifier=self._services.ballot_verifier_sha256,
            program="verify_ballots.py",
        )
        return replace(paper, proof=proof)

    async def tally_sheets(self, room: MeetingRoom, round_: Round) -> list[Sheet]:
        """What was counted, and what other ways would have given. Raises Refused `not-counted`."""
        check_counted(round_)
        assert round_.result is not None
        return [tally_sheet(round_.result), *alternative_sheets(round_.result)]

    async def named(self, room: MeetingRoom, round_: Round) -> list[Sheet]:
        """记名表决表: who voted how, for the court alone. Raises Refused `not-counted`."""
        check_counted(round_)
        stands = {
            unit.seq: (name, key)
            for name, division in round_.divisions.items()
            for key, unit in division.units.items()
            if unit.choice is not None
        }
        ballots = (await self.chronicle(room, stands.keys())).ballots
        effective: dict[str, dict[str, Ballot]] = {name: {} for name in round_.divisions}
        for seq, (name, key) in stands.items():
            effective[name][key] = ballots[seq]
        opened = round_.opened
        units = await asyncio.to_thread(
            units_of, round_.rule, round_.options, opened.groups, round_.roll.entries, frozenset(round_.excluded)
        )
        return [named_list(units, await self.register(room, round_), effective, room.agents)]

    async def register(self, room: MeetingRoom, round_: Round) -> dict[str, Registered]:
        """Who the creditors of the round's roll are: another table may have been imported since."""
        roll = round_.roll.roll
        if room.roll is not None and room.roll.roll == roll:
            return room.register
        return await self._rolls.register(room.record.id, roll)

    async def facts(self, room: MeetingRoom) -> Facts:
        """What is known beside the log."""
        record = room.record
        meeting = room.hall.meeting
        counts = read_counts(await self._reads.readers(record.id), room)
        accounts = {account.account: account.name for account in await self._staff.all()}
        asked, spoken = await self._book.questions(record.id), await self._book.speeches(record.id)
        opened = {round_.opened.motion: round_.opened.title for round_ in meeting.rounds.values()}
        drafts = {draft.motion: draft.title for draft in record.drafts}

        def name_of(person: str) -> str:
            name = room.name_of(person)
            return accounts.get(person, name) if name == person else name

        return Facts(
            meeting=record.id,
            court=record.court,
            case_no=record.case_no,
            title=record.title,
            called_by=name_of(record.created_by),
            scheduled_utc_ms=record.scheduled_utc_ms,
            name_of=name_of,
            agenda=tuple({**drafts, **opened}.values()),
            documents=tuple(
                Laid(
                    title=each.title,
                    sha256=each.sha256,
                    added_utc_ms=each.added_utc_ms,
                    removed_utc_ms=each.removed_utc_ms,
                    reason=each.reason,
                    read=counts.get(each.document, 0),
                )
                for each in sorted(record.documents, key=lambda each: each.added_utc_ms)
            ),
            drawn=await self._draws.drawn(room),
            questions=tuple(Said(person=each.person, utc_ms=each.utc_ms, text=each.text) for each in asked),
            speeches=tuple(Said(person=person, utc_ms=utc_ms) for person, utc_ms in spoken),
        )

    def short_facts(self, room: MeetingRoom) -> Facts:
        """What a notice needs: no look into any store, since thousands come for theirs at once."""
        record = room.record
        return Facts(
            meeting=record.id,
            court=record.court,
            case_no=record.case_no,
            title=record.title,
            called_by=record.created_by,
            scheduled_utc_ms=record.scheduled_utc_ms,
            name_of=room.name_of,
        )

    async def chronicle(self, room: MeetingRoom, ballots: Collection[int] = ()) -> Chronicle:
        """The log read once more, in parts and off the event loop."""
        chronicle = Chronicle(ballots)
        part: list[bytes] = []
        async for leaf in self._services.ballots.leaves(room.record.id):
            part.append(leaf)
            if len(part) == PART_LEAVES:
                await asyncio.to_thread(_take, chronicle, part)
                part = []
        await asyncio.to_thread(_take, chronicle, part)
        return chronicle


def round_of(room: MeetingRoom, motion: str, round_: str) -> Round:
    """Raises UserError `unknown-motion`."""
    found = room.hall.meeting.rounds.get((motion, int(round_)))
    if found is None:
        raise UserError("unknown-motion", "没有这次表决", "there was no such vote")
    return found


def check_counted(round_: Round) -> None:
    """Before the count nobody is told who voted what. Raises Refused `not-counted`."""
    if round_.result is None:
        raise Refused("not-counted", "该事项尚未计票", "the votes are not counted yet")


def check_announced(round_: Round) -> None:
    """Raises Refused `not-announced`."""
    if round_.state is not State.ANNOUNCED:
        raise Refused("not-announced", "表决结果尚未宣布", "the result is not announced yet")


def write_paper(file: Path, minutes: Minutes, kind: str) -> None:
    """The paper in a format of `PAPERS`. Blocks. Raises UserError `no-font` for a PDF."""
    file.write_bytes(PAPERS[kind][1](minutes))


def write_table(file: Path, sheets: list[Sheet], kind: str) -> None:
    """The sheets in a format of `TABLES`; csv holds the first only. Blocks."""
    if kind == "csv":
        write_csv(file, sheets[0])
    else:
        write_xlsx(file, sheets)


def _take(chronicle: Chronicle, part: list[bytes]) -> None:
    for leaf in part:
        try:
            chronicle.take(leaf)
        except UNREADABLE as problem:
            raise ValueError(f"leaf {chronicle.size} is unreadable") from problem
