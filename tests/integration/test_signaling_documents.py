"""The minutes as documents through the server: who may have them, from when on, and that all say the same."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
from docx import Document

from hearing import events as ev
from hearing.session import Move, State
from records.writing import words
from records.writing.minutes import of_log
from signaling.sessions.desk import SEAT_ACCOUNTS
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import ID, Courthouse, courthouse
from tests.fakes.ledgers import log_of
from tests.fakes.minutes import said

pytestmark = pytest.mark.integration

STAFF = (("li.clerk", "clerk"), ("chen.judge", "judge"), ("zhao.judge", "judge"))
PASSWORD = "first password 17"
CLOSED = ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED)


@pytest.fixture
async def court() -> AsyncIterator[Courthouse]:
    async with courthouse() as court:
        wanted = [(account, account, role, PASSWORD) for account, role in STAFF]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        yield court


async def signed_in(court: Courthouse, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post(f"{court.url}/api/v1/staff/login", json={"account": account, "password": PASSWORD}) as done:
        assert done.status == 200
    return http


async def got(court: Courthouse, http: aiohttp.ClientSession, session: str, kind: str) -> tuple[int, bytes]:
    async with http.get(f"{court.url}/api/v1/sessions/{session}/minutes.{kind}") as response:
        if response.status == 200:
            assert response.headers["Content-Disposition"].endswith(f'-draft.{kind}"')
        return response.status, await response.read()


def error_of(body: bytes) -> str:
    return str(msgspec.json.decode(body)["error"])


async def test_who_may_read_a_closed_session_gets_its_minutes_in_each_format(court: Courthouse) -> None:
    session = await court.session()
    ledger = await court.services.book.get(session)
    await ledger.note("server", [said("我方对证据三有异议。", 5_000, ID["defendant"])])
    await court.services.store.put(SEAT_ACCOUNTS, session, msgspec.json.encode({ID["judge"]: "chen.judge"}))
    async with await signed_in(court, "li.clerk") as clerk, await signed_in(court, "zhao.judge") as other:
        status, body = await got(court, clerk, session, "docx")
        assert (status, error_of(body)) == (400, "not-closed")
        await ledger.note("server", [CLOSED])
        status, body = await got(court, other, session, "docx")
        assert (status, error_of(body)) == (403, "not-your-seat")
        status, _ = await got(court, court.http, session, "docx")
        assert status == 401
        async with await signed_in(court, "chen.judge") as judge:
            docx, ofd = [await got(court, judge, session, kind) for kind in ("docx", "ofd")]
        pdf = await got(court, clerk, session, "pdf")
        assert (await got(court, clerk, session, "exe"))[0] == 404
    minutes = of_log(await log_of(ledger), await asyncio.to_thread(words.zone, "Asia/Shanghai"))
    assert docx[0] == ofd[0] == 200
    told = [block.text for block in Document(io.BytesIO(docx[1])).paragraphs]
    assert "被告李四光：我方对证据三有异议。" in told
    assert all(line in told for line in minutes.text().splitlines() if line)
    assert zipfile.ZipFile(io.BytesIO(ofd[1])).testzip() is None
    assert pdf[1].startswith(b"%PDF") or error_of(pdf[1]) == "no-font"


async def test_documents_are_not_made_faster_than_a_person_asks_for_them(court: Courthouse) -> None:
    session = await court.session()
    await (await court.services.book.get(session)).note("server", [CLOSED])
    async with await signed_in(court, "li.clerk") as clerk:
        told = [await got(court, clerk, session, "ofd") for _ in range(8)]
    assert told[0][0] == 200
    assert error_of(told[-1][1]) == "too-many"
