"""`/api/v1/meetings/...`: what is taken off the agenda again, who votes for whom, and the findings of 87(2)."""

from __future__ import annotations

from aiohttp import web
from msgspec.structs import replace

from hearing.errors import UserError
from signaling.http import body_of, reply
from signaling.meetings import bodies as b
from signaling.meetings.book import MeetingBook
from signaling.meetings.doorkeeper import Doorkeeper
from signaling.meetings.room import MeetingRoom
from voting.court import Checked, checklist
from voting.leaves import Mandate
from voting.requests import EnterCram


class AgendaRoutes:
    """Handlers."""

    def __init__(self, door: Doorkeeper, book: MeetingBook) -> None:
        self._door = door
        self._book = book

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        one = "/api/v1/meetings/{id}"
        return [
            web.delete(f"{one}/motions/{{motion}}", self.withdraw_motion),
            web.get(f"{one}/motions/{{motion}}/cram", self.cram),
            web.post(f"{one}/motions/{{motion}}/cram", self.enter_cram),
            web.get(f"{one}/mandates", self.mandates),
        ]

    async def withdraw_motion(self, request: web.Request) -> web.Response:
        """Off the agenda, before it was ever opened: what was opened is in the log and stays. Its id is not used
        again, because mandates may name it."""
        _, room = await self._door.account(request)
        motion = request.match_info["motion"]
        if not any(draft.motion == motion and not draft.withdrawn for draft in room.record.drafts):
            raise UserError("unknown-motion", "议程中没有此事项", "the agenda has no such motion")
        if (motion, 1) in room.hall.meeting.rounds:
            raise UserError("motion-opened", "已经开始表决的事项不能撤下", "a motion that was opened stays")
        drafts = tuple(
            replace(draft, withdrawn=True) if draft.motion == motion else draft for draft in room.record.drafts
        )
        record = replace(room.record, drafts=drafts)
        await self._book.put(record)
        room.record = record
        room.touch()
        return web.Response(status=204)

    async def mandates(self, request: web.Request) -> web.Response:
        """Every mandate, the newest first, ended ones too."""
        _, room = await self._door.account(request)
        standing = reversed(room.hall.meeting.mandates.values())
        return reply([_row(room, each.leaf, revoked=each.revoked) for each in standing])

    async def cram(self, request: web.Request) -> web.Response:
        """The six conditions for a plan that failed, and what the judge found."""
        _, room = await self._door.account(request)
        return reply(_conditions(room, request.match_info["motion"]))

    async def enter_cram(self, request: web.Request) -> web.Response:
        """One finding; a later one replaces it, and both are in the log."""
        _, room = await self._door.account(request, "judge")
        motion = request.match_info["motion"]
        body = await body_of(request, b.CramEntry)
        await room.hall.do(
            EnterCram(
                claimed=body.claimed,
                condition=body.condition,
                evidence=body.evidence,
                finding=body.finding,
                motion=motion,
            )
        )
        return reply(_conditions(room, motion), 201)


def _row(room: MeetingRoom, leaf: Mandate, *, revoked: bool) -> b.MandateRow:
    return b.MandateRow(
        mandate=leaf.mandate,
        principal=leaf.principal,
        principal_name=room.name_of(leaf.principal),
        agent=leaf.agent,
        agent_name=room.name_of(leaf.agent),
        motions=leaf.motions,
        instructions=leaf.instructions,
        document=leaf.document,
        utc_ms=leaf.utc_ms,
        revoked=revoked,
    )


def _conditions(room: MeetingRoom, motion: str) -> list[b.CramRow]:
    return [_condition(checked) for checked in checklist(room.hall.meeting, motion)]


def _condition(checked: Checked) -> b.CramRow:
    entered = checked.entered
    return b.CramRow(
        number=checked.condition.number,
        zh=checked.condition.zh,
        en=checked.condition.en,
        failed=checked.failed,
        by_vote=checked.by_vote,
        claimed=entered.claimed if entered is not None else None,
        finding=entered.finding if entered is not None else "",
        evidence=entered.evidence if entered is not None else "",
        utc_ms=entered.utc_ms if entered is not None else None,
    )
