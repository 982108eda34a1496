"""The way in: tickets for participants, and how it is closed again (invitation or account revoked)."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from hearing import commands as cmd
from hearing.errors import UserError
from hearing.roles import Right, rights
from hearing.state import Hearing
from identity.tickets import Ticket, TicketRights, Tickets
from records.ports import KeyValueStore
from signaling.credentials import Credentials
from signaling.gallery import Gallery
from signaling.protocol import Leave
from signaling.rooms import Rooms

BARRED = "barred_participants"

REVOKED = Leave(action="end", code="revoked", zh="您的邀请已被撤销", en="your invitation has been revoked")
SIGN_IN_AGAIN = Leave(
    action="reconnect",
    code="signed-out",
    zh="您的账号已变更，请重新登录",
    en="your account was changed: sign in again",
)

_COMMANDS = tuple(sorted(str(command.__struct_config__.tag) for command in get_args(cmd.AnyCommand)))


class Admission:
    """Issues and redeems tickets. A barred participant's tickets and credentials are worth nothing from then on."""

    def __init__(self, store: KeyValueStore, tickets: Tickets, credentials: Credentials, rooms: Rooms) -> None:
        self._store = store
        self._tickets = tickets
        self._credentials = credentials
        self._rooms = rooms
        self.gallery = Gallery()
        self._hung_up: list[Callable[[str, str], None]] = []

    def when_hung_up(self, forget: Callable[[str, str], None]) -> None:
        """Call `forget(session, participant)` whenever what somebody has open is ended."""
        self._hung_up.append(forget)

    def ticket(self, hearing: Hearing, participant: str) -> str:
        """A ticket for somebody on the session's list. Raises UserError `unknown-participant`."""
        person = hearing.people.get(participant)
        if person is None:
            raise UserError("unknown-participant", "名单中没有此人", "nobody here has this id")
        may = rights(person.role)
        return self._tickets.issue(
            participant=participant,
            session=hearing.session,
            role=person.role.value,
            seat=person.seat.seat,
            verdict=person.standing.earned or None,
            rights=TicketRights(publish=Right.PUBLISH in may, subscribe=Right.SUBSCRIBE in may, commands=_COMMANDS),
        )

    async def redeem(self, token: str, session: str | None = None) -> Ticket:
        """`Tickets.redeem`, and refuses the barred (`revoked`)."""
        ticket = await self._tickets.redeem(token, session)
        await self.check_welcome(ticket.session, ticket.sub)
        return ticket

    def check_verdict(self, hearing: Hearing, ticket: Ticket) -> None:
        """A verdict that was reached after the ticket was made is another page's. Ask again after whatever took time
        on the way in. Raises UserError `ticket-expired`."""
        person = hearing.people.get(ticket.sub)
        earned = person.standing.earned if person is not None else ""
        if earned and earned != ticket.verdict:
            raise UserError(
                "ticket-expired",
                "身份核验已有结果，请重新进入",
                "a verdict was reached since this ticket was made: enter again",
            )

    async def credential(self, session: str, participant: str) -> str:
        """A new session credential; the participant's older one ends."""
        return await self._credentials.issue(session, participant)

    async def check_credential(self, credential: str) -> tuple[str, str]:
        """(session, participant). Raises UserError `credential-invalid`."""
        return await self._credentials.check(credential)

    async def bar(self, session: str, participant: str, leave: Leave = REVOKED) -> None:
        """Shut the participant out at once: tickets under way, credential, page and media. Idempotent."""
        await self._store.put(BARRED, f"{session}.{participant}", b"1")
        await self.hang_up(session, participant, leave)

    async def hang_up(self, session: str, participant: str, leave: Leave = SIGN_IN_AGAIN) -> None:
        """End what the participant has open, page, media and credential, without barring them. Idempotent."""
        await self._credentials.revoke(session, participant)
        for forget in self._hung_up:
            forget(session, participant)
        room = self._rooms.live(session)
        if room is not None:
            await room.withdraw(participant, leave)

    async def unbar(self, session: str, participant: str) -> None:
        """Let the participant in again (a new invitation). Idempotent."""
        await self._store.delete(BARRED, f"{session}.{participant}")

    async def check_welcome(self, session: str, participant: str) -> None:
        """Raises UserError `revoked` for the barred. Ask again after whatever took time on the way in."""
        if await self._store.get(BARRED, f"{session}.{participant}") is not None:
            raise UserError("revoked", "您的邀请已被撤销，请联系书记员", "your invitation was revoked: ask the clerk")
