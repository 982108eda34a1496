"""`/api/v1/sessions/{id}/sound`: hear what a line of the transcript says, with the credential of one's `welcome`."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from hearing.errors import Refused, UserError
from signaling.admission import Admission
from signaling.http import bearer_of
from signaling.limits import Limiter
from signaling.rooms import Rooms
from signaling.view import Audience, audience, may_read_minutes


class SoundRoutes:
    """The court's people hear any track at any time; who took part, while the minutes lie open."""

    def __init__(self, admission: Admission, rooms: Rooms, monotonic_us: Callable[[], int]) -> None:
        self._admission = admission
        self._rooms = rooms
        self._uses = Limiter(2.0, 20, monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [web.get("/api/v1/sessions/{id}/sound", self.sound)]

    async def sound(self, request: web.Request) -> web.Response:
        """`?track=&from_ms=&to_ms=` as a WAV file."""
        session, participant = await self._admission.check_credential(bearer_of(request) or "")
        await self._admission.check_welcome(session, participant)
        if session != request.match_info["id"]:
            raise Refused("no-right", "您不在此庭次中", "you are not in this session")
        if not self._uses.take(f"{session}.{participant}"):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        room = await self._rooms.get(session)
        person = room.hearing.people[participant]
        if audience(room.hearing, person) is not Audience.STAFF and not may_read_minutes(room.hearing, person):
            raise Refused("no-right", "笔录核对阶段才能播放录音", "the recording is heard when the minutes lie open")
        from_ms, to_ms = _number(request, "from_ms"), _number(request, "to_ms")
        if room.recording is None:
            raise UserError("no-sound", "没有录音", "nothing is recorded")
        track = request.query.get("track", "")
        try:
            wav = await room.recording.sound(track, from_ms, to_ms)
        except UserError as problem:
            if problem.code == "no-sound":
                room.review.gave_sound(participant, track, from_ms, to_ms, found=False)
            raise
        room.review.gave_sound(participant, track, from_ms, to_ms, found=True)
        return web.Response(body=wav, content_type="audio/wav")


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    if not text.isdecimal() or not text.isascii() or len(text) > 15:
        raise UserError("bad-span", f"参数 {name} 须为毫秒数", f"{name} must be a number of milliseconds")
    return int(text)
