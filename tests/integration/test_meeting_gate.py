"""The court's gate before a creditors' meeting: real faces, the clerk's word, agents for themselves, nobody by a link
alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from config import load
from identity.images import read_picture
from identity.pool import FacePool
from identity.ports import ChallengeResult
from signaling.gate.tools import GateTools
from signaling.staff.accounts import ensure_staff
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import FLAT, LIVE, gate_tools
from tests.fakes.gate_visit import FACE, PASSWORD, GatedCourt, Staff, Visitor, _signed_in, call, gated, leave
from tests.fakes.meeting_court import number_of, table
from yunting.engines import live_engine
from yunting.gate import LateMatcher

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

AGENT_NUMBER = number_of(77)


class Meeting:
    """A meeting with the gate of `gate.session` before it."""

    def __init__(self, gate: GatedCourt, meeting: str) -> None:
        self.gate = gate
        self.meeting = meeting

    async def clerk(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.gate.clerk(method, f"meetings/{self.meeting}/{path}", body)

    async def link(self, creditor: str) -> tuple[str, str]:
        _, rows = await self.clerk("GET", f"creditors?q={creditor}")
        person, _, code = (
            next(row["link"] for row in rows if row["creditor"] == creditor).partition("#")[2].partition(".")
        )
        return person, code

    async def sign_in(self, link: tuple[str, str], number: str, proof: str | None = None) -> tuple[int, Any]:
        body = {"person": link[0], "code": link[1], "number_end": number[-6:], "proof": proof}
        url = f"{self.gate.court.url}/api/v1/meetings/{self.meeting}/signin"
        return await call(self.gate.court.http, url, "POST", body)

    async def visitor(self, link: tuple[str, str], number: str) -> Visitor:
        """Sent to the gate by the sign-in, through notice and document."""
        status, told = await self.sign_in(link, number)
        assert status == 202, told
        visitor = Visitor(self.gate.court, self.gate.session, told["code"])
        await visitor.enter()
        await visitor.agree()
        await visitor.show(number)
        return visitor

    async def desk(self, visitor: Visitor, act: str, reason: str) -> None:
        body = {"reason": reason, "text": "已核对证件原件"}
        status, row = await self.gate.clerk.gate(self.gate.session, visitor.participant, act, body)
        assert status == 200, row

    async def present(self) -> int:
        _, console = await self.gate.clerk("GET", f"meetings/{self.meeting}")
        return int(console["board"]["heads"])


async def proof_of(visitor: Visitor) -> str:
    return str((await visitor("GET"))[1]["proof"])


@asynccontextmanager
async def guarded(folder: Path, tools: GateTools) -> AsyncIterator[Meeting]:
    environment = {**FACE, "YUNTING_STORAGE_FOLDER": str(folder)}
    async with courthouse(environment=environment, gate=tools) as court:
        gate = await gated(court)
        await gate.staff_vouched()
        told = {"court": "测试法院", "case_no": "(2018)粤01破1号", "title": "会议", "scheduled_utc_ms": 0}
        _, made = await gate.clerk("POST", "meetings", told)
        meeting = Meeting(gate, made["meeting"]["id"])
        status, _ = await gate.clerk("POST", f"meetings/{meeting.meeting}/roll", raw=table([100, 200, 300]))
        assert status == 201
        assert (await meeting.clerk("POST", "doors", {}))[0] == 200
        assert (await meeting.clerk("PUT", "gate", {"session": gate.session}))[0] == 200
        try:
            yield meeting
        finally:
            await leave(gate)


async def test_real_faces_are_compared_and_the_right_person_signs_in(tmp_path: Path, data_dir: Path) -> None:
    pool = FacePool(workers=1, waiting=4)
    settings = await asyncio.to_thread(load, None, {"YUNTING_STORAGE_FOLDER": str(tmp_path)})
    tools = gate_tools(LateMatcher(await asyncio.to_thread(live_engine, settings), pool, cohort=lambda: None))  # type: ignore[arg-type]
    photos = data_dir / "faces" / "photos"
    async with guarded(tmp_path, tools) as meeting:
        found = {}
        for creditor, shown in (("C1", "obama2.jpg"), ("C2", "biden.jpg")):
            link, number = await meeting.link(creditor), number_of(int(creditor[1:]))
            visitor = await meeting.visitor(link, number)
            path = f"sessions/{meeting.gate.session}/gate/{visitor.participant}/reference"
            photo = (photos / "obama.jpg").read_bytes()
            assert (await meeting.gate.clerk("PUT", path, raw=photo))[0] == 200
            frame = read_picture((photos / shown).read_bytes())
            # Nobody calibrated this engine here: it compares, a clerk decides.
            assert await visitor.face(ChallengeResult(passed=True, frames=(frame,) * 3)) == "review"
            found[creditor] = (visitor, (await visitor("GET"))[1]["reason"])
        assert [reason for _, reason in found.values()] == ["not-calibrated", "no-match"]
        right, wrong = found["C1"][0], found["C2"][0]
        await meeting.desk(right, "admit", "document-seen")
        await meeting.desk(wrong, "refuse", "not-the-person")
        signed = await meeting.sign_in(await meeting.link("C1"), number_of(1), await proof_of(right))
        assert signed[0] == 200
        assert signed[1]["token"]
        refused = await meeting.sign_in(await meeting.link("C2"), number_of(2), await proof_of(wrong))
        assert refused[0] == 202
        assert await meeting.present() == 1
        # The evidence is that of a hearing.
        ledger = await meeting.gate.court.services.book.get(meeting.gate.session)
        kinds = [type(entry.event).__name__ async for entry in ledger.entries()]
        assert kinds.count("FaceConsented") == 2
        assert kinds.count("DocumentChecked") == 2
    pool.close()


async def test_a_link_and_a_number_alone_open_nothing(tmp_path: Path) -> None:
    async with guarded(tmp_path, gate_tools()) as meeting:
        link = await meeting.link("C1")
        visitor = await meeting.visitor(link, number_of(1))
        assert await visitor.face(LIVE) == "review"
        await meeting.desk(visitor, "admit", "document-seen")
        proof = await proof_of(visitor)
        for wrong in (None, "", "é", proof[:-1], "0" * 64):
            assert (await meeting.sign_in(link, number_of(1), wrong))[0] == 202
        other = await meeting.link("C2")
        assert (await meeting.sign_in(other, number_of(2), proof))[0] == 202, "a verdict is one person's"
        assert (await meeting.sign_in(link, number_of(1), proof))[0] == 200
        # A verdict that was taken back opens nothing.
        body = {"text": "证件存疑，收回"}
        await meeting.gate.clerk.gate(meeting.gate.session, visitor.participant, "revoke", body)
        assert (await meeting.sign_in(link, number_of(1), proof))[0] == 202


async def test_tries_are_bounded_and_the_clerk_certifies_in_the_hall(tmp_path: Path) -> None:
    async with guarded(tmp_path, gate_tools()) as meeting:
        link = await meeting.link("C3")
        visitor = await meeting.visitor(link, number_of(3))
        assert [await visitor.face(FLAT) for _ in range(3)] == ["challenge", "challenge", "locked"]
        assert (await meeting.sign_in(link, number_of(3)))[0] == 202
        assert (await meeting.clerk("POST", "presence", {"attendee": "C3", "state": "in"}))[0] == 204
        assert await meeting.present() == 1


async def test_an_agent_passes_the_gate_as_themselves(tmp_path: Path) -> None:
    async with guarded(tmp_path, gate_tools()) as meeting:
        mandate = {
            "principal": "C1",
            "agent": None,
            "agent_name": "代理人",
            "agent_number": AGENT_NUMBER,
            "document": "0" * 64,
        }
        status, row = await meeting.clerk("POST", "mandates", mandate)
        assert status == 201, row
        person, _, code = row["link"].partition("#")[2].partition(".")
        visitor = await meeting.visitor((person, code), AGENT_NUMBER)
        ledger = await meeting.gate.court.services.book.get(meeting.gate.session)
        assert ledger.hearing.people[visitor.participant].seat.name == "代理人"
        assert await visitor.face(LIVE) == "review"
        await meeting.desk(visitor, "admit", "document-seen")
        assert (await meeting.sign_in((person, code), AGENT_NUMBER, await proof_of(visitor)))[0] == 200
        assert await meeting.present() == 1


async def test_the_gate_is_the_courts_to_set(tmp_path: Path) -> None:
    async with guarded(tmp_path, gate_tools()) as meeting:
        services = meeting.gate.court.services
        await ensure_staff(
            services.store,
            services.hasher,
            services.sources.utc_ms(),
            [("firm", "管理人", "administrator", PASSWORD)],
        )
        firm: Staff = await _signed_in(meeting.gate.court, "firm")
        path = f"meetings/{meeting.meeting}/gate"
        assert (await firm("PUT", path, {"session": None}))[0] == 403
        assert (await firm("GET", path))[1] == {"session": meeting.gate.session}
        await firm.http.close()
        assert (await meeting.clerk("PUT", "gate", {"session": "01JDG00000000000000000000X"}))[0] == 404
        assert (await meeting.clerk("PUT", "gate", {"session": None}))[1] == {"session": None}
        assert (await meeting.sign_in(await meeting.link("C1"), number_of(1)))[0] == 200
