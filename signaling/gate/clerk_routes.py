"""`/api/v1/sessions/{id}/gate/...`: the clerk's desk at the gate, and the photos of the court's own people."""

from __future__ import annotations

from aiohttp import web

from hearing.errors import UserError
from identity.vault import ACCOUNTS, Purpose
from signaling.gate.bodies import CaseFile, Decision, Explained, GateMessage
from signaling.gate.clerk import GateClerk
from signaling.gate.log import GateLog
from signaling.gate.messages import GateNote
from signaling.gate.routes import identity_data
from signaling.http import body_of, read_body, reply
from signaling.rooms import Rooms
from signaling.staff.routes import StaffDesk


class GateClerkRoutes:
    """Handlers. Pictures are answered with `no-store` (`signaling.http` says so for everything)."""

    def __init__(self, log: GateLog, clerk: GateClerk, staff: StaffDesk, rooms: Rooms) -> None:
        self._log = log
        self._clerk = clerk
        self._staff = staff
        self._rooms = rooms

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/sessions/{id}/gate"
        one = f"{base}/{{participant}}"
        photo = "/api/v1/staff/accounts/{account}/photo"
        return [
            web.get(base, self.queue),
            web.get(f"{one}/live.jpg", self.live),
            web.get(f"{one}/picture.jpg", self.picture),
            web.get(f"{one}/reference.jpg", self.reference),
            web.put(f"{one}/reference", self.set_reference),
            web.put(f"{one}/file", self.set_file),
            web.post(f"{one}/admit", self.admit),
            web.post(f"{one}/refuse", self.refuse),
            web.post(f"{one}/release", self.release),
            web.post(f"{one}/revoke", self.revoke),
            web.post(f"{one}/message", self.message),
            web.get(f"{one}/data", self.data),
            web.post(f"{one}/erase", self.erase),
            web.put(photo, self.set_account_photo),
            web.delete(photo, self.remove_account_photo),
        ]

    async def queue(self, request: web.Request) -> web.Response:
        """Everybody at the gate."""
        session, _, account = await self._who(request)
        await self._clerk.check_may_look(session, account)
        return reply(await self._clerk.queue(session))

    async def live(self, request: web.Request) -> web.Response:
        """Now."""
        session, participant, account = await self._who(request)
        await self._clerk.check_may_look(session, account)
        return web.Response(body=await self._clerk.live(session, participant), content_type="image/jpeg")

    async def picture(self, request: web.Request) -> web.Response:
        """What was compared."""
        return await self._sealed(request, Purpose.PICTURE)

    async def reference(self, request: web.Request) -> web.Response:
        """The photo on file."""
        return await self._sealed(request, Purpose.REFERENCE)

    async def set_reference(self, request: web.Request) -> web.Response:
        """The photo of the case file."""
        session, participant, account = await self._who(request)
        await self._clerk.set_reference(session, participant, account, await read_body(request))
        return await self._row(session, participant)

    async def set_file(self, request: web.Request) -> web.Response:
        """Number and telephone of the case file."""
        session, participant, account = await self._who(request)
        body = await body_of(request, CaseFile)
        await self._clerk.set_file(session, participant, account, body.kind, body.number, body.phone)
        return await self._row(session, participant)

    async def admit(self, request: web.Request) -> web.Response:
        """Let in."""
        session, participant, account = await self._who(request)
        body = await body_of(request, Decision)
        await self._clerk.admit(session, participant, account, body.reason, body.text, body.visit)
        return await self._row(session, participant)

    async def refuse(self, request: web.Request) -> web.Response:
        """Do not let in."""
        session, participant, account = await self._who(request)
        body = await body_of(request, Decision)
        await self._clerk.refuse(session, participant, account, body.reason, body.text)
        return await self._row(session, participant)

    async def release(self, request: web.Request) -> web.Response:
        """Open the automatic path again."""
        session, participant, account = await self._who(request)
        await self._clerk.release(session, participant, account, (await body_of(request, Explained)).text)
        return await self._row(session, participant)

    async def revoke(self, request: web.Request) -> web.Response:
        """End a verdict."""
        session, participant, account = await self._who(request)
        await self._clerk.revoke(session, participant, account, (await body_of(request, Explained)).text)
        return await self._row(session, participant)

    async def message(self, request: web.Request) -> web.Response:
        """Write to somebody at the gate, or call them. Not kept."""
        session, participant, account = await self._who(request)
        await self._clerk.check_may_look(session, account)
        body = await body_of(request, GateMessage)
        room = self._rooms.live(session)
        page = room.connections.get(participant) if room is not None else None
        if page is None:
            raise UserError("not-here", "对方页面未连接", "this person's page is not connected")
        page.send(GateNote(text=body.text, call=body.call))
        return web.Response(status=204)

    async def data(self, request: web.Request) -> web.Response:
        """All that is kept about one person's identity."""
        session, participant, account = await self._who(request)
        await self._clerk.check_may_look(session, account)
        entries, kept = await self._clerk.data(session, participant, account)
        return reply(identity_data(participant, entries, kept))

    async def erase(self, request: web.Request) -> web.Response:
        """Erase it."""
        session, participant, account = await self._who(request)
        await self._clerk.erase(session, participant, account, (await body_of(request, Explained)).text)
        return web.Response(status=204)

    async def set_account_photo(self, request: web.Request) -> web.Response:
        """The reference photo of one of the court's own people."""
        await self._staff.require(request, "operator")
        account = await self._staff.book.find(request.match_info["account"])
        if account is None:
            raise UserError("unknown-account", "没有这个账号", "there is no such account")
        matcher = self._log.tools.matcher
        if matcher is None:
            raise UserError("not-ready", "未安装人脸比对引擎", "no face engine is set up here")
        clean = await matcher.check_reference(await read_body(request))
        await self._log.vault.put(ACCOUNTS, account.account, Purpose.REFERENCE, clean, media_type="image/jpeg")
        return web.Response(status=204)

    async def remove_account_photo(self, request: web.Request) -> web.Response:
        """Erase it. Idempotent."""
        await self._staff.require(request, "operator")
        await self._log.vault.erase(ACCOUNTS, request.match_info["account"])
        await self._log.scrub()
        return web.Response(status=204)

    async def _who(self, request: web.Request) -> tuple[str, str, str]:
        account = await self._staff.require(request)
        return request.match_info["id"], request.match_info.get("participant", ""), account.account

    async def _sealed(self, request: web.Request, purpose: Purpose) -> web.Response:
        session, participant, account = await self._who(request)
        await self._clerk.check_may_look(session, account)
        kept = await self._clerk.picture(session, participant, purpose)
        return web.Response(body=kept.data, content_type=kept.media_type)

    async def _row(self, session: str, participant: str) -> web.Response:
        return reply(await self._clerk.row(session, participant))
