"""The exhibits of one courtroom: files that were handed in, the register, and what is done to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

import msgspec

from hearing import events as ev
from hearing import exhibit_commands as cmd
from hearing.errors import Refused
from hearing.exhibit_notes import noted
from hearing.exhibit_rules import decide_exhibit, may_see_exhibit, may_submit
from hearing.exhibits import Exhibit
from hearing.participant import IN_COURTROOM
from hearing.policy import is_verified
from hearing.session import is_over
from hearing.state import Hearing, Person
from hearing.transcript import Transcript
from records.ledger import Ledger
from records.ports import KeyValueStore
from signaling.exhibits.files import ExhibitFiles
from signaling.exhibits.messages import ExhibitList, ExhibitRow, FileTaken, OpinionRow
from signaling.view import Audience, audience

HANDED_IN = "handed_in_exhibits"


class ExhibitDesk:
    """Whoever hands in a file and does not submit it holds one place only: the next file takes it."""

    def __init__(
        self,
        ledger: Ledger,
        store: KeyValueStore,
        files: ExhibitFiles | None,
        most_bytes: int,
        minutes: Callable[[], Transcript],
    ) -> None:
        """`minutes` are those so far: showing an exhibit stands in them."""
        self._ledger = ledger
        self._store = store
        self._disk = files
        self._most_bytes = most_bytes
        self._keeping = asyncio.Lock()
        self._minutes = minutes

    async def hand_in(self, participant: str, parts: AsyncIterator[bytes]) -> FileTaken:
        """Take a file in. Raises Refused (`no-right`, `not-open`, `too-large`, `exhibit-kind`, ...)."""
        person = self._person(participant)
        hearing = self._ledger.hearing
        if not is_verified(hearing, person) or not may_submit(person):
            raise Refused("no-right", "您不能提交证据", "you may submit no exhibits")
        if is_over(hearing.state):
            raise Refused("not-open", "庭审已结束，证据不能再变更", "the session is over: exhibits change no more")
        taken = await self._files().take(self._ledger.session, parts, self._most_bytes)
        # One after the other, so that of two files of one person that come at once none is forgotten.
        async with self._keeping:
            before = await self._handed_in(participant)
            await self._store.put(HANDED_IN, self._key(participant), msgspec.json.encode(taken))
            if before is not None and not self._is_named(before.file):
                await self._files().discard(self._ledger.session, before.file)
        return FileTaken(sha256=taken.sha256, kind=taken.kind, size_bytes=taken.size_bytes)

    async def do(self, participant: str, command: cmd.ExhibitCommand) -> Sequence[ev.Entry]:
        """Carry out a command. Raises Refused (`hearing.exhibit_rules`), StoreUnavailable."""
        handed_in = await self._handed_in(participant) if isinstance(command, cmd.SubmitExhibit) else None

        def decide(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            done = decide_exhibit(hearing, participant, command, handed_in)
            return noted(hearing, self._minutes(), done, now_ms)

        done = await self._ledger.change(participant, decide)
        if handed_in is not None:
            async with self._keeping:
                # Unless the next file has come meanwhile.
                if await self._handed_in(participant) == handed_in:
                    await self._store.delete(HANDED_IN, self._key(participant))
        return done

    def listed(self, participant: str) -> ExhibitList:
        """The register as far as this person may see it."""
        person, register = self._person(participant), self._ledger.hearing.exhibits
        court = audience(self._ledger.hearing, person) is Audience.STAFF
        return ExhibitList(
            changes=register.changes if court else register.open_changes,
            next_number=register.next_number if court else None,
            exhibits=tuple(_row(each) for _, each in sorted(register.items.items()) if self._may_see(person, each)),
        )

    def file(self, participant: str, number: int) -> tuple[Exhibit, AsyncGenerator[bytes, None]]:
        """An exhibit and its bytes, a part at a time. Raises Refused `unknown-exhibit`; the first part as
        `ExhibitFiles.read`."""
        exhibit = self._seen(participant, number)
        return exhibit, self._files().read(self._ledger.session, exhibit.submitted.file)

    async def page(self, participant: str, number: int, page: int) -> bytes:
        """A page of a PDF as a JPEG. Raises Refused `unknown-exhibit`, `exhibit-page`; UserError as
        `ExhibitFiles.page`."""
        told = self._seen(participant, number).submitted
        if not 1 <= page <= told.page_count:
            raise Refused("exhibit-page", f"证据{number}没有第{page}页", f"exhibit {number} has no page {page}")
        return await self._files().page(self._ledger.session, told.file, page)

    def _seen(self, participant: str, number: int) -> Exhibit:
        exhibit = self._ledger.hearing.exhibits.items.get(number)
        if exhibit is None or not self._may_see(self._person(participant), exhibit):
            raise Refused("unknown-exhibit", f"没有证据{number}", f"there is no exhibit {number}")
        return exhibit

    def _may_see(self, person: Person, exhibit: Exhibit) -> bool:
        hearing = self._ledger.hearing
        if may_see_exhibit(hearing, person, exhibit):
            return True
        inside = person.presence in IN_COURTROOM and audience(hearing, person) is not Audience.OUTSIDE
        return exhibit.is_shown and inside

    def _person(self, participant: str) -> Person:
        person = self._ledger.hearing.people.get(participant)
        if person is None:
            raise Refused("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
        return person

    def _files(self) -> ExhibitFiles:
        if self._disk is None:
            raise Refused("no-exhibits", "本服务器不接收证据文件", "this server takes no exhibits")
        return self._disk

    def _is_named(self, file: str) -> bool:
        return any(each.submitted.file == file for each in self._ledger.hearing.exhibits.items.values())

    async def _handed_in(self, participant: str) -> cmd.HandedIn | None:
        raw = await self._store.get(HANDED_IN, self._key(participant))
        return msgspec.json.decode(raw, type=cmd.HandedIn) if raw is not None else None

    def _key(self, participant: str) -> str:
        return f"{self._ledger.session}.{participant}"


def _row(exhibit: Exhibit) -> ExhibitRow:
    told = exhibit.submitted
    return ExhibitRow(
        number=told.number,
        name=told.name,
        source=told.source,
        purpose=told.purpose,
        participant=told.participant,
        kind=told.kind,
        size_bytes=told.size_bytes,
        sha256=told.sha256,
        pages=told.page_count,
        state=exhibit.state,
        public=exhibit.public,
        shown=exhibit.is_shown,
        opinions=tuple(
            OpinionRow(
                participant=each.participant,
                authenticity=each.authenticity,
                legality=each.legality,
                relevance=each.relevance,
                text=each.text,
            )
            for each in exhibit.opinions.values()
        ),
    )
