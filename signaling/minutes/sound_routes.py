"""`/api/v1/sessions/{id}/sound`: hear what a line of the transcript says."""

from __future__ import annotations

from aiohttp import web

from hearing.errors import Refused, UserError
from signaling.admission import Admission
from signaling.http import bearer_of
from signaling.limits import Limiter
from signaling.rooms import Rooms
from signaling.services import Services
from signaling.sessions.desk import SessionDesk
from signaling.staff.routes import StaffDesk
from signaling.view import Audience, audience, may_read_minutes


class SoundRoutes:
    """With the credential of one's `welcome`: the court's people hear any track at any time, who took part while the
    minutes lie open. With an account: who may read the session, also when its courtroom is not open."""

    def __init__(
        self, services: Services, admission: Admission, rooms: Rooms, desk: StaffDesk, sessions: SessionDesk
    ) -> None:
        self._services = services
        self._admission = admission
        self._rooms = rooms
        self._desk = desk
        self._sessions = sessions
        self._uses = Limiter(2.0, 20, services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [web.get("/api/v1/sessions/{id}/sound", self.sound)]

    async def sound(self, request: web.Request) -> web.Response:
        """`?track=&from_ms=&to_ms=` as a WAV file."""
        heard = self._as_participant if bearer_of(request) else self._as_account
        return web.Response(body=await heard(request), content_type="audio/wav")

    async def _as_account(self, request: web.Request) -> bytes:
        account = await self._desk.require(request)
        session = request.match_info["id"]
        await self._sessions.check_reads(account, session)
        self._check_rate(account.account)
        ledger = await self._services.book.get(session)
        return await self._services.sounds.cut(ledger, *_span(request))

    async def _as_participant(self, request: web.Request) -> bytes:
        session, participant = await self._admission.check_credential(bearer_of(request) or "")
        await self._admission.check_welcome(session, participant)
        if session != request.match_info["id"]:
            raise Refused("no-right", "您不在此庭次中", "you are not in this session")
        self._check_rate(f"{session}.{participant}")
        room = await self._rooms.get(session)
        person = room.hearing.people[participant]
        if audience(room.hearing, person) is not Audience.STAFF and not may_read_minutes(room.hearing, person):
            raise Refused("no-right", "笔录核对阶段才能播放录音", "the recording is heard when the minutes lie open")
        track, from_ms, to_ms = _span(request)
        if room.recording is None:
            raise UserError("no-sound", "没有录音", "nothing is recorded")
        try:
            wav = await room.recording.sound(track, from_ms, to_ms)
        except UserError as problem:
            if problem.code == "no-sound":
                room.review.gave_sound(participant, track, from_ms, to_ms, found=False)
            raise
        room.review.gave_sound(participant, track, from_ms, to_ms, found=True)
        return wav

    def _check_rate(self, who: str) -> None:
        if not self._uses.take(who):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")


def _span(request: web.Request) -> tuple[str, int, int]:
    return request.query.get("track", ""), _number(request, "from_ms"), _number(request, "to_ms")


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    if not text.isdecimal() or not text.isascii() or len(text) > 15:
        raise UserError("bad-span", f"参数 {name} 须为毫秒数", f"{name} must be a number of milliseconds")
    return int(text)
