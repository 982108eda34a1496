"""`/api/v1/supervision/...`: the supervisors' wall (随时听 随时看). Every look is an event of its hearing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from aiohttp import web

from hearing import events as ev
from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.participant import IN_COURTROOM
from hearing.policy import is_recorded
from hearing.roles import Right, Role, rights
from hearing.session import State, is_open, is_over, is_recording, state_label
from hearing.state import Hearing
from hearing.supervision import looks_of, may_look
from hearing.supervision_events import LookAsked
from records.ledger import Ledger
from signaling.admission import Admission
from signaling.bodies import Ticket
from signaling.http import body_of, reply
from signaling.limits import Limiter
from signaling.rooms import Rooms
from signaling.services import Services
from signaling.sessions.desk import SEAT_ACCOUNTS, SessionDesk
from signaling.staff.accounts import StaffAccount
from signaling.staff.routes import StaffDesk
from signaling.supervision.bodies import LookRow, NewLook, SupervisedHearing


class SupervisionRoutes:
    """Handlers; accounts of supervisors only."""

    def __init__(
        self, services: Services, desk: StaffDesk, sessions: SessionDesk, admission: Admission, rooms: Rooms
    ) -> None:
        self._services = services
        self._desk = desk
        self._sessions = sessions
        self._admission = admission
        self._rooms = rooms
        self._seating = asyncio.Lock()
        self._looks = Limiter(0.5, 20, services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.get("/api/v1/supervision/hearings", self.hearings),
            web.post("/api/v1/supervision/hearings/{session}/look", self.look),
        ]

    async def hearings(self, request: web.Request) -> web.Response:
        """Hearings that run or are about to, those that sit in the open first. Looks at none of them."""
        await self._desk.require(request, "supervisor")
        found = [hearing for hearing in self._services.book.hearings() if _on_the_wall(hearing)]
        found.sort(key=lambda hearing: (not may_look(hearing), hearing.scheduled_utc_ms, hearing.session))
        return reply([self._row(hearing) for hearing in found])

    async def look(self, request: web.Request) -> web.Response:
        """A ticket for looking in; the log has who asked, for what and why, before there is one. 409 `not-open` while
        the court does not sit in the open."""
        account = await self._desk.require(request, "supervisor")
        body = await body_of(request, NewLook)
        if not (body.picture or body.sound):
            raise UserError("look-at-nothing", "请选择察看画面或声音", "choose the picture, the sound, or both")
        if not self._looks.take(account.account):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        ledger = await self._services.book.get(request.match_info["session"])
        _check_open(ledger.hearing)
        async with self._seating:
            participant = await self._seat(ledger, account)

        def asked(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            _check_open(hearing)
            return [
                LookAsked(participant=participant, picture=body.picture, sound=body.sound, reason=body.reason.strip())
            ]

        await ledger.change(participant, asked)
        token = self._admission.ticket(ledger.hearing, participant)
        return reply(Ticket(ticket=token, participant=participant, session=ledger.session))

    async def _seat(self, ledger: Ledger, account: StaffAccount) -> str:
        """The supervisor's place in this session: the same one at each look."""
        session = ledger.session
        known = await self._sessions.seat_of(session, account.account)
        if known is not None and known in ledger.hearing.people:
            return known
        seat = ev.Seat(
            participant=new_ulid(self._services.sources.utc_ms()),
            seat=f"supervisor-{account.account}",
            role=Role.SUPERVISOR,
            name=account.name,
            required=False,
        )
        owners = {**await self._sessions.accounts_of(session), seat.participant: account.account}
        await self._services.store.put(SEAT_ACCOUNTS, session, msgspec.json.encode(owners))
        await ledger.note("server", [ev.ParticipantAdded(seat=seat)])
        return seat.participant

    def _row(self, hearing: Hearing) -> SupervisedHearing:
        room = self._rooms.live(hearing.session)
        health = room.recording.health() if room is not None and room.recording is not None else None
        people = [person for person in hearing.people.values() if Right.PUBLISH in rights(person.role)]
        running = [person for person in people if Right.RUN_SESSION in rights(person.role)]
        return SupervisedHearing(
            id=hearing.session,
            court=hearing.court,
            case_no=hearing.case_no,
            hearing_no=hearing.hearing_no,
            title=hearing.title,
            cause=hearing.cause,
            public=hearing.public,
            state=hearing.state,
            state_label=state_label(hearing.state),
            phase=hearing.phase,
            scheduled_utc_ms=hearing.scheduled_utc_ms,
            opened_utc_ms=hearing.opened_utc_ms,
            judge=running[0].seat.name if running else "",
            present=sum(person.presence in IN_COURTROOM for person in people),
            expected=len(people),
            observers=sum(
                person.role is Role.OBSERVER and person.presence in IN_COURTROOM for person in hearing.people.values()
            ),
            incidents=hearing.incidents,
            recording=is_recording(hearing.state)
            and any(is_recorded(hearing, person.seat.participant) for person in people),
            tracks=len(health.tracks) if health else 0,
            sealed_age_ms=max((track.sealed_age_ms for track in health.tracks), default=None) if health else None,
            disk_free_bytes=health.disk_free_bytes if health else None,
            trouble=health.incident if health else None,
            may_look=may_look(hearing),
            looks=tuple(
                LookRow(
                    name=hearing.people[look.participant].seat.name,
                    picture=look.picture,
                    sound=look.sound,
                    since_utc_ms=look.since_utc_ms,
                )
                for look in looks_of(hearing)
            ),
        )


def _check_open(hearing: Hearing) -> None:
    if not may_look(hearing):
        raise UserError(
            "not-open",
            f"本庭{state_label(hearing.state)}，此时不能察看",
            "the court does not sit in the open now: nobody may look in",
        )


def _on_the_wall(hearing: Hearing) -> bool:
    return not is_over(hearing.state) and (is_open(hearing.state) or hearing.state is State.WAITING)
