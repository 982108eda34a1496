"""随时查 over HTTP: a supervisor searches and opens finished records, and every look stands in the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hearing import events as ev
from hearing.access_events import Access, AccessRestricted, Ground
from hearing.ids import new_ulid
from hearing.session import Move, State
from hearing.supervision_events import RecordLooked
from records.search.index import SearchIndex
from signaling.ports import Exported
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import ID, Courthouse, courthouse
from tests.fakes.minutes import said

pytestmark = pytest.mark.integration

STAFF = (("li.clerk", "clerk"), ("chen.judge", "judge"), ("sun.watch", "supervisor"), ("bo.watch", "supervisor"))
PASSWORD = "first password 17"
RECORDS = "supervision/records"
OPEN = ev.StateChanged(move=Move.OPEN, before=State.WAITING, after=State.IN_SESSION)
CLOSE = ev.StateChanged(move=Move.CLOSE, before=State.IN_SESSION, after=State.CLOSED)
SEAL = ev.StateChanged(move=Move.SEAL, before=State.SIGNED, after=State.SEALED)
SECRET = "配方阿尔法七号有异议"


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Courthouse]:
    index = await SearchIndex.open(tmp_path / "search.sqlite")
    async with courthouse(search=index) as court:
        wanted = [(account, account, role, PASSWORD) for account, role in STAFF]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        yield court
    await index.close()


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, court: Courthouse, http: aiohttp.ClientSession) -> None:
        self._court, self._http = court, http

    async def get(self, path: str, **query: str) -> Any:
        return (await self.answer("GET", path, query))[1]

    async def post(self, path: str, body: object = None, **query: str) -> Any:
        return (await self.answer("POST", path, query, body))[1]

    async def answer(self, method: str, path: str, query: dict[str, str], body: object = None) -> tuple[int, Any]:
        url = f"{self._court.url}{path}" if path.startswith("/") else f"{self._court.url}/api/v1/{path}"
        async with self._http.request(method, url, params=query, json=body) as done:
            told = await done.json() if done.content_type == "application/json" else await done.text()
            return done.status, told

    async def find(self, words: str, reason: str = "", **query: str) -> list[dict[str, Any]]:
        return list((await self.post(f"{RECORDS}/search", {"reason": reason}, q=words, **query))["hits"])

    async def close(self) -> None:
        await self._http.close()


@pytest.fixture
async def watch(court: Courthouse) -> AsyncIterator[Visitor]:
    visitor = await signed_in(court, "sun.watch")
    yield visitor
    await visitor.close()


async def signed_in(court: Courthouse, account: str) -> Visitor:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post(f"{court.url}/api/v1/staff/login", json={"account": account, "password": PASSWORD}) as done:
        assert done.status == 200
    return Visitor(court, http)


async def held(court: Courthouse, *further: ev.AnyEvent, public: bool = True) -> str:
    """A session that was held: two lines were said, and it was closed; then `further` happened."""
    session = await court.session(public)
    ledger = await court.services.book.get(session)
    lines = [said("被告对证据三有异议。", 5_000, ID["defendant"]), said(SECRET, 9_000, ID["plaintiff"])]
    await ledger.note("server", [OPEN, *lines, CLOSE])
    if further:
        await ledger.note("server", list(further))
    return session


async def indexed(court: Courthouse, lines: int) -> None:
    """The index has caught up with so many lines that say 异议."""
    async with asyncio.timeout(15):
        clerk = await signed_in(court, "li.clerk")
        while len((await clerk.get("search", q="异议"))["hits"]) < lines:
            await asyncio.sleep(0.2)
        await clerk.close()


async def looks(court: Courthouse, session: str) -> list[RecordLooked]:
    """Those in its log, in order."""
    ledger = await court.services.book.get(session)
    return [entry.event async for entry in ledger.entries() if isinstance(entry.event, RecordLooked)]


async def log(court: Courthouse, session: str) -> Sequence[ev.Entry]:
    ledger = await court.services.book.get(session)
    return [entry async for entry in ledger.entries()]


def restricted(**fields: Any) -> AccessRestricted:
    """A part that the court has closed."""
    whole: dict[str, Any] = {"mark": "r1", "from_ms": 8_000, "to_ms": 12_000, "access": Access.COURT}
    return AccessRestricted(ground=Ground.TRADE_SECRET, **{**whole, **fields})


async def test_a_search_is_one_look_in_the_log_of_each_session_that_it_shows(
    court: Courthouse, watch: Visitor
) -> None:
    one, other, silent = await held(court), await held(court), await held(court)
    running = await court.session()
    await (await court.services.book.get(running)).note("server", [OPEN, said("也有异议", 0, ID["judge"])])
    await indexed(court, 7)
    before = len(await log(court, silent))
    hits = await watch.find("证据三 异议", " 当事人投诉 ", session=one) + await watch.find("证据三 异议")
    assert {hit["session"] for hit in hits} == {one, other, silent}
    assert (await looks(court, one))[0] == RecordLooked(
        account="sun.watch", name="sun.watch", what="lines", reason="当事人投诉", words="证据三 异议", lines=1
    )
    assert [look.reason for look in await looks(court, one)] == ["当事人投诉", ""]
    assert len(await looks(court, other)) == 1
    for _ in range(3):
        await watch.find("证据三 异议")
    assert len(await looks(court, other)) == 1, "the same look again"
    assert len(await log(court, silent)) == before + 1
    assert await watch.find("无人说过的话") == []
    assert len(await looks(court, other)) == 1, "nothing of it was shown"
    assert await looks(court, running) == []


async def test_nothing_is_shown_of_what_the_court_keeps_from_supervisors(court: Courthouse, watch: Visitor) -> None:
    part = await held(court, restricted())
    name = await held(court, restricted(participant=ID["defendant"], from_ms=0, to_ms=60_000))
    shut = await held(court, restricted(from_ms=0, to_ms=None, access=Access.PARTIES))
    await indexed(court, 6)
    assert {(hit["session"], hit["from_ms"]) for hit in await watch.find("异议")} == {(part, 5_000), (name, 9_000)}
    assert await looks(court, shut) == []
    assert [hit["session"] for hit in await watch.find("阿尔法")] == [name]
    assert [look.words for look in await looks(court, part)] == ["异议"]
    listed = await watch.get(RECORDS)
    assert {(row["id"], row["partly"]) for row in listed["rows"]} == {(part, True), (name, True)}
    for what in ("minutes", "player", "report", "seal"):
        assert (await watch.post(f"{RECORDS}/{shut}/look", {"what": what}))["error"] == "record-closed"
    assert (await watch.post(f"{RECORDS}/{part}/look", {"what": "player"}))["error"] == "parts-closed"
    for session in (part, name):
        for what in ("minutes", "report"):
            opened = await watch.post(f"{RECORDS}/{session}/look", {"what": what})
            text = str(await watch.get(opened["url"]))
            assert ("阿尔法" in text, "李四光" in text) == (
                (session == name and what == "minutes"),
                session == part and what == "minutes",
            )


async def test_a_restriction_closes_what_was_open_at_once(court: Courthouse, watch: Visitor) -> None:
    session = await held(court)
    opened = await watch.post(f"{RECORDS}/{session}/look", {"what": "minutes"})
    assert SECRET in str(await watch.get(opened["url"]))
    ledger = await court.services.book.get(session)
    await ledger.note("server", [restricted()])
    assert SECRET not in str(await watch.get(opened["url"]))
    await ledger.note("server", [restricted(mark="r2", from_ms=0, to_ms=None)])
    assert (await watch.get(opened["url"]))["error"] == "record-closed"


async def test_a_record_is_opened_by_a_look_and_not_before(court: Courthouse, watch: Visitor) -> None:
    session = await held(court)
    other = await signed_in(court, "bo.watch")
    for what in ("minutes", "report", "seal"):
        address = f"{RECORDS}/{session}/{what}"
        assert (await watch.answer("GET", address, {}))[0] == 403
        opened = await watch.post(f"{RECORDS}/{session}/look", {"what": what, "reason": "抽查"})
        assert (await watch.answer("GET", opened["url"], {}))[0] == 200
        assert (await other.get(address))["error"] == "look-first", "another's look opens nothing"
    await other.close()
    assert [(look.what, look.reason) for look in await looks(court, session)] == [
        ("minutes", "抽查"),
        ("report", "抽查"),
        ("seal", "抽查"),
    ]
    own = (await watch.get("supervision/looks"))["looks"]
    assert [(row["session"], row["what"], row["case_no"]) for row in own] == [
        (session, what, "（2026）粤01民初1号") for what in ("seal", "report", "minutes")
    ]


async def test_the_player_is_opened_with_what_it_needs_and_nothing_else(
    court: Courthouse, watch: Visitor, tmp_path: Path
) -> None:
    session = await held(court)
    assert (await watch.post(f"{RECORDS}/{session}/look", {"what": "player"}))["error"] == "no-package"
    assert await looks(court, session) == [], "there was nothing to see"
    folder = tmp_path / "package"
    for path in ("player/index.html", "media/composite.mp4", "events/events.jsonl", "exhibits/0001.pdf"):
        (folder / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "data" / path).write_text("of the record")
    court_made, public_made = (new_ulid(court.services.sources.utc_ms() + 60_000 + n) for n in range(2))
    court.exporter.kept[session] = (
        Exported(id=court_made, folder=folder, sha512="ab" * 64, bytes_total=5),
        Exported(id=public_made, folder=folder, sha512="cd" * 64, bytes_total=5, edition="public"),
    )
    opened = await watch.post(f"{RECORDS}/{session}/look", {"what": "player", "at_ms": 61_500})
    base = f"/api/v1/{RECORDS}/{session}/packages/{court_made}/files/data"
    assert opened["url"] == f"{base}/player/index.html#t=61500"
    assert [look.what for look in await looks(court, session)] == ["player"]
    for path, status in (
        ("player/index.html", 200),
        ("media/composite.mp4", 200),
        ("events/events.jsonl", 404),
        ("exhibits/0001.pdf", 404),
        ("player/../events/events.jsonl", 404),
        ("player/%2e%2e/events/events.jsonl", 404),
    ):
        assert (await watch.answer("GET", f"{base}/{path}", {}))[0] == status, path
    for steps in ("player/..", "player/%2e%2e", "player/%2E%2E/player/..", "media/../events/../player/.."):
        # As whoever does not tidy up an address sends it.
        raw = URL(f"{court.url}{base}/{steps}/events/events.jsonl", encoded=True)
        async with watch._http.get(raw) as answer:
            assert answer.status == 404, steps
    assert (await watch.answer("GET", base.replace(court_made, public_made) + "/player/index.html", {}))[0] == 404
    ledger = await court.services.book.get(session)
    await ledger.note("server", [restricted()])
    assert (await watch.answer("GET", f"{base}/player/index.html", {}))[0] == 404, "it shows more than they may see"
    row = (await watch.get(RECORDS))["rows"][0]
    assert (row["partly"], row["playable"]) == (True, True), "the public edition of after the restriction"


async def test_looks_are_additions_to_a_sealed_record(court: Courthouse, watch: Visitor) -> None:
    session = await held(court, SEAL)
    before = await log(court, session)
    await watch.post(f"{RECORDS}/{session}/look", {"what": "minutes"})
    after = await log(court, session)
    assert list(after[: len(before)]) == list(before)
    assert [type(entry.event) for entry in after[len(before) :]] == [RecordLooked]


async def test_parties_who_read_the_minutes_are_told_nothing_of_it(court: Courthouse, watch: Visitor) -> None:
    session = await court.session()
    ledger = await court.services.book.get(session)
    await ledger.note("server", [OPEN])
    party, judge = await court.connect(session, "plaintiff"), await court.connect(session, "judge")
    await ledger.note("server", [CLOSE])
    await watch.post(f"{RECORDS}/{session}/look", {"what": "minutes", "reason": "抽查"})
    told = await judge.update("supervision.record")
    seen = await party.hear("update", seq=told["seq"])
    assert seen == {"type": "update", "seq": told["seq"], "at_ms": 0, "utc_ms": 0, "actor": "server"} | dict.fromkeys(
        ("event", "hearing")
    )
    assert "watch" not in str([message for message in party.heard if message["type"] == "update"])


@pytest.mark.parametrize("account", ["li.clerk", "chen.judge"])
async def test_looking_up_is_the_supervisors_alone(court: Courthouse, account: str) -> None:
    session = await held(court)
    visitor = await signed_in(court, account)
    for method, path in (
        ("GET", RECORDS),
        ("POST", f"{RECORDS}/search"),
        ("POST", f"{RECORDS}/{session}/look"),
        ("GET", f"{RECORDS}/{session}/minutes"),
        ("GET", "supervision/looks"),
    ):
        assert await visitor.answer(method, path, {}, {}) == (403, await visitor.get(RECORDS)), path
    await visitor.close()


async def test_questions_that_are_none_name_what_is_wrong(court: Courthouse, watch: Visitor) -> None:
    running = await court.session()
    for path, query, body, code in (
        (f"{RECORDS}/search", {"q": ""}, {}, "bad-query"),
        (f"{RECORDS}/search", {"q": "异议", "from_day": "soon"}, {}, "bad-day"),
        (f"{RECORDS}/search", {"q": "异议", "after": "x"}, {}, "bad-after"),
        (f"{RECORDS}/search", {"q": "异议"}, {"reason": "长" * 201}, "bad-body"),
        (f"{RECORDS}/{running}/look", {}, {"what": "minutes"}, "not-over"),
        (f"{RECORDS}/{running}/look", {}, {"what": "tracks"}, "bad-body"),
        (f"{RECORDS}/nothing/look", {}, {"what": "minutes"}, "unknown-session"),
    ):
        assert (await watch.post(path, body, **query))["error"] == code, (path, query)


async def test_many_records_come_in_pages_and_are_found_by_their_facts(court: Courthouse, watch: Visitor) -> None:
    made = {await held(court) for _ in range(21)}
    first = await watch.get(RECORDS)
    rest = await watch.get(RECORDS, after=first["next"])
    assert (len(first["rows"]), len(rest["rows"]), rest["next"]) == (20, 1, "")
    assert {row["id"] for page in (first, rest) for row in page["rows"]} == made
    assert len((await watch.get(RECORDS, q="买卖 陈法官"))["rows"]) == 20
    assert (await watch.get(RECORDS, q="张三丰"))["rows"] == [], "parties' names are no way in"
    assert (await watch.get(RECORDS, to_day="2020-01-01"))["rows"] == []


async def test_a_server_without_an_index_says_so() -> None:
    async with courthouse() as court:
        wanted = [("sun.watch", "孙", "supervisor", PASSWORD)]
        await ensure_staff(court.services.store, court.services.hasher, 1, wanted)  # type: ignore[arg-type]
        watch = await signed_in(court, "sun.watch")
        assert (await watch.post(f"{RECORDS}/search", {}, q="异议"))["error"] == "search-unavailable"
        await watch.close()
