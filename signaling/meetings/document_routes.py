"""`/api/v1/meetings/{id}/documents/...`: what is laid before the creditors, and who opened it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web

from signaling.http import body_of, reply
from signaling.meetings import document_bodies as d
from signaling.meetings.document_desk import MAX_DOCUMENT_BYTES, DocumentDesk, media_type, of_record, standing
from signaling.meetings.doorkeeper import WRITERS, Doorkeeper
from signaling.meetings.scratch import scratch
from signaling.meetings.transfer import save_body, send_file
from voting.sheets import write_csv


class DocumentRoutes:
    """Handlers."""

    def __init__(self, door: Doorkeeper, desk: DocumentDesk) -> None:
        self._door = door
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/meetings/{id}/documents"
        one = f"{base}/{{document}}"
        return [
            web.get(base, self.board),
            web.post(base, self.upload),
            web.get(one, self.bytes, allow_head=False),
            web.patch(one, self.change),
            web.delete(one, self.remove),
            web.get(f"{one}/reads.csv", self.reads),
        ]

    async def board(self, request: web.Request) -> web.Response:
        """All documents, and by how many creditors each was opened."""
        _, room = await self._door.account(request)
        return reply(await self._desk.board(room))

    async def upload(self, request: web.Request) -> web.Response:
        """A document, the file as the body, its title in the query: the last of the agenda's."""
        account, room = await self._door.account(request, *WRITERS)
        draft = await self._desk.draft(room)
        try:
            saved = await save_body(request, draft, MAX_DOCUMENT_BYTES)
            await self._desk.add(room, request.query.get("title", ""), account.account, draft, saved)
        finally:
            await asyncio.to_thread(draft.unlink, missing_ok=True)
        return reply(await self._desk.board(room), 201)

    async def bytes(self, request: web.Request) -> web.StreamResponse:
        """The document; that a creditor was sent the whole of it is kept."""
        person, room = await self._door.anybody(request)
        name = request.match_info["document"]
        document = of_record(room.record, name) if person is None else standing(room.record, name)
        title = f"{document.title}.{document.kind}"
        sent = await send_file(request, self._desk.file(room, document), title, media_type(document))
        if person is not None and sent.status == 200:
            await self._desk.opened(room, name, person)
        return sent

    async def change(self, request: web.Request) -> web.Response:
        """Another title, another place."""
        _, room = await self._door.account(request, *WRITERS)
        await self._desk.change(room, request.match_info["document"], await body_of(request, d.ChangedDocument))
        return reply(await self._desk.board(room))

    async def remove(self, request: web.Request) -> web.Response:
        """Shown no more, with the reason; the file stays with the record."""
        account, room = await self._door.account(request, *WRITERS)
        body = await body_of(request, d.RemovedDocument)
        await self._desk.remove(room, request.match_info["document"], body.reason, account.account)
        return reply(await self._desk.board(room))

    async def reads(self, request: web.Request) -> web.StreamResponse:
        """Who opened it and when first, as a table."""
        _, room = await self._door.account(request)
        name = request.match_info["document"]
        sheet = await self._desk.sheet(room, name)
        async with scratch() as folder:
            file: Path = folder / "reads.csv"
            await asyncio.to_thread(write_csv, file, sheet)
            return await send_file(request, file, f"reads-{name}.csv", "text/csv")
