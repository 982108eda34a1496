"""A court with a gate: its staff, a session, and a person who comes with a link and goes through the steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import aiohttp

from identity.ports import ChallengeResult
from signaling.sessions.notices import SHA256
from signaling.staff.accounts import ensure_staff
from signaling.web import CHALLENGES
from tests.fakes.courthouse import Courthouse, Page

PASSWORD = "correct horse battery"
FACE = {"YUNTING_IDENTITY_LEVEL": "face", "YUNTING_IDENTITY_ALLOW_NONE": "false"}
FINGERPRINT = "AA:BB"


async def call(
    http: aiohttp.ClientSession, url: str, method: str, body: Any = None, token: str = "", raw: bytes | None = None
) -> tuple[int, Any]:
    """(status, answer); the answer is bytes for pictures."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    sent: dict[str, Any] = {"data": raw} if raw is not None else {"json": body}
    async with http.request(method, url, headers=headers, **sent) as response:
        if response.content_type == "application/json":
            return response.status, await response.json()
        return response.status, await response.read()


@dataclass
class Staff:
    """Somebody of the court, signed in."""

    court: Courthouse
    http: aiohttp.ClientSession
    account: str

    async def __call__(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> tuple[int, Any]:
        return await call(self.http, f"{self.court.url}/api/v1/{path}", method, body, raw=raw)

    async def enter(self, session: str) -> Page:
        status, answer = await self("POST", f"sessions/{session}/ticket")
        assert status == 200, answer
        page = await self.court.open(ticket=answer["ticket"])
        await page.welcomed()
        return page

    async def gate(
        self, session: str, participant: str, act: str, body: Any = None, method: str = "POST"
    ) -> tuple[int, Any]:
        return await self(method, f"sessions/{session}/gate/{participant}/{act}", body)


@dataclass
class Visitor:
    """A party with a link; `page` once they are in."""

    court: Courthouse
    session: str
    code: str
    page: Page | None = None
    proof: str | None = None
    participant: str = ""

    async def enter(self) -> Page:
        agreed = {"code": self.code, "sha256": SHA256, "language": "zh-CN"}
        base = f"{self.court.url}/api/v1/invitations"
        assert (await call(self.court.http, f"{base}/consent", "POST", agreed))[0] == 204
        body = {"code": self.code, "proof": self.proof} if self.proof else {"code": self.code}
        status, answer = await call(self.court.http, f"{base}/ticket", "POST", body)
        assert status == 200, answer
        self.participant = answer["participant"]
        self.page = await self.court.open(ticket=answer["ticket"])
        await self.page.welcomed()
        return self.page

    async def __call__(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        assert self.page is not None
        url = f"{self.court.url}/api/v1/gate{'/' if path else ''}{path}"
        return await call(self.court.http, url, method, body, token=self.page.welcome["credential"])

    async def stage(self) -> str:
        status, view = await self("GET")
        assert status == 200, view
        return str(view["stage"])

    async def agree(self) -> dict[str, Any]:
        _, notice = await self("GET", "notice")
        status, view = await self("POST", "consent", {"sha256": notice["sha256"]})
        assert status == 200, view
        return dict(view)

    async def show(self, number: str) -> dict[str, Any]:
        status, view = await self("POST", "document", {"kind": "resident_id", "number": number})
        assert status == 200, view
        return dict(view)

    async def face(self, result: ChallengeResult) -> str:
        """A challenge that ends with this result, at the port of the media side; the stage after it."""
        desk = self.court.app[CHALLENGES]
        begun = await desk.begin_challenge(self.session, self.participant, FINGERPRINT)
        await desk.challenge_ended(self.session, self.participant, begun.nonce, FINGERPRINT, result)
        return await self.stage()


@dataclass
class GatedCourt:
    """A court with a session whose gate is closed."""

    court: Courthouse
    session: str
    clerk: Staff
    judge: Staff
    root: Staff
    visitor: Visitor
    other: Visitor
    people: dict[str, str] = field(default_factory=dict)
    third: Visitor | None = None

    async def staff_vouched(self) -> None:
        """Clerk and judge have vouched for each other."""
        for who, seat in ((self.clerk, "judge"), (self.judge, "clerk")):
            status, row = await who.gate(
                self.session, self.people[seat], "admit", {"reason": "colleague", "text": "同事，认识本人"}
            )
            assert (status, row["stage"]) == (200, "passed"), row


async def gated(court: Courthouse, level: str | None = None, *, third: bool = False) -> GatedCourt:
    """Accounts, a session and its invitations; `third`: a third party too. Close the staff's `http` with `leave`."""
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
    clerk, judge, root = [await _signed_in(court, account) for account in ("li.clerk", "chen.judge", "root")]
    body: dict[str, Any] = {
        "court": "某某人民法院",
        "case_no": "（2026）粤01民初1号",
        "scheduled_utc_ms": court.services.sources.utc_ms(),
        "seats": [
            {"seat": "judge", "role": "presiding_judge", "name": "陈法官", "account": "chen.judge"},
            {"seat": "clerk", "role": "clerk", "name": "李书记员", "account": "li.clerk"},
            {"seat": "plaintiff-1", "role": "plaintiff", "name": "张三丰"},
            {"seat": "defendant-1", "role": "defendant", "name": "李四光"},
        ],
    }
    parties = ["plaintiff-1", "defendant-1"]
    if third:
        body["seats"].append({"seat": "third-1", "role": "third_party", "name": "王五常"})
        parties.append("third-1")
    if level is not None:
        body["identity"] = level
    status, detail = await clerk("POST", "sessions", body)
    assert status == 201, detail
    codes = {seat["seat"]: seat["invitation"] for seat in detail["seats"]}
    people = {seat["seat"]: seat["participant"] for seat in detail["seats"]}
    visitors = [
        Visitor(court, detail["id"], codes[seat]["url"].rsplit("/", 1)[1], participant=people[seat])
        for seat in parties
    ]
    gate = GatedCourt(court, detail["id"], clerk, judge, root, visitors[0], visitors[1], people)
    gate.third = visitors[2] if third else None
    return gate


async def leave(gate: GatedCourt) -> None:
    """Sign everybody's client off."""
    for staff in (gate.clerk, gate.judge, gate.root):
        await staff.http.close()


async def _signed_in(court: Courthouse, account: str) -> Staff:
    http = aiohttp.ClientSession(headers={"X-Yunting": "1"}, cookie_jar=aiohttp.CookieJar(unsafe=True))
    staff = Staff(court, http, account)
    status, answer = await staff("POST", "staff/login", {"account": account, "password": PASSWORD})
    assert status == 200, answer
    return staff
