"""The gate before a creditors' meeting: where the court asks for it, a session of its own checks who signs in.

Nothing of the gate is done anew here. The court makes a session at the level it wants and names it as the meeting's
gate; a creditor or agent who signs in gets a seat there and its invitation, passes the gate on its own pages (face,
document, bounded tries, the clerk's desk), and comes back with the proof that this page earned the verdict. The
session's log is the evidence. Whoever is certified on site by a clerk needs none of this.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import defaultdict
from hashlib import blake2b

from hearing import identity_events as ie
from hearing.documents import Document
from hearing.errors import UserError
from hearing.identity_events import IdentityLevel
from hearing.roles import Role
from hearing.session import is_over
from hearing.state import Hearing
from identity.vault import Purpose
from records.ledger import Ledger
from signaling.bodies import NewSeat
from signaling.gate.desk import GateDesk
from signaling.gate.log import GateLog
from signaling.meetings.room import MeetingRoom
from signaling.services import Services
from signaling.sessions.desk import SessionDesk
from signaling.sessions.invitations import Invitations

MOST_NAME = 60
_KINDS = ("resident_id", "uscc", "passport", "other")
_BY = "meeting"
"""The actor of what this does in the session's log."""


class MeetingEntry:
    """Asks the gate's session about people of meetings."""

    def __init__(
        self, services: Services, sessions: SessionDesk, invitations: Invitations, desk: GateDesk, log: GateLog
    ) -> None:
        self._services = services
        self._sessions = sessions
        self._invitations = invitations
        self._desk = desk
        self._log = log
        self._seating: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check_gate(self, session: str) -> None:
        """Whether the session can be a meeting's gate. Raises UserError `unknown-session`, `session-over`,
        `no-gate`."""
        hearing = (await self._services.book.get(session)).hearing
        if is_over(hearing.state):
            raise UserError("session-over", "该庭次已结束", "this session is over")
        if hearing.identity is IdentityLevel.NONE:
            raise UserError("no-gate", "该庭次不核验身份，不能用于会议签到", "this session checks nobody's identity")

    async def code_for(self, room: MeetingRoom, person: str, number: str, proof: str | None) -> str | None:
        """The invitation with which the person passes the gate first; None: nothing stands in their way.

        `number` is that of the person's document in the roll; the gate compares with it. Raises UserError
        `session-over`: the gate is closed, a clerk certifies who comes to the hall."""
        if not room.record.gate:
            return None
        ledger = await self._services.book.get(room.record.gate)
        seat = _seat_of(room.record.id, person)
        async with self._seating[f"{room.record.id}/{person}"]:
            participant = _holder(ledger.hearing, seat)
            if participant is not None and self._passed(ledger.hearing, participant, proof):
                return None
            if is_over(ledger.hearing.state):
                raise UserError(
                    "session-over",
                    "身份核验已结束，请到会场由书记员核验签到",
                    "the identity check is over: a clerk checks you in the hall",
                )
            if participant is None:
                participant = await self._seat(ledger, seat, room.name_of(person), number)
        found = await self._invitations.of_seat(ledger.session, participant)
        if found is None or found[1]:
            raise UserError("revoked", "您的邀请已被撤销，请联系书记员", "your invitation was revoked: ask the clerk")
        return found[0].link

    def _passed(self, hearing: Hearing, participant: str, proof: str | None) -> bool:
        """A verdict belongs to the page that earned it: the link alone carries nothing of it."""
        wanted = self._log.proof(hearing, participant)
        standing = hearing.people[participant].standing
        return standing.passed and bool(wanted) and hmac.compare_digest(wanted.encode(), (proof or "").encode())

    async def _seat(self, ledger: Ledger, seat: str, name: str, number: str) -> str:
        body = NewSeat(seat=seat, role=Role.CREDITOR, name=name[:MOST_NAME], required=False)
        await self._sessions.add_seat(ledger.session, body, _BY)
        participant = _holder(ledger.hearing, seat)
        if participant is None:
            raise UserError("unknown-participant", "名单中没有此人", "nobody here has this id")
        document = self._document(number)
        if document is not None:
            index = self._desk.number_index(document)
            await self._log.vault.put(
                ledger.session, participant, Purpose.NUMBER, index.encode(), media_type="text/plain"
            )
            await ledger.note(_BY, [ie.FileKept(participant=participant, items=("number",), by=_BY)])
        return participant

    def _document(self, number: str) -> Document | None:
        for kind in _KINDS:
            try:
                return self._desk.read_document(kind, number)
            except UserError:
                continue
        return None


def _holder(hearing: Hearing, seat: str) -> str | None:
    return next((who for who, person in hearing.people.items() if person.seat.seat == seat), None)


def _seat_of(meeting: str, person: str) -> str:
    """The name of a person's seat at the gate: seats have narrower names than creditors."""
    return f"c-{blake2b(f'{meeting}/{person}'.encode(), digest_size=12).hexdigest()}"
