"""Whoever has a stolen invitation link, against the person who it is for: the real server, no media."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hearing.clock import Sources
from identity.ports import Match, Picture
from signaling.gate.desk import RETURN_MS
from tests.fakes.courthouse import HASTY, courthouse
from tests.fakes.gate_tools import LIVE, NUMBER, PHOTO, ToldMatcher, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, Visitor, call, gated, leave

pytestmark = pytest.mark.integration


class Clock:
    later_ms = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.later_ms


class SlowMatcher(ToldMatcher):
    """Compares until it is told to go on."""

    def __init__(self, decision: str, reason: str) -> None:
        super().__init__(decision, reason)
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def match(self, frames: Sequence[Picture], reference: bytes) -> Match:
        self.asked.set()
        await self.go_on.wait()
        return await super().match(frames, reference)


@asynccontextmanager
async def at_the_camera(matcher: ToldMatcher | None = None, clock: Clock | None = None) -> AsyncIterator[GatedCourt]:
    """The visitor is about to show their face, and will pass unless `matcher` says otherwise."""
    tools = gate_tools(matcher or ToldMatcher("pass", ""))
    sources = Sources(lambda: time.monotonic_ns() // 1000, clock or Clock())
    async with courthouse(environment=FACE, gate=tools, timing=HASTY, sources=sources) as court:
        gate = await gated(court)
        await gate.staff_vouched()
        visitor = gate.visitor
        await visitor.enter()
        await visitor.agree()
        await visitor.show(NUMBER)
        path = f"sessions/{gate.session}/gate/{visitor.participant}/reference"
        assert (await gate.clerk("PUT", path, raw=PHOTO))[0] == 200
        try:
            yield gate
        finally:
            await leave(gate)


async def ticket(gate: GatedCourt, proof: str = "") -> tuple[int, str]:
    """(status, ticket or code of the refusal) for who has the link, and the page's proof perhaps."""
    body = {"code": gate.visitor.code, **({"proof": proof} if proof else {})}
    url = f"{gate.court.url}/api/v1/invitations/ticket"
    status, answer = await call(gate.court.http, url, "POST", body)
    return status, answer["ticket"] if status == 200 else answer["error"]


async def proof_of(visitor: Visitor) -> str:
    return str((await visitor("GET"))[1]["proof"])


async def row_of(gate: GatedCourt) -> dict[str, Any]:
    _, rows = await gate.clerk("GET", f"sessions/{gate.session}/gate")
    return next(row for row in rows if row["participant"] == gate.visitor.participant)


async def gone(gate: GatedCourt) -> None:
    """The visitor's page falls silent, and the log has it."""
    assert gate.visitor.page is not None
    await gate.visitor.page.socket.close()
    ledger = await gate.court.services.book.get(gate.session)
    async with asyncio.timeout(10):
        while ledger.hearing.people[gate.visitor.participant].presence != "dropped":
            await asyncio.sleep(0.02)


async def test_a_ticket_from_before_the_verdict_opens_nothing_after_it() -> None:
    async with at_the_camera() as gate:
        visitor = gate.visitor
        early = [(await ticket(gate))[1] for _ in range(3)]
        assert await visitor.face(LIVE) == "passed"
        thief = await gate.court.open(ticket=early[0])
        refused = await thief.hear("leave")
        assert (refused["code"], refused["action"]) == ("ticket-expired", "reconnect")
        assert thief.welcome == {}
        for path in (f"whip/{gate.session}", f"whep/{gate.session}/judge"):
            headers = {"Authorization": f"Bearer {early.pop()}", "Content-Type": "application/sdp"}
            url = f"{gate.court.url}/{path}"
            async with gate.court.http.post(url, data=b"v=0\r\n", headers=headers) as answer:
                assert (answer.status, (await answer.json())["error"]) == (401, "ticket-expired")
        # Nothing has happened to whom the verdict belongs to.
        assert await visitor.stage() == "passed"
        assert visitor.page is not None
        assert not visitor.page.socket.closed


async def test_the_link_alone_ends_no_verdict_while_its_page_is_here_or_may_come_back() -> None:
    async with at_the_camera() as gate:
        visitor = gate.visitor
        assert await visitor.face(LIVE) == "passed"
        visitor.proof = await proof_of(visitor)
        for wrong in ("", "é not what the page was given"):
            assert await ticket(gate, wrong) == (409, "entered-elsewhere")
        assert await visitor.stage() == "passed"
        await gone(gate)
        assert await ticket(gate) == (409, "entered-elsewhere")
        await visitor.enter()
        assert await visitor.stage() == "passed"


async def test_after_a_while_another_device_begins_anew_and_the_old_proof_is_worth_nothing() -> None:
    clock = Clock()
    async with at_the_camera(clock=clock) as gate:
        visitor = gate.visitor
        assert await visitor.face(LIVE) == "passed"
        proof = await proof_of(visitor)
        await gone(gate)
        clock.later_ms = RETURN_MS
        await visitor.enter()
        assert await visitor.stage() == "challenge"
        assert await visitor.face(LIVE) == "passed"
        assert await ticket(gate, proof) == (409, "entered-elsewhere")


async def test_the_clerk_lets_another_device_begin_at_once() -> None:
    async with at_the_camera() as gate:
        visitor = gate.visitor
        assert await visitor.face(LIVE) == "passed"
        changed = {"text": "当事人来电，手机没电"}
        assert (await gate.clerk.gate(gate.session, visitor.participant, "revoke", changed))[0] == 200
        await visitor.enter()
        assert await visitor.stage() == "challenge"


async def test_a_face_that_waits_for_the_clerk_is_not_the_next_visitors() -> None:
    """Who enters while the clerk still compares would be admitted by the picture of whom they push aside."""
    async with at_the_camera(ToldMatcher("review", "uncertain")) as gate:
        visitor = gate.visitor
        early = (await ticket(gate))[1]
        assert await visitor.face(LIVE) == "review"
        assert await ticket(gate) == (409, "entered-elsewhere")
        thief = await gate.court.open(ticket=early)
        assert (await thief.hear("leave"))["code"] == "ticket-expired"
        visitor.proof = await proof_of(visitor)
        await visitor.enter()
        assert await visitor.stage() == "review"


async def test_who_enters_while_the_face_is_compared_gets_no_verdict() -> None:
    matcher = SlowMatcher("pass", "")
    async with at_the_camera(matcher) as gate:
        owner, thief = gate.visitor, Visitor(gate.court, gate.session, gate.visitor.code)
        checked = asyncio.create_task(owner.face(LIVE))
        await matcher.asked.wait()
        await thief.enter()
        matcher.go_on.set()
        with pytest.raises(AssertionError, match="credential-invalid"):
            await checked
        assert await thief.stage() == "challenge"
        row = await row_of(gate)
        assert (row["stage"], row["has_picture"], row["has_reference"]) == ("challenge", False, True)


async def test_a_picture_of_the_check_before_is_not_shown_for_the_next_visitor() -> None:
    async with at_the_camera(ToldMatcher("review", "uncertain")) as gate:
        visitor = gate.visitor
        assert await visitor.face(LIVE) == "review"
        assert (await row_of(gate))["has_picture"]
        again = {"text": "请在光线好的地方再试"}
        assert (await gate.clerk.gate(gate.session, visitor.participant, "release", again))[0] == 200
        await visitor.enter()
        row = await row_of(gate)
        assert (row["has_picture"], row["has_reference"]) == (False, True)


async def test_who_was_looked_at_is_admitted_and_nobody_else() -> None:
    async with at_the_camera() as gate:
        visitor = gate.visitor
        await visitor("POST", "decline")
        seen = (await row_of(gate))["visit"]
        await visitor.enter()
        admitted = {"reason": "known-person", "text": "与案卷照片一致", "visit": seen}
        status, refused = await gate.clerk.gate(gate.session, visitor.participant, "admit", admitted)
        assert (status, refused["error"]) == (409, "visitor-changed")
        admitted["visit"] = (await row_of(gate))["visit"]
        status, row = await gate.clerk.gate(gate.session, visitor.participant, "admit", admitted)
        assert (status, row["stage"]) == (200, "passed")


async def test_withdrawing_what_nobody_gave_erases_nothing() -> None:
    async with courthouse(environment=FACE, gate=gate_tools()) as court:
        gate = await gated(court)
        await gate.staff_vouched()
        await gate.visitor.enter()
        path = f"sessions/{gate.session}/gate/{gate.visitor.participant}"
        await gate.clerk("PUT", f"{path}/reference", raw=PHOTO)
        status, view = await gate.visitor("POST", "withdraw")
        assert (status, view["consent"]) == (200, "")
        assert (await gate.clerk("GET", f"{path}/reference.jpg"))[0] == 200
        await leave(gate)


async def test_who_took_part_comes_back_to_sign_and_nobody_takes_the_seat_meanwhile() -> None:
    async with at_the_camera() as gate:
        visitor = gate.visitor
        assert await visitor.face(LIVE) == "passed"
        visitor.proof = await proof_of(visitor)
        judge = await gate.court.connect(gate.session, gate.people["judge"])
        clerk = await gate.court.connect(gate.session, gate.people["clerk"])
        await clerk.do("move", move="gather")
        await judge.do("move", move="open", override="人员未齐")
        await judge.do("move", move="close")
        await gone(gate)
        # The clerk's silent page was given up meanwhile, too.
        clerk = await gate.court.connect(gate.session, gate.people["clerk"])
        assert (await clerk.do("review_open", re="review"))["type"] == "done"
        assert await ticket(gate) == (409, "entered-elsewhere")
        page = await visitor.enter()
        assert (await visitor("GET"))[1]["stage"] == "passed"
        url = f"{gate.court.url}/api/v1/sessions/{gate.session}/minutes"
        status, view = await call(gate.court.http, url, "GET", token=page.welcome["credential"])
        assert (status, "sha256" in view) == (200, True)
        stranger = {"code": gate.other.code}
        url = f"{gate.court.url}/api/v1/invitations/ticket"
        assert (await call(gate.court.http, url, "POST", stranger))[1]["error"] == "session-over"
