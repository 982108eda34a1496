"""Documents of the agenda: laid before creditors, renamed, put in order, removed with a reason; who opened them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from hearing.errors import Refused, UserError
from records.writing.legible import legible
from signaling.meetings import document_bodies as d
from signaling.meetings.book import AgendaDocument, MeetingRecord
from signaling.meetings.document_kinds import MEDIA_TYPES, kind_of
from signaling.meetings.document_shelf import DocumentShelf
from signaling.meetings.reads import Read, Reads
from signaling.meetings.room import MeetingRoom
from signaling.meetings.rooms import MeetingRooms
from signaling.meetings.transfer import Saved
from voting.deadlines import BEIJING
from voting.sheets import Row, Sheet

MAX_DOCUMENT_BYTES = 64 << 20
MOST_DOCUMENTS = 200
"""Of one meeting, those that were removed too."""


class DocumentDesk:
    """Who may is the routes' question."""

    def __init__(
        self, shelf: DocumentShelf, rooms: MeetingRooms, reads: Reads, now_utc_ms: Callable[[], int]
    ) -> None:
        self._shelf = shelf
        self._rooms = rooms
        self._reads = reads
        self._now_utc_ms = now_utc_ms

    async def draft(self, room: MeetingRoom) -> Path:
        """Where an upload goes while it arrives."""
        return await asyncio.to_thread(self._shelf.draft, room.record.id)

    async def add(self, room: MeetingRoom, title: str, account: str, draft: Path, saved: Saved) -> AgendaDocument:
        """Lay the uploaded file before the creditors, as the last. Raises UserError `document-title`,
        `document-kind`, `document-twice`, `too-many-documents`; StoreUnavailable."""
        title = _checked(title)
        kind = await asyncio.to_thread(kind_of, draft)
        if kind is None:
            raise UserError(
                "document-kind",
                "只能上传 PDF、OFD、DOCX、XLSX（不含宏）、PNG 或 JPEG 文件；以文件内容为准，与文件名无关",
                "documents are PDF, OFD, DOCX, XLSX (without macros), PNG or JPEG, whatever the file is called",
            )
        await asyncio.to_thread(self._shelf.keep, room.record.id, draft, saved.sha256, kind)

        def added(record: MeetingRecord) -> MeetingRecord:
            if len(record.documents) >= MOST_DOCUMENTS:
                raise Refused(
                    "too-many-documents",
                    f"会议文件已达 {MOST_DOCUMENTS} 份",
                    f"there are {MOST_DOCUMENTS} documents already",
                )
            shown = record.shown()
            if same := [each for each in shown if each.sha256 == saved.sha256]:
                raise Refused(
                    "document-twice", f"该文件已上传：{same[0].title}", f"this file is there already: {same[0].title}"
                )
            document = AgendaDocument(
                document=f"D{len(record.documents) + 1}",
                title=title,
                kind=kind,
                sha256=saved.sha256,
                bytes=saved.bytes,
                added_by=account,
                added_utc_ms=self._now_utc_ms(),
            )
            return replace(record, documents=(*shown, document, *_removed(record)))

        await self._rooms.change(room, added)
        return next(each for each in room.record.shown() if each.sha256 == saved.sha256)

    async def change(self, room: MeetingRoom, document: str, body: d.ChangedDocument) -> None:
        """Another title, another place. Idempotent. Raises UserError `unknown-document`, `document-removed`,
        `document-title`."""
        title = None if body.title is None else _checked(body.title)

        def changed(record: MeetingRecord) -> MeetingRecord:
            was = standing(record, document)
            now = was if title is None else replace(was, title=title)
            shown = [now if each is was else each for each in record.shown()]
            if body.place is not None:
                shown.remove(now)
                shown.insert(body.place - 1, now)
            return replace(record, documents=(*shown, *_removed(record)))

        await self._rooms.change(room, changed)

    async def remove(self, room: MeetingRoom, document: str, reason: str, account: str) -> None:
        """Show it no more; the file, who removed it and why stay. Raises UserError `unknown-document`,
        `document-removed`, `reason-needed`."""
        why = legible(reason)
        if len(why) < 2:
            raise UserError("reason-needed", "请写明撤下文件的理由", "say why the document is removed")

        def removed(record: MeetingRecord) -> MeetingRecord:
            was = standing(record, document)
            now = replace(was, removed_by=account, removed_utc_ms=self._now_utc_ms(), reason=why)
            rest = [each for each in record.documents if each is not was]
            return replace(record, documents=(*rest, now))

        await self._rooms.change(room, removed)

    def file(self, room: MeetingRoom, document: AgendaDocument) -> Path:
        """Where its bytes lie."""
        return self._shelf.file(room.record.id, document.sha256, document.kind)

    async def opened(self, room: MeetingRoom, document: str, person: str) -> None:
        """The person was sent the whole of it. Idempotent: the first time stays."""
        await self._reads.note(room.record.id, person, document, self._now_utc_ms())

    async def board(self, room: MeetingRoom) -> list[d.DocumentRow]:
        """Every document with how many opened it, those that were removed last."""
        counts = read_counts(await self._reads.readers(room.record.id), room)
        return [_row(each, counts.get(each.document, 0), len(room.register)) for each in room.record.documents]

    async def sheet(self, room: MeetingRoom, document: str) -> Sheet:
        """Who opened it and when first, by creditor. Raises UserError `unknown-document`."""
        found = of_record(room.record, document)
        times = await self._reads.times(room.record.id, document)
        return Sheet(
            title=f"阅读记录 {document}",
            header=(
                "编号 id",
                "名称 name",
                "证件号码 number",
                "首次打开时间（北京时间） first opened",
                "文件 document",
            ),
            rows=list(_opened_rows(room, found, times)),
        )


def of_record(record: MeetingRecord, document: str) -> AgendaDocument:
    """Raises UserError `unknown-document`."""
    for each in record.documents:
        if each.document == document:
            return each
    raise UserError("unknown-document", "没有这份文件", "there is no such document")


def standing(record: MeetingRecord, document: str) -> AgendaDocument:
    """Raises UserError `unknown-document`, `document-removed`."""
    found = of_record(record, document)
    if not found.stands:
        raise UserError("document-removed", f"该文件已撤下：{found.reason}", f"it was removed: {found.reason}")
    return found


def read_counts(readers: Mapping[str, Read], room: MeetingRoom) -> dict[str, int]:
    """By document: creditors of the roll who opened it, or for whom an agent did whose mandate stands."""
    counts: dict[str, int] = {}
    by_agents: dict[str, Read] = {}
    meeting = room.hall.meeting
    for (principal, agent), mandates in meeting.mandates_between.items():
        if agent in readers and any(not meeting.mandates[mandate].revoked for mandate in mandates):
            by_agents[principal] = by_agents.get(principal, frozenset()) | readers[agent]
    for creditor in readers.keys() | by_agents.keys():
        if creditor in room.register:
            for document in readers.get(creditor, frozenset()) | by_agents.get(creditor, frozenset()):
                counts[document] = counts.get(document, 0) + 1
    return counts


def _opened_rows(room: MeetingRoom, document: AgendaDocument, times: Mapping[str, int]) -> Iterable[Row]:
    for person, utc_ms in sorted(times.items(), key=lambda item: (item[1], item[0])):
        known = room.register.get(person)
        at = datetime.fromtimestamp(utc_ms / 1000, BEIJING)
        name, number = room.name_of(person), known.masked if known else ""
        yield person, name, number, f"{at:%Y-%m-%d %H:%M:%S}", f"{document.title} SHA-256 {document.sha256}"


def _removed(record: MeetingRecord) -> tuple[AgendaDocument, ...]:
    return tuple(each for each in record.documents if not each.stands)


def _checked(title: str) -> str:
    shown = legible(title)
    if not 1 <= len(shown) <= 200:
        raise UserError("document-title", "请填写文件标题（1 至 200 字）", "a title has 1 to 200 characters")
    return shown


def _row(document: AgendaDocument, read: int, creditors: int) -> d.DocumentRow:
    return d.DocumentRow(
        document=document.document,
        title=document.title,
        kind=document.kind,
        sha256=document.sha256,
        bytes=document.bytes,
        added_by=document.added_by,
        added_utc_ms=document.added_utc_ms,
        removed_by=document.removed_by,
        removed_utc_ms=document.removed_utc_ms,
        reason=document.reason,
        read=read,
        creditors=creditors,
    )


def media_type(document: AgendaDocument) -> str:
    """Of its contents."""
    return MEDIA_TYPES[document.kind]
