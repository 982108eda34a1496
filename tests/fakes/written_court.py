"""A court that sits, in this process: people come by their real pages, and what they say is told by the test.

Only the ears are missing: `said` does what the transcriber does when somebody has spoken.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hearing.transcript_events import UtteranceHeard, Word
from signaling.exhibits.files import ExhibitFiles
from signaling.minutes.line_messages import Transcribing
from signaling.staff.accounts import StaffRole, ensure_staff
from tests.fakes.courthouse import Courthouse, courthouse
from yunting.demo.client import Api

PASSWORD = "correct-horse-77"
SEATS = (
    {"seat": "judge-1", "role": "presiding_judge", "name": "陈静怡", "required": False, "account": "bench"},
    {"seat": "clerk-1", "role": "clerk", "name": "李文", "required": False, "account": "desk"},
    {"seat": "clerk-2", "role": "clerk", "name": "赵敏", "required": False, "account": "desk2"},
    {"seat": "plaintiff-1", "role": "plaintiff", "name": "张三", "required": False},
    {"seat": "defendant-1", "role": "defendant", "name": "李四", "required": False},
    {"seat": "witness-1", "role": "witness", "name": "王五", "required": False},
)


@dataclass
class WrittenCourt:
    """One session; `people` gives participant ids by seat, `links` the invitations' paths."""

    court: Courthouse
    session: str
    people: dict[str, str]
    links: dict[str, str]
    codes: dict[str, str]
    bench: Api

    @property
    def url(self) -> str:
        return self.court.url

    async def display(self) -> str:
        """The credential of a display on the courtroom's wall."""
        async with Api(self.url, self.bench.trust) as operator:
            await operator.sign_in("root", PASSWORD)
            body = {"name": "第一法庭显示屏", "kind": "display", "court": "某某人民法院"}
            made: dict[str, str] = await operator.call("POST", "devices", body)
        return made["credential"]

    async def until_open(self) -> None:
        """Wait until somebody has come: then there is a courtroom to speak in."""
        async with asyncio.timeout(15):
            while True:
                try:
                    self.court.room(self.session)
                    return
                except AssertionError:
                    await asyncio.sleep(0.05)

    def now_ms(self) -> int:
        """The session's clock."""
        return self.court.room(self.session).ledger.clock.now_ms()

    def speaks(self, seat: str, text: str, from_ms: int) -> None:
        """Words so far, before the line."""
        desk = self.court.room(self.session).minutes
        desk.heard(self.people[seat], f"{seat}@{from_ms}", from_ms, text)

    @asynccontextmanager
    async def speaking(self, seat: str, text: str, from_ms: int) -> AsyncIterator[None]:
        """Words so far, again and again as an engine gives them: on slow pages too somebody still speaks."""

        async def on() -> None:
            while True:
                self.speaks(seat, text, from_ms)
                await asyncio.sleep(1)

        task = asyncio.get_running_loop().create_task(on())
        try:
            yield
        finally:
            task.cancel()

    async def said(self, seat: str, text: str, from_ms: int, *, sure: int | None = 950, **more: Any) -> str:
        """The line; `sure` is every character's confidence in thousandths. Returns its id."""
        await self.all_said([self.line(seat, text, from_ms, sure=sure, **more)])
        return f"{seat}@{from_ms}"

    async def all_said(self, lines: list[UtteranceHeard]) -> None:
        """Many lines at once."""
        await self.court.room(self.session).ledger.note("server", lines)

    def line(self, seat: str, text: str, from_ms: int, *, sure: int | None = 950, **more: Any) -> UtteranceHeard:
        """What the transcriber would write down."""
        words = tuple(
            Word(text=character, from_ms=from_ms + 100 * at, to_ms=from_ms + 100 * at + 100, confidence_permille=sure)
            for at, character in enumerate(text)
        )
        words = more.pop("words", words)
        return UtteranceHeard(
            utterance=f"{seat}@{from_ms}",
            participant=self.people[seat],
            track=seat,
            language="zh-CN",
            from_ms=from_ms,
            to_ms=from_ms + 100 * len(text),
            text=text,
            raw=text,
            words=words,
            engine="scripted",
            until_ms=from_ms + 100 * len(text),
            **more,
        )

    def transcribing(self, behind_ms: int = 0) -> None:
        """Speech becomes text here."""
        desk = self.court.room(self.session).minutes
        desk.transcribing(Transcribing(available=True, behind_ms=behind_ms, zh="", en=""))


@asynccontextmanager
async def written_court(exhibits: ExhibitFiles | None = None) -> AsyncIterator[WrittenCourt]:
    """A court with a judge (bench), two clerks (desk, desk2), two parties and a witness; nobody has come yet.
    `exhibits`: where it puts them; without, it takes none."""
    async with courthouse(exhibits=exhibits) as court:
        accounts: list[tuple[str, StaffRole]] = [
            ("bench", "judge"),
            ("desk", "clerk"),
            ("desk2", "clerk"),
            ("root", "operator"),
        ]
        wanted = [(account, account, role, PASSWORD) for account, role in accounts]
        assert court.services.hasher is not None
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)
        async with Api(court.url, ssl.create_default_context()) as clerk, Api(court.url, clerk.trust) as bench:
            await clerk.sign_in("desk", PASSWORD)
            await bench.sign_in("bench", PASSWORD)
            made = await clerk.call(
                "POST",
                "sessions",
                {
                    "court": "某某人民法院",
                    "case_no": "(2026)粤01民初5号",
                    "hearing_no": "1",
                    "cause": "买卖合同纠纷",
                    "title": "第一次庭审",
                    "public": True,
                    "scheduled_utc_ms": time.time_ns() // 1_000_000,
                    "seats": SEATS,
                },
            )
            made = await clerk.call("POST", f"sessions/{made['id']}/gather")
            invited = {s["seat"]: s["invitation"] for s in made["seats"] if s["invitation"]}
            yield WrittenCourt(
                court,
                made["id"],
                {s["seat"]: s["participant"] for s in made["seats"]},
                {seat: urlsplit(invitation["url"]).path for seat, invitation in invited.items()},
                {seat: invitation["code"] for seat, invitation in invited.items()},
                bench,
            )
