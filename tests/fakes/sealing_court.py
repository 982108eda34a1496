"""A court on loopback whose last session was recorded, with the exporter of the product: for tests of the seals."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from argon2 import PasswordHasher
from PIL import Image, ImageDraw

from config.settings import Settings
from hearing import events as ev
from hearing.clock import Sources
from hearing.tasks import TaskSet
from records.anchors.port import Anchor
from records.book import LedgerBook
from records.keys import CourtKey
from records.memory import MemoryStore
from records.sealing.stamping import Stamping
from signaling.record.seal_messages import SealView
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import Courthouse, Page, courthouse
from tests.fakes.signer import Signer, command_of
from yunting.bench.synthetic import OPENED_UTC_MS, Log, SyntheticSession, make_session
from yunting.record.exports import PackageExporter
from yunting.record.recordings import Recordings
from yunting.record.sealing import keep_stamp

SECONDS = 4
LATER_MS = 2_000
"""Between the last recorded moment and the start of the server."""
PEOPLE = tuple(f"01JDG00000000000000000000{number}" for number in range(1, 6))
JUDGE, PLAINTIFF, CLERK = PEOPLE[0], PEOPLE[1], PEOPLE[4]
SMALL = {"YUNTING_COMPOSITE_WIDTH": "320", "YUNTING_COMPOSITE_HEIGHT": "240"}
_ACCOUNT, _PASSWORD = "desk", "correct-horse-77"


class Archive:
    """What outlives a server: store, key, folder, and the session that was recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore()
        self.key = CourtKey.generate()
        self.made: SyntheticSession | None = None

    async def record(self, *, closed: bool = False) -> None:
        """A hearing of four seconds; the last event of its log is not 闭庭 unless `closed`."""
        make = functools.partial(
            make_session, self.folder / "recordings" / "new", self.key, seats=5, seconds=SECONDS, closed=closed
        )
        self.made = await asyncio.to_thread(make, size=(160, 90), codecs=("libx264",))
        folder = self.folder / "recordings"
        await asyncio.to_thread((folder / "new").rename, folder / self.session)
        await self.store.append(_with_real_ids(self.made))
        wanted = [(_ACCOUNT, "许静怡", "clerk", _PASSWORD)]
        await ensure_staff(self.store, PasswordHasher(1, 64, 1), 1, wanted)  # type: ignore[arg-type]

    @property
    def session(self) -> str:
        assert self.made is not None
        return self.made.session

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings" / self.session

    async def entries(self) -> list[ev.Entry]:
        return [entry async for entry in self.store.read(self.session)]

    async def events(self, tag: str) -> list[Any]:
        """Events of this type, in order."""
        return [e.event for e in await self.entries() if e.event.__struct_config__.tag == tag]

    def package(self, made: Any) -> Path:
        """The folder of a seal's package."""
        (folder,) = (self.folder / "packages" / made.package).iterdir()
        return folder


class SealingCourt:
    """A running server over an archive, and people's pages."""

    def __init__(self, court: Courthouse, archive: Archive, http: aiohttp.ClientSession) -> None:
        self.court = court
        self.archive = archive
        self.pages: dict[str, Page] = {}
        self._http = http

    async def come(self, *people: str) -> None:
        for who in people or PEOPLE:
            before = self.pages.get(who)
            page = await self.court.connect(self.archive.session, who)
            # A command that is repeated under its old id is answered, not done again.
            page.counter = before.counter if before is not None else 0
            self.pages[who] = page

    async def do(self, who: str, command: str, **fields: Any) -> dict[str, Any]:
        """`done`, or the code of what was refused under `code`."""
        return await self.pages[who].do(command, **fields)

    async def done(self, who: str, command: str, **fields: Any) -> None:
        answer = await self.do(who, command, **fields)
        assert answer["type"] == "done", answer

    async def view(self) -> SealView:
        url = f"{self.court.url}/api/v1/sessions/{self.archive.session}/seal"
        async with self._http.get(url) as response:
            body = await response.read()
            assert response.status == 200, body
            return msgspec.json.decode(body, type=SealView)

    async def unmet(self) -> set[str]:
        return {each.code for each in (await self.view()).unmet if each.blocks}

    async def until(self, tag: str, count: int = 1, within_s: float = 180.0) -> Any:
        """The newest event of this type once there are `count`."""
        async with asyncio.timeout(within_s):
            while len(found := await self.archive.events(tag)) < count:
                await asyncio.sleep(0.05)
        return found[-1]

    async def explain(self) -> None:
        """Every incident: the clerk writes, the judge signs."""
        for incident in (await self.view()).incidents:
            await self.done(CLERK, "incident_explain", incident=incident.incident, text="设备重启，其间未录制。")
        for incident in (await self.view()).incidents:
            now = self.court.services.sources.utc_ms()
            signed = Signer().signed_incident(
                self.archive.session, JUDGE, incident.incident, incident.statement_sha256, now
            )
            await self.done(JUDGE, "incident_sign", **signed)

    async def sign_minutes(self) -> None:
        """Laid open, signed by all but one, who refuses, signed off."""
        await self.done(CLERK, "review_open")
        minutes = (await self._get("minutes"))["sha256"]
        for who in PEOPLE[:-1]:
            await self._sign(who, minutes)
        await self.done(CLERK, "minutes_refuse", minutes_sha256=minutes, reason="设备故障，另行手签")
        await self.done(CLERK, "review_close")

    async def _sign(self, who: str, minutes: str) -> None:
        picture = _handwriting()
        url = f"{self.court.url}/api/v1/sessions/{self.archive.session}/signatures"
        async with self.court.http.post(url, data=picture, headers=self._bearer(who)) as response:
            assert (await response.json())["sha256"] == hashlib.sha256(picture).hexdigest()
        now = self.court.services.sources.utc_ms()
        signed = Signer().signed(self.archive.session, who, minutes, now, picture=picture)
        fields = msgspec.to_builtins(command_of(signed))
        del fields["do"]
        await self.done(who, "minutes_sign", **fields)

    async def _get(self, path: str) -> Any:
        url = f"{self.court.url}/api/v1/sessions/{self.archive.session}/{path}"
        async with self.court.http.get(url, headers=self._bearer(CLERK)) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    def _bearer(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.pages[who].welcome['credential']}"}


@asynccontextmanager
async def sealing_court(
    archive: Archive, authority: Anchor | None = None, **environment: str
) -> AsyncIterator[SealingCourt]:
    """A server over what the archive holds; its wall clock goes on where the recording ended."""
    tasks = TaskSet()
    begun_ms = time.time_ns() // 1_000_000
    last_utc_ms = max([OPENED_UTC_MS + SECONDS * 1000, *(e.utc_ms for e in await archive.entries())])
    sources = Sources(
        lambda: time.monotonic_ns() // 1000,
        lambda: last_utc_ms + LATER_MS + time.time_ns() // 1_000_000 - begun_ms,
    )
    stamping: list[Stamping] = []

    def exporter(settings: Settings, book: LedgerBook, key: CourtKey) -> PackageExporter:
        kept = functools.partial(keep_stamp, archive.folder / "packages")
        stamping.append(Stamping(authority, archive.store, book, tasks, kept, _soon))
        recordings = Recordings(archive.folder / "recordings", tasks)
        return PackageExporter(settings, archive.store, book, key, recordings, stamping=stamping[0])

    settings = {"YUNTING_SEALING_AUTOMATIC": "true", "YUNTING_STORAGE_FOLDER": str(archive.folder), **SMALL}
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(tasks.close)
        court = await stack.enter_async_context(
            courthouse(
                archive.store,
                key=archive.key,
                sources=sources,
                environment={**settings, **environment},
                make_exporter=exporter,
            )
        )
        await stamping[0].resume()
        stamping[0].follow(await court.services.book.get(archive.session))
        jar = aiohttp.CookieJar(unsafe=True)
        http = await stack.enter_async_context(aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=jar))
        body = {"account": _ACCOUNT, "password": _PASSWORD}
        async with http.post(f"{court.url}/api/v1/staff/login", json=body) as response:
            assert response.status == 200, await response.text()
        yield SealingCourt(court, archive, http)


async def _soon(seconds: float) -> None:
    await asyncio.sleep(0.05)


def _with_real_ids(made: SyntheticSession) -> list[ev.Entry]:
    """The log with the ids that only real participants have: a page's credential names one."""
    log = Log(made.session)
    for entry in made.entries:
        text = msgspec.json.encode(entry).decode()
        for number, who in enumerate(PEOPLE, 1):
            text = text.replace(f'"P{number:02d}"', f'"{who}"')
        told = msgspec.json.decode(text, type=ev.Entry)
        log.add(told.at_ms, told.event, told.actor)
    return log.entries


@functools.cache
def _handwriting() -> bytes:
    picture = Image.new("RGB", (600, 240), "white")
    ImageDraw.Draw(picture).line([(20, 20), (580, 220), (580, 20)], fill="black", width=5)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
