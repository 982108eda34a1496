"""A creditors' meeting stays usable: whatever is large is done beside the event loop, whatever fails says so, and
nobody can take it all."""

from __future__ import annotations

import asyncio
import csv
import io
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import aiohttp
import pytest

import signaling.meetings.book
import signaling.meetings.desk
import voting.meeting
from records.memory import MemoryStore
from signaling.meetings import crowd
from signaling.meetings.room import MeetingRoom
from signaling.meetings.socket import MOST_WIRES
from signaling.meetings.view import Mine
from signaling.web import MEETINGS
from tests.fakes.called_meeting import CLOSES_UTC_MS, HEADER, Called, called, create, number_of
from tests.fakes.courthouse import PATIENT
from voting.prepared import Prepared
from voting.stores.memory import MemoryLeafStore

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def test_the_units_of_a_round_are_made_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_in: list[str] = []
    prepare = signaling.meetings.desk.prepare

    def noted(*given: Any) -> Prepared:
        made_in.append(threading.current_thread().name)
        return prepare(*given)

    def on_the_loop(*given: Any) -> Any:
        raise AssertionError("the units were not ready")

    async with called(tmp_path, [100, 200]) as meeting:
        monkeypatch.setattr(signaling.meetings.desk, "prepare", noted)
        monkeypatch.setattr(voting.meeting, "divisions", on_the_loop)
        told = await meeting.by_two("open")
        assert told["console"]["turnout"][0]["heads_total"] == 2
        (thread,) = made_in
        assert thread != threading.main_thread().name
        # Nothing is made ready for what is refused.
        again: Any = {"act": "open", "motion": "M1", "closes_utc_ms": CLOSES_UTC_MS + 1}
        assert (await meeting.post("/acts", **again))["done"] is False
        status, refused, _ = await meeting.ask("POST", f"/{meeting.id}/acts", by=meeting.judge, **again)
        assert (status, refused["error"], len(made_in)) == (400, "already-open", 1)


async def test_a_fault_of_ours_ends_a_socket_with_its_incident_and_the_page_may_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: MeetingRoom, wire: object) -> Mine:
        raise RuntimeError("a fault")

    async with called(tmp_path) as meeting:
        token = await meeting.sign_in(1)
        monkeypatch.setattr(MeetingRoom, "mine", broken)
        async with meeting.socket(token) as socket:
            last = await socket.receive_json(timeout=10)
            assert (last["type"], last["action"], last["code"]) == ("farewell", "enter", "internal")
            assert "编号" in last["zh"]
            assert last["retry_after_ms"] > 0


async def test_heads_and_proofs_are_bounded_for_each_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "PROOFS_BURST", 3)
    monkeypatch.setattr(crowd, "PROOFS_PER_S", 0.01)
    async with called(tmp_path) as meeting:
        paths = ["head", "proof?seq=0&size=1", "consistency?first=1&second=1", "head", "proof?seq=0&size=1"]
        answers = [await meeting.ask("GET", f"/{meeting.id}/{path}") for path in paths]
        assert [status for status, _, _ in answers] == [200, 200, 200, 429, 429]
        _, told, refused = answers[-1]
        assert told["error"] == "too-many"
        assert 90 <= int(refused.headers["Retry-After"]) <= 300
        async with stranger(meeting) as other, other.get(f"/api/v1/meetings/{meeting.id}/head") as answer:
            assert answer.status == 200


@asynccontextmanager
async def stranger(meeting: Called) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody at another address."""
    at = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0), limit=0)
    async with aiohttp.ClientSession(meeting.court.url, connector=at) as http:
        yield http


async def test_whoever_opens_thousands_of_sockets_takes_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_KNOCKING", 20)
    timing = replace(PATIENT, hello_timeout_ms=60_000)
    async with called(tmp_path, timing=timing) as meeting, AsyncExitStack() as stack:
        token = await meeting.sign_in(1)
        http = await stack.enter_async_context(stranger(meeting))
        url = f"/meetings/{meeting.id}/ws"
        open_: list[aiohttp.ClientWebSocketResponse] = []
        refused: list[aiohttp.WSServerHandshakeError] = []
        for _ in range(100):
            try:
                open_.append(await http.ws_connect(url))
            except aiohttp.WSServerHandshakeError as problem:
                refused.append(problem)
        assert (len(open_), len(refused)) == (20, 80)
        assert {problem.status for problem in refused} == {429}
        assert all(int((problem.headers or {})["Retry-After"]) >= 1 for problem in refused)
        # The creditor at another address comes in; so does the stranger's neighbour once one has shown a pass.
        async with meeting.socket(token) as socket:
            assert (await socket.receive_json(timeout=10))["type"] == "entered"
        await open_[0].send_json({"type": "enter", "version": 1, "token": token})
        assert (await open_[0].receive_json(timeout=10))["type"] == "entered"
        open_.append(await http.ws_connect(url))
        # And whoever goes makes room.
        await open_[1].close()
        async with asyncio.timeout(10):
            while len(open_) < 22:
                with suppress(aiohttp.WSServerHandshakeError):
                    open_.append(await http.ws_connect(url))


async def test_one_creditor_has_a_few_sockets_and_the_newest_stay(tmp_path: Path) -> None:
    async with called(tmp_path) as meeting, AsyncExitStack() as stack:
        token = await meeting.sign_in(1)
        sockets = []
        for _ in range(MOST_WIRES + 3):
            socket = await stack.enter_async_context(meeting.socket(token))
            assert (await socket.receive_json(timeout=10))["type"] == "entered"
            sockets.append(socket)
        for old in sockets[:3]:
            while not old.closed:
                await old.receive(timeout=10)
        for socket in sockets[3:]:
            await socket.send_json({"type": "beat", "sent_ms": 7})
            while (told := await socket.receive_json(timeout=10))["type"] != "beat_back":
                pass
            assert told["sent_ms"] == 7


async def test_the_list_opens_no_meeting_and_an_idle_one_is_closed_and_opened_again(tmp_path: Path) -> None:
    store = MemoryStore()
    ballots = MemoryLeafStore()
    async with called(tmp_path, [100, 200], store=store, ballots=ballots) as meeting:
        token = await meeting.sign_in(1)
        rooms = meeting.court.app[MEETINGS].rooms
        room = rooms.live(meeting.id)
        assert room is not None
        await rooms.close_idle(600_000)
        assert rooms.live(meeting.id) is room, "somebody was here just now"
        async with meeting.socket(token) as socket:
            assert (await socket.receive_json(timeout=10))["type"] == "entered"
            await rooms.close_idle(0)
            assert rooms.live(meeting.id) is room, "a page is open"
        async with asyncio.timeout(10):
            while rooms.live(meeting.id) is room:
                await rooms.close_idle(0)
        _, rows, _ = await meeting.ask("GET", "")
        assert [(row["id"], row["state"]) for row in rows] == [(meeting.id, "doors")]
        assert rooms.live(meeting.id) is None
        # Whoever comes next finds all as it was.
        _, console, _ = await meeting.ask("GET", f"/{meeting.id}")
        assert (console["board"]["heads"], console["board"]["total_heads"]) == (1, 2)
        await meeting.by_two("open")
        await rooms.close_idle(0)
        assert rooms.live(meeting.id) is not None, "a motion is open"
        ballot = {"motion": "M1", "round": 1, "choice": "agree", "idem": "one"}
        status, receipt, _ = await meeting.ask("POST", f"/{meeting.id}/ballots", token=token, **ballot)
        assert status == 201
        await meeting.by_two("close")
        await rooms.close_idle(0)
        assert rooms.live(meeting.id) is None
        status, again, _ = await meeting.ask("POST", f"/{meeting.id}/ballots", token=token, **ballot)
        assert (status, again) == (200, receipt)
        _, rows, _ = await meeting.ask("GET", "")
        assert rows[0]["state"] == "in_session"


async def test_one_account_calls_so_many_meetings_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling.meetings.desk, "MOST_A_DAY", 2)
    async with called(tmp_path) as meeting:
        await create(meeting)
        body = {"court": "测试法院", "case_no": "1", "title": "会议", "scheduled_utc_ms": 0}
        status, told, answer = await meeting.ask("POST", "", **body)
        assert (status, told["error"]) == (429, "too-many")
        assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
        status, _, _ = await meeting.ask("POST", "", by=meeting.judge, **body)
        assert status == 201


async def test_nobody_fills_the_console_with_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling.meetings.book, "MOST_QUESTIONS", 2)
    async with called(tmp_path) as meeting, meeting.socket(await meeting.sign_in(1)) as socket:
        answers = []
        for number in range(3):
            await socket.send_json({"type": "ask_question", "re": f"q{number}", "text": "何时分配？"})
            while (told := await socket.receive_json(timeout=10)).get("re") != f"q{number}":
                pass
            answers.append(told.get("code", told["type"]))
        assert answers == ["did", "did", "too-many-questions"]
        _, console, _ = await meeting.ask("GET", f"/{meeting.id}")
        assert [each["text"] for each in console["questions"]] == ["何时分配？"] * 2


async def test_forged_replayed_foreign_and_late_ballots_by_https(tmp_path: Path) -> None:
    async with called(tmp_path, [100, 200]) as meeting:
        token, other = await meeting.sign_in(1), await meeting.sign_in(2)
        await meeting.by_two("open")
        url = f"/{meeting.id}/ballots"
        ballot: Any = {"motion": "M1", "round": 1, "choice": "agree", "idem": "one"}
        person, until, mac = token.split("~")
        forged = ("", f"C2~{until}~{mac}", f"{person}~{int(until) + 1}~{mac}", f"{person}~{until}~{'0' * 32}")
        for show in forged:
            status, told, _ = await meeting.ask("POST", url, token=show, **ballot)
            assert (status, told["error"]) == (401, "credential-invalid")
        status, told, _ = await meeting.ask("POST", url, token=token, creditor="C2", **ballot)
        assert (status, told["code"]) == (409, "no-mandate")
        second = (await create(meeting))["meeting"]["id"]
        status, told, _ = await meeting.ask("POST", f"/{second}/ballots", token=token, **ballot)
        assert (status, told["error"]) == (401, "credential-invalid")
        status, receipt, _ = await meeting.ask("POST", url, token=token, **ballot)
        assert status == 201
        assert await meeting.ask("POST", url, token=token, **ballot) == (200, receipt, ANY)
        status, told, _ = await meeting.ask("POST", url, token=other, **ballot)
        assert (status, told["code"]) == (409, "idem-taken")
        status, told, _ = await meeting.ask("POST", url, token=token, **{**ballot, "idem": "two"})
        assert (status, told["code"], told["standing"]) == (409, "already-voted", receipt)
        await meeting.by_two("close")
        status, told, _ = await meeting.ask("POST", url, token=other, **{**ballot, "idem": "three"})
        assert (status, told["code"], told["late"]["idem"]) == (410, "late", "three")
        assert await meeting.ask("POST", url, token=token, **ballot) == (200, receipt, ANY)
        _, console, _ = await meeting.ask("GET", f"/{meeting.id}")
        (division,) = console["meeting"]["motions"][0]["result"]["divisions"]
        assert (division["agree"]["heads"], division["against"]["heads"]) == (1, 0)


async def test_no_name_in_the_table_of_links_is_a_formula(tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(1)", "＝1+1", "＠a", "张三"]
    rows = [f'C{n},"{name}",{number_of(n)},普通债权,1' for n, name in enumerate(names, 1)]
    async with called(tmp_path) as meeting:
        table = "\n".join([HEADER, *rows]).encode()
        async with meeting.clerk.post(f"/api/v1/meetings/{meeting.id}/roll", data=table) as answer:
            assert answer.status == 201, await answer.text()
        async with meeting.clerk.get(f"/api/v1/meetings/{meeting.id}/links.csv") as answer:
            text = (await answer.read()).decode("utf-8-sig")
        found = list(csv.reader(io.StringIO(text)))[1:]
        assert [row[1].removeprefix("'") for row in found] == names
        assert not any(cell[:1] in set("=+-@＝＠") for row in found for cell in row if cell)
