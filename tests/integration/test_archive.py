"""The archive: which sessions are over, their packages, and whether each copy was read back whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from hearing import events as ev
from hearing.ids import new_ulid
from hearing.session import Move, State
from signaling.ports import Exported
from signaling.record.copies import CopyState, PackageCopy
from signaling.sessions.desk import SEAT_ACCOUNTS
from signaling.sessions.invitations import BY_SEAT, HEARING_CODES, INVITATIONS
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import ID, Courthouse, courthouse

pytestmark = pytest.mark.integration

STAFF = (("li.clerk", "clerk"), ("chen.judge", "judge"), ("sun.watch", "supervisor"))
PASSWORD = "first password 17"


class Copies:
    """`PackageCopies` with two places."""

    places = ("first", "second")

    def __init__(self) -> None:
        self.rows: list[PackageCopy] = []
        self.retried: list[str] = []

    def wake(self) -> None: ...

    async def of(self, session: str) -> Sequence[PackageCopy]:
        return [row for row in self.rows if row.session == session]

    async def retry(self, package: str) -> int:
        self.retried.append(package)
        return 1

    async def run(self) -> None: ...

    def add(self, session: str, package: str, place: str, state: CopyState) -> None:
        self.rows.append(
            PackageCopy(package=package, session=session, place=place, address=f"file:{place}", state=state, utc_ms=1)
        )


@pytest.fixture
def copies() -> Copies:
    return Copies()


@pytest.fixture
async def court(copies: Copies) -> AsyncIterator[Courthouse]:
    async with courthouse(copies=copies) as court:
        wanted = [(account, account, role, PASSWORD) for account, role in STAFF]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        yield court


async def signed_in(court: Courthouse, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post(f"{court.url}/api/v1/staff/login", json={"account": account, "password": PASSWORD}) as done:
        assert done.status == 200
    return http


async def archive(court: Courthouse, http: aiohttp.ClientSession, **query: str) -> dict[str, Any]:
    async with http.get(f"{court.url}/api/v1/archive", params=query) as response:
        return dict(await response.json())


async def over(court: Courthouse) -> str:
    """A session that was held and closed."""
    session = await court.session()
    ledger = await court.services.book.get(session)
    closed = ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED)
    opened = ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION)
    await ledger.note("server", [opened, closed])
    return session


async def test_what_is_over_is_found_with_its_packages_and_their_copies(court: Courthouse, copies: Copies) -> None:
    session = await over(court)
    await court.session()  # Not over: not in the archive.
    package = new_ulid(1_790_000_000_000)
    court.exporter.kept[session] = (Exported(id=package, folder=Path(), sha512="ab" * 64, bytes_total=5),)
    copies.add(session, package, "first", CopyState.VERIFIED)
    async with await signed_in(court, "li.clerk") as clerk:
        page = await archive(court, clerk)
        (row,) = page["rows"]
        (made,) = row["packages"]
        assert (row["session"]["id"], row["judge"], page["places"]) == (session, "陈法官", ["first", "second"])
        assert (made["package"]["job"], made["made_utc_ms"], made["safe"]) == (package, 1_790_000_000_000, False)
        copies.add(session, package, "second", CopyState.VERIFIED)
        assert (await archive(court, clerk))["rows"][0]["packages"][0]["safe"] is True
        async with clerk.post(f"{court.url}/api/v1/archive/packages/{package}/copies") as response:
            assert await response.json() == {"copies": 1}
        assert copies.retried == [package]

        for query in ({"q": "张三丰"}, {"q": "买卖 粤01"}, {"state": "closed"}, {"from_day": "2020-01-01"}):
            assert len((await archive(court, clerk, **query))["rows"]) == 1, query
        for query in ({"q": "张三丰 赵六"}, {"state": "sealed"}, {"to_day": "2020-01-01"}):
            assert (await archive(court, clerk, **query))["rows"] == [], query
        assert (await archive(court, clerk, from_day="soon"))["error"] == "bad-day"


async def test_everybody_finds_what_they_may_read(court: Courthouse) -> None:
    own = await over(court)
    await over(court)
    await court.services.store.put(SEAT_ACCOUNTS, own, msgspec.json.encode({ID["judge"]: "chen.judge"}))
    async with await signed_in(court, "chen.judge") as judge:
        assert [row["session"]["id"] for row in (await archive(court, judge))["rows"]] == [own]
    async with await signed_in(court, "sun.watch") as supervisor:
        assert (await archive(court, supervisor))["error"] == "no-right"


async def test_a_long_archive_comes_in_pages_without_a_gap(court: Courthouse) -> None:
    held = {await over(court) for _ in range(23)}
    async with await signed_in(court, "li.clerk") as clerk:
        first = await archive(court, clerk)
        rest = await archive(court, clerk, after=first["next"])
        assert (len(first["rows"]), len(rest["rows"]), rest["next"]) == (20, 3, "")
        assert {row["session"]["id"] for page in (first, rest) for row in page["rows"]} == held


async def test_a_sealed_session_refuses_invitations_before_there_are_codes(court: Courthouse) -> None:
    session = await over(court)
    ledger = await court.services.book.get(session)
    await ledger.note("server", [ev.StateChanged(move=Move.SEAL, before=State.SIGNED, after=State.SEALED)])
    kept = {
        table: await court.services.store.items(table)
        for table in (INVITATIONS, HEARING_CODES, BY_SEAT, SEAT_ACCOUNTS)
    }
    seat = next(iter(ledger.hearing.people))
    base = f"{court.url}/api/v1/sessions/{session}/seats"
    new = {"seat": "third-party-9", "role": "third_party", "name": "某某", "required": False}
    async with await signed_in(court, "li.clerk") as clerk:
        for path, body in (
            (f"{base}/{seat}/invitation", None),
            (base, new),
            (base, {**new, "role": "clerk", "account": "li.clerk"}),
        ):
            async with clerk.post(path, json=body) as response:
                assert (await response.json())["error"] == "sealed", path
    for table, rows in kept.items():
        assert await court.services.store.items(table) == rows, table
