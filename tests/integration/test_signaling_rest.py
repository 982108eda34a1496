"""REST, from the clerk's desk to the party's seat; what is refused and with which code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hearing.transcript_events import GlossarySet
from signaling.sessions.notices import SHA256
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import ID, Courthouse, Page, courthouse

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"


async def staffed(court: Courthouse) -> None:
    await ensure_staff(
        court.services.store,
        court.services.hasher,
        court.services.sources.utc_ms(),
        [
            ("li.clerk", "李书记员", "clerk", PASSWORD),
            ("chen.judge", "陈法官", "judge", PASSWORD),
            ("root", "运维", "operator", PASSWORD),
        ],
    )


async def call(http: aiohttp.ClientSession, court: Courthouse, method: str, path: str, body: Any = None) -> Any:
    async with http.request(method, f"{court.url}/api/v1/{path}", json=body) as response:
        return response.status, await response.json() if response.content_length else None


async def signed_in(court: Courthouse, account: str) -> aiohttp.ClientSession:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    status, staff = await call(http, court, "POST", "staff/login", {"account": account, "password": PASSWORD})
    assert status == 200, staff
    return http


def new_session(court: Courthouse, **changes: Any) -> dict[str, Any]:
    return {
        "court": "某某人民法院",
        "case_no": "（2026）粤01民初1号",
        "hearing_no": "1",
        "cause": "买卖合同纠纷",
        "title": "第一次庭审",
        "public": True,
        "scheduled_utc_ms": court.services.sources.utc_ms(),
        "seats": [
            {"seat": "judge", "role": "presiding_judge", "name": "陈法官", "account": "chen.judge"},
            {"seat": "clerk", "role": "clerk", "name": "李书记员", "account": "li.clerk"},
            {"seat": "plaintiff-1", "role": "plaintiff", "name": "张三丰"},
        ],
        **changes,
    }


async def test_from_the_clerks_desk_to_the_partys_seat() -> None:
    async with courthouse() as court:
        await staffed(court)
        async with await signed_in(court, "li.clerk") as clerk, await signed_in(court, "chen.judge") as judge:
            status, detail = await call(clerk, court, "POST", "sessions", new_session(court))
            assert status == 201, detail
            session = detail["id"]
            row = next(seat for seat in detail["seats"] if seat["seat"] == "plaintiff-1")
            code = row["invitation"]["url"].rsplit("/", 1)[1]
            assert len(row["invitation"]["code"]) == 8
            status, listed = await call(judge, court, "GET", "sessions")
            assert [s["id"] for s in listed] == [session]
            status, seen = await call(judge, court, "GET", f"sessions/{session}")
            assert all(seat["invitation"] is None for seat in seen["seats"])

            status, opened = await call(court.http, court, "POST", "invitations/open", {"code": code})
            assert (opened["name"], opened["consented"], opened["notices"]["sha256"]) == ("张三丰", False, SHA256)
            by_digits = row["invitation"]["code"][:4] + " " + row["invitation"]["code"][4:]
            assert (await call(court.http, court, "POST", "invitations/open", {"code": by_digits}))[0] == 200
            status, refused = await call(court.http, court, "POST", "invitations/ticket", {"code": code})
            assert (status, refused["error"]) == (403, "consent-needed")
            status, refused = await call(
                court.http, court, "POST", "invitations/consent", {"code": code, "sha256": "0" * 64}
            )
            assert (status, refused["error"]) == (409, "notice-changed")
            agreed = {"code": code, "sha256": SHA256, "language": "zh-CN"}
            assert (await call(court.http, court, "POST", "invitations/consent", agreed))[0] == 204
            assert (await call(court.http, court, "POST", "invitations/consent", agreed))[0] == 204
            status, ticket = await call(court.http, court, "POST", "invitations/ticket", {"code": code})
            assert (status, ticket["session"]) == (200, session)
            party = await court.open(ticket=ticket["ticket"])
            await party.welcomed()

            status, ticket = await call(judge, court, "POST", f"sessions/{session}/ticket", {})
            bench = await court.open(ticket=ticket["ticket"])
            await bench.welcomed()
            assert (await call(clerk, court, "POST", f"sessions/{session}/gather"))[1]["state"] == "waiting"
            assert (await call(clerk, court, "POST", f"sessions/{session}/gather"))[0] == 409

            path = f"sessions/{session}/seats/{row['participant']}/invitation"
            assert (await call(clerk, court, "DELETE", path, {"reason": "误发"}))[0] == 204
            leave = await party.hear("leave")
            assert (leave["action"], leave["code"]) == ("end", "revoked")
            status, refused = await call(court.http, court, "POST", "invitations/open", {"code": code})
            assert (status, refused["error"]) == (403, "revoked")
            status, again = await call(clerk, court, "POST", path)
            renewed = next(seat for seat in again["seats"] if seat["seat"] == "plaintiff-1")["invitation"]
            assert renewed["url"].rsplit("/", 1)[1] != code
            status, refused = await call(court.http, court, "POST", "invitations/open", {"code": code})
            assert (status, refused["error"]) == (404, "code-unknown")
            status, log = await call(clerk, court, "GET", f"sessions/{session}/events?after=1")
            assert [entry["seq"] for entry in log] == list(range(2, 2 + len(log)))
            assert code not in str(log)


async def test_a_session_is_made_with_its_terms_and_languages() -> None:
    async with courthouse() as court:
        await staffed(court)
        async with await signed_in(court, "li.clerk") as clerk:
            body = new_session(court, glossary=["云庭科技", " 张建国 "])
            body["seats"][2]["language"] = "bo"
            status, made = await call(clerk, court, "POST", "sessions", body)
            assert status == 201, made
            seat = {"seat": "interpreter-1", "role": "interpreter", "name": "卓玛", "language": "zh-CN"}
            status, _ = await call(clerk, court, "POST", f"sessions/{made['id']}/seats", seat)
            assert status == 201
            ledger = await court.services.book.get(made["id"])
            spoken = {each.seat.seat: each.language for each in ledger.hearing.people.values()}
            assert (spoken["plaintiff-1"], spoken["interpreter-1"], spoken["judge"]) == ("bo", "zh-CN", "")
            given = [each.event async for each in ledger.entries() if isinstance(each.event, GlossarySet)]
            assert given == [GlossarySet(terms=("云庭科技", "张建国"))]
            for changes in ({"glossary": ["a\u202eb"]}, {"glossary": ["字" * 61]}):
                status, _ = await call(clerk, court, "POST", "sessions", new_session(court, **changes))
                assert 400 <= status < 500


async def test_staff_routes_need_a_sign_in_the_header_and_the_role() -> None:
    async with courthouse() as court:
        await staffed(court)
        assert (await call(court.http, court, "GET", "sessions"))[1]["error"] == "not-signed-in"
        async with await signed_in(court, "chen.judge") as judge:
            assert (await call(judge, court, "POST", "sessions", new_session(court)))[1]["error"] == "no-right"
            assert (await call(judge, court, "GET", "staff/accounts"))[0] == 403
            bare = aiohttp.ClientSession(cookie_jar=judge.cookie_jar)
            status, refused = await call(bare, court, "POST", "staff/logout")
            assert (status, refused["error"]) == (403, "csrf")
            await bare.close()
            cookie = next(iter(judge.cookie_jar))
            assert cookie["httponly"]
            assert cookie["samesite"] == "Strict"


async def test_wrong_passwords_are_throttled_per_account_without_telling_which_accounts_exist() -> None:
    async with courthouse() as court:
        await staffed(court)
        answers = []
        for account in ("chen.judge", "nobody.here"):
            for _ in range(7):
                body = {"account": account, "password": "wrong"}
                status, refused = await call(court.http, court, "POST", "staff/login", body)
                answers.append((account, status, refused["error"]))
        for account in ("chen.judge", "nobody.here"):
            mine = [(status, error) for name, status, error in answers if name == account]
            assert mine == [(401, "bad-login")] * 6 + [(429, "too-many-tries")]


async def test_deactivating_an_account_ends_its_sign_in_its_page_and_its_tickets() -> None:
    async with courthouse() as court:
        await staffed(court)
        clerk, judge, root = [await signed_in(court, a) for a in ("li.clerk", "chen.judge", "root")]
        async with clerk, judge, root:
            session = (await call(clerk, court, "POST", "sessions", new_session(court)))[1]["id"]
            tickets = [
                (await call(judge, court, "POST", f"sessions/{session}/ticket"))[1]["ticket"] for _ in range(2)
            ]
            bench = await court.open(ticket=tickets[0])
            credential = (await bench.welcomed())["credential"]
            changed = await call(root, court, "PATCH", "staff/accounts/chen.judge", {"active": False})
            assert changed[0] == 200
            assert (await bench.hear("leave"))["action"] == "end"
            assert (await call(judge, court, "GET", "staff/me"))[0] == 401
            assert (await (await court.open(credential=credential)).hear("leave"))["code"] == "credential-invalid"
            assert (await (await court.open(ticket=tickets[1])).hear("leave"))["code"] == "revoked"
            locked = await call(root, court, "PATCH", "staff/accounts/root", {"active": False})
            assert locked[1]["error"] == "not-yourself"


async def test_changing_the_password_ends_all_other_sign_ins() -> None:
    async with courthouse() as court:
        await staffed(court)
        one, two = [await signed_in(court, "li.clerk") for _ in range(2)]
        async with one, two:
            short = {"old": PASSWORD, "new": "short"}
            assert (await call(one, court, "POST", "staff/password", short))[1]["error"] == "weak-password"
            wrong = {"old": "not the old one", "new": "another good password"}
            assert (await call(one, court, "POST", "staff/password", wrong))[1]["error"] == "bad-login"
            good = {"old": PASSWORD, "new": "another good password"}
            assert (await call(one, court, "POST", "staff/password", good))[0] == 204
            assert (await call(one, court, "GET", "staff/me"))[0] == 200
            assert (await call(two, court, "GET", "staff/me"))[0] == 401


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"case_no": "一号案"}, "case-no"),
        ({"seats": [{"seat": "p", "role": "plaintiff", "name": "张三"}]}, "no-judge"),
        ({"seats": [{"seat": "judge", "role": "judge", "name": "某"}]}, "account-needed"),
        ({"seats": [{"seat": "judge", "role": "judge", "name": "某", "account": "no.such"}]}, "unknown-account"),
        ({"seats": [{"seat": "judge", "role": "judge", "name": "某", "account": "li.clerk"}]}, "account-role"),
        ({"seats": []}, "bad-body"),
        ({"public": "yes"}, "bad-body"),
        ({"colour": "red"}, "bad-body"),
        ({"scheduled_utc_ms": -1}, "bad-body"),
    ],
)
async def test_a_wrong_session_is_refused_and_nothing_is_made(changes: dict[str, Any], code: str) -> None:
    async with courthouse() as court:
        await staffed(court)
        async with await signed_in(court, "li.clerk") as clerk:
            status, refused = await call(clerk, court, "POST", "sessions", new_session(court, **changes))
            assert (status, refused["error"]) == (400 if code != "unknown-account" else 404, code)
            assert code != "bad-body" or next(iter(changes)) in refused["message_en"]
            assert court.services.book.hearings() == ()


async def test_observers_are_refused_and_cut_within_a_second_when_the_session_is_closed_to_the_public() -> None:
    async with courthouse() as court:
        private = await court.session(public=False)
        ask = {"name": "旁听群众", "declaration": True}
        status, refused = await call(court.http, court, "POST", f"observe/{private}/ticket", ask)
        assert (status, refused["error"]) == (403, "not-public")
        session = await court.session()
        undeclared = {"name": "旁听群众", "declaration": False}
        assert (await call(court.http, court, "POST", f"observe/{session}/ticket", undeclared))[0] == 400
        judge = await court.connect(session, "judge")
        await (await court.connect(session, "clerk")).do("move", move="gather")
        assert (await judge.do("move", move="open"))["type"] == "done"
        status, ticket = await call(court.http, court, "POST", f"observe/{session}/ticket", ask)
        observer = await court.open(ticket=ticket["ticket"])
        welcome = await observer.welcomed()
        assert welcome["rights"] == ["ask_help", "subscribe"]
        assert welcome["hearing"]["observers"] == 1
        assert "旁听群众" not in str(welcome["hearing"])
        assert (await judge.do("move", move="close_evidence"))["type"] == "done"
        assert (await observer.update("session.state"))["event"]["after"] == "closed_evidence"
        granted = await judge.do("mute", participant=ID["clerk"])
        assert granted["type"] == "done", granted
        hidden = await observer.hear("update")
        assert hidden["event"] is None
        assert hidden["hearing"]["speakers"] == []
        status, refused = await call(court.http, court, "POST", f"observe/{session}/ticket", ask)
        assert (status, refused["error"]) == (403, "not-public")


async def test_a_display_is_one_participant_and_its_credential_can_be_ended() -> None:
    async with courthouse() as court:
        await staffed(court)
        session = await court.session()
        async with await signed_in(court, "root") as root:
            _, device = await call(
                root, court, "POST", "devices", {"name": "第一法庭大屏", "kind": "display", "court": ""}
            )
            bearer = {"Authorization": f"Bearer {device['credential']}"}
            tickets = []
            for _ in range(2):
                async with court.http.post(
                    f"{court.url}/api/v1/devices/ticket", json={"session": session}, headers=bearer
                ) as response:
                    tickets.append(await response.json())
            assert tickets[0]["participant"] == tickets[1]["participant"]
            display = await court.open(ticket=tickets[0]["ticket"])
            assert (await display.welcomed())["rights"] == ["subscribe"]
            async with court.http.get(f"{court.url}/api/v1/devices/sessions", headers=bearer) as response:
                assert [s["id"] for s in await response.json()] == [session]
            listed = await call(root, court, "GET", "devices")
            assert "credential" not in str(listed)
            assert (await call(root, court, "DELETE", f"devices/{device['id']}"))[0] == 204
            assert (await display.hear("leave"))["action"] == "end"
            async with court.http.get(f"{court.url}/api/v1/devices/sessions", headers=bearer) as response:
                assert response.status == 401


async def test_guessing_codes_is_limited_by_address_and_good_codes_do_not_suffer_from_use() -> None:
    async with courthouse() as court:
        statuses = []
        for n in range(40):
            status, _ = await call(court.http, court, "POST", "invitations/open", {"code": f"{n:08d}"})
            statuses.append(status)
        assert statuses[:30] == [404] * 30
        assert 429 in statuses[30:]


async def test_export_runs_reports_and_streams(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    (folder / "data").mkdir(parents=True)
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\n")
    (folder / "data" / "track.mka").write_bytes(bytes(range(256)) * 8_000)
    async with courthouse() as court:
        await staffed(court)
        court.exporter.folder = folder
        async with await signed_in(court, "li.clerk") as clerk:
            session = (await call(clerk, court, "POST", "sessions", new_session(court)))[1]["id"]
            ticket = (await call(clerk, court, "POST", f"sessions/{session}/ticket"))[1]["ticket"]
            page: Page = await court.open(ticket=ticket)
            await page.welcomed()
            status, started = await call(clerk, court, "POST", f"sessions/{session}/exports", {"edition": "court"})
            assert status == 202
            assert (await page.hear("export", permille=500))["step_zh"] == "一半"
            done = await page.hear("export", done=True)
            status, job = await call(clerk, court, "GET", f"exports/{started['job']}")
            assert (job["done"], job["error"], job["url"]) == (True, None, done["url"])
            async with clerk.get(court.url + done["url"]) as response:
                archive = zipfile.ZipFile(io.BytesIO(await response.read()))
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == ["package/bagit.txt", "package/data/track.mka"]
            assert archive.read("package/data/track.mka") == (folder / "data" / "track.mka").read_bytes()
        assert (await call(court.http, court, "GET", f"exports/{started['job']}"))[0] == 401


async def test_pages_headers_health_and_paths_that_lead_out() -> None:
    async with courthouse() as court:
        for path in ("/", "/join/abc", "/judge", "/clerk", "/kiosk", "/signin", "/display/x", "/observe/x"):
            async with court.http.get(court.url + path) as response:
                assert response.status == 200, path
                assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
                assert "unsafe" not in response.headers["Content-Security-Policy"]
                assert response.headers["X-Content-Type-Options"] == "nosniff"
        for path in (
            "/assets/../../../pyproject.toml",
            "/assets/%2e%2e/%2e%2e/pyproject.toml",
            "/assets/..%2f..%2fpyproject.toml",
            "/assets/....//pyproject.toml",
            "/assets/%00",
            "/assets//etc/passwd",
        ):
            url = aiohttp.client.URL(court.url + path, encoded=True)
            async with court.http.get(url) as response:
                assert response.status == 404, path
        for path, text in (("/healthz", "ok"), ("/readyz", "ready"), ("/metrics", "yunting_courtrooms")):
            async with court.http.get(court.url + path) as response:
                assert response.status == 200
                assert text in await response.text()
        async with court.http.get(f"{court.url}/api/v1/nothing") as response:
            assert (response.status, (await response.json())["error"]) == (404, "not-found")
        async with court.http.post(f"{court.url}/api/v1/invitations/open", data=b"x" * 2_000_000) as response:
            assert (response.status, (await response.json())["error"]) == (413, "too-large")
        async with court.http.get(f"{court.url}/api/v1/openapi.json") as response:
            document = await response.json()
            assert "/api/v1/sessions/{id}" in document["paths"]
            assert "NewSession" in document["components"]["schemas"]


async def test_no_name_and_no_password_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    async with courthouse() as court:
        await staffed(court)
        async with await signed_in(court, "li.clerk") as clerk:
            await call(court.http, court, "POST", "staff/login", {"account": "li.clerk", "password": "secret-guess"})
            session = (await call(clerk, court, "POST", "sessions", new_session(court)))[1]["id"]
            ticket = (await call(clerk, court, "POST", f"sessions/{session}/ticket"))[1]["ticket"]
            page = await court.open(ticket=ticket)
            await page.welcomed()
            await call(clerk, court, "POST", f"sessions/{session}/exports", {"edition": "court"})
            await page.hear("export", done=True)  # the exporter has no folder: an incident with a traceback
        said = "".join(capsys.readouterr())
        assert "incident" in said
        for secret in ("张三丰", "陈法官", "李书记员", PASSWORD, "secret-guess", ticket):
            assert secret not in said


async def test_the_device_check_may_time_its_uplink_and_no_more() -> None:
    async with courthouse() as court, aiohttp.ClientSession() as http:
        url = f"{court.url}/api/v1/network-check"
        async with http.post(url, data=bytes(262_144)) as response:
            assert response.status == 204
        async with http.post(url, data=bytes(262_145)) as response:
            assert response.status == 413
            assert (await response.json())["error"] == "too-large"
        answers = []
        for _ in range(40):
            async with http.post(url, data=b"x") as response:
                answers.append(response.status)
        assert set(answers) == {204, 429}
