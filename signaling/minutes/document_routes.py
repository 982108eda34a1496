"""`/api/v1/sessions/{id}/minutes.docx` (`.pdf`, `.ofd`): the minutes as a document to print and to file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec.structs import replace

from hearing.errors import Refused, UserError
from hearing.events import Entry
from hearing.session import State, is_over
from records.writing.minutes import Minutes, Proof, of_log
from records.writing.minutes_docx import write_docx
from records.writing.minutes_ofd import write_ofd
from records.writing.minutes_pdf import write_pdf
from signaling.limits import Limiter
from signaling.services import Services
from signaling.sessions.desk import SessionDesk
from signaling.staff.routes import StaffDesk

_FINAL = frozenset({State.SIGNED, State.SEALED})
_KINDS: dict[str, tuple[str, Callable[[Minutes], bytes]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", write_docx),
    "pdf": ("application/pdf", lambda minutes: write_pdf(minutes).data),
    "ofd": ("application/ofd", write_ofd),
}


class DocumentRoutes:
    """For the court's own people who may read the session, from 闭庭 on; a draft says so until all have signed.
    The text is that of the package and of the review, to the letter."""

    def __init__(self, services: Services, desk: StaffDesk, sessions: SessionDesk) -> None:
        self._services = services
        self._desk = desk
        self._sessions = sessions
        # A document of 2,000 lines takes half a second of CPU.
        self._uses = Limiter(0.5, 6, services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [web.get(f"/api/v1/sessions/{{id}}/minutes.{{kind:{'|'.join(_KINDS)}}}", self.document)]

    async def document(self, request: web.Request) -> web.Response:
        """The file. UserError `no-font` where a PDF cannot be made here."""
        account = await self._desk.require(request)
        session, kind = request.match_info["id"], request.match_info["kind"]
        await self._sessions.check_reads(account, session)
        if not self._uses.take(account.account):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        ledger = await self._services.book.get(session)
        if not is_over(ledger.hearing.state):
            raise Refused("not-closed", "闭庭后才能下载笔录", "the minutes can be had once the session is closed")
        entries = [entry async for entry in ledger.entries()]
        media_type, write = _KINDS[kind]
        zone = self._services.settings.court.time_zone
        draft = ledger.hearing.state not in _FINAL
        proof = Proof(key=self._services.court_key.fingerprint, verifier=self._services.verifier_sha256)
        body = await asyncio.to_thread(_written, entries, zone, draft, proof, write)
        # A name of ASCII reads alike in every browser and on every disk.
        name = f"minutes-{session}{'-draft' if draft else ''}.{kind}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=body, content_type=media_type, headers=headers)


def _written(
    entries: Sequence[Entry], zone: str, draft: bool, proof: Proof, write: Callable[[Minutes], bytes]
) -> bytes:
    return write(replace(of_log(entries, ZoneInfo(zone), draft), proof=proof))
