"""`/api/v1/meetings/{id}/...` for creditors and whoever checks: signing in, a ballot by HTTPS, heads, proofs."""

from __future__ import annotations

import asyncio
import unicodedata

import msgspec
from aiohttp import web

from hearing.errors import UserError
from records.errors import StoreUnavailable
from signaling.http import STATUS, Senders, bearer_of, body_of, reply
from signaling.limits import MOST_PEOPLE, Limiter
from signaling.meetings.access import PASS_LIFETIME_MS, Access
from signaling.meetings.attending import attend
from signaling.meetings.bodies import CastBody, GateFirst, SignedIn, SignIn
from signaling.meetings.book import MeetingBook
from signaling.meetings.casting import Casting, not_cast
from signaling.meetings.crowd import Crowd
from signaling.meetings.entry import MeetingEntry
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.services import Services

NUMBER_END = 6
"""Characters of a document's number that somebody who signs in has to know."""
TRIES_PER_HOUR = 20

_encoder = msgspec.json.Encoder()


class CreditorRoutes:
    """Handlers. Heads and proofs are for everybody: a hash tells nothing about anybody."""

    def __init__(
        self,
        services: Services,
        rooms: MeetingRooms,
        book: MeetingBook,
        access: Access,
        casting: Casting,
        senders: Senders,
        crowd: Crowd,
        entry: MeetingEntry,
    ) -> None:
        self._services = services
        self._rooms = rooms
        self._book = book
        self._access = access
        self._casting = casting
        self._senders = senders
        self._crowd = crowd
        self._entry = entry
        now_us = services.sources.monotonic_us
        self._by_person = Limiter(TRIES_PER_HOUR / 3600, TRIES_PER_HOUR, now_us, max_keys=MOST_PEOPLE)
        # Thousands of phones share a carrier's address: only what is far beyond them is slowed.
        self._by_address = Limiter(50.0, 2_000, now_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/meetings/{id}"
        return [
            web.post(f"{base}/ballots", self.ballot),
            web.post(f"{base}/signin", self.sign_in),
            web.get(f"{base}/head", self.head),
            web.get(f"{base}/proof", self.proof),
            web.get(f"{base}/consistency", self.consistency),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """签到: present from now on. The answer is the pass for the socket and for ballots; 202 with the way to the
        gate where that comes first."""
        room = await self._rooms.get(request.match_info["id"])
        body = await body_of(request, SignIn)
        meeting = room.record.id
        if not self._by_address.take(self._senders.prefix(request)):
            raise _too_many()
        # A person who is unknown is not told apart from a wrong code. Tries count by person only with the right code:
        # nobody else may use them up.
        number = await self._number(room, body.person)
        if number is None or not self._access.is_code(meeting, body.person, body.code):
            raise UserError(
                "code-unknown", "链接无效或已更换，请使用最新的短信链接", "the link is wrong or was replaced"
            )
        if not self._by_person.take(f"{meeting}/{body.person}"):
            raise _too_many()
        if _end_of(body.number_end) != _end_of(number):
            raise UserError(
                "number-wrong", f"证件号码后 {NUMBER_END} 位不符，请核对", "the end of the document's number is wrong"
            )
        if room.hall.meeting.created is None:
            raise UserError("doors-closed", "会议尚未开放签到，请稍后再来", "the meeting's doors are not open yet")
        self._by_person.forget(f"{meeting}/{body.person}")
        code = await self._entry.code_for(room, body.person, number, body.proof)
        if code is not None:
            return reply(GateFirst(code=code), 202)
        await attend(room, body.person, self._casting.salt)
        utc_ms = self._services.sources.utc_ms()
        return reply(
            SignedIn(
                token=self._access.new_pass(meeting, body.person, utc_ms),
                person=body.person,
                name=room.name_of(body.person),
                until_utc_ms=utc_ms + PASS_LIFETIME_MS,
            )
        )

    async def ballot(self, request: web.Request) -> web.Response:
        """A ballot: 201 with the receipt; 200 with the same bytes when it was cast before by the same `idem`."""
        try:
            room, person = await self._holder(request)
        except StoreUnavailable as problem:
            return await _refused(None, problem)
        body = await body_of(request, CastBody)
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def told(given: bytes | Exception) -> None:
            if waiting.done():
                return
            if isinstance(given, Exception):
                waiting.set_exception(given)
            else:
                waiting.set_result(given)

        try:
            seq = self._casting.cast(room, person, body, told)
            receipt = await (waiting if seq is None else room.hall.log.receipt(seq))
        except Exception as problem:
            return await _refused(room, problem)
        return web.Response(body=receipt, status=201 if seq is None else 200, content_type="application/json")

    async def head(self, request: web.Request) -> web.Response:
        """The newest signed head."""
        self._crowd.ask_proof(self._senders.prefix(request))
        room = await self._rooms.get(request.match_info["id"])
        if room.hall.log.head is None:
            raise UserError("no-log", "表决日志尚未开始", "the log has not begun")
        return web.Response(body=room.hall.log.head, content_type="application/json")

    async def proof(self, request: web.Request) -> web.Response:
        """The inclusion proof of leaf `seq` in the tree of `size` leaves."""
        self._crowd.ask_proof(self._senders.prefix(request))
        room = await self._rooms.get(request.match_info["id"])
        seq, size = _whole(request, "seq"), _whole(request, "size")
        log = room.hall.log
        if not 0 <= seq < size <= log.durable:
            raise UserError("no-proof", "没有这样的证明", f"there is no leaf {seq} in a tree of size {size}")
        hashes = [digest.hex() for digest in log.tree.inclusion(seq, size)]
        return reply({"hashes": hashes, "seq": seq, "size": size})

    async def consistency(self, request: web.Request) -> web.Response:
        """The proof that the tree of `second` leaves begins with that of `first`."""
        self._crowd.ask_proof(self._senders.prefix(request))
        room = await self._rooms.get(request.match_info["id"])
        first, second = _whole(request, "first"), _whole(request, "second")
        log = room.hall.log
        if not 0 < first <= second <= log.durable:
            raise UserError("no-proof", "没有这样的证明", f"there is no proof from {first} to {second}")
        hashes = [digest.hex() for digest in log.tree.consistency(first, second)]
        return reply({"first": first, "hashes": hashes, "second": second})

    async def _holder(self, request: web.Request) -> tuple[MeetingRoom, str]:
        meeting = request.match_info["id"]
        person = self._access.holder(meeting, bearer_of(request) or "", self._services.sources.utc_ms())
        return await self._rooms.get(meeting), person

    async def _number(self, room: MeetingRoom, person: str) -> str | None:
        known = room.register.get(person)
        if known is not None:
            return known.number
        agent = await self._book.agent(room.record.id, person)
        return agent.number if agent is not None else None


async def _refused(room: MeetingRoom | None, problem: Exception) -> web.Response:
    refused = await not_cast(room, "", problem)
    response = reply(refused, STATUS.get(refused.code, 409))
    if refused.retry_after_ms is not None:
        response.headers["Retry-After"] = str(-(-refused.retry_after_ms // 1000))
    return response


def _too_many() -> UserError:
    return UserError("too-many-tries", "尝试次数过多，请稍后再试", "too many tries: wait a while")


def _end_of(number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()[-NUMBER_END:]


def _whole(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise UserError("bad-number", f"{name} 应为非负整数", f"{name} must be a whole number")
    return int(text)
