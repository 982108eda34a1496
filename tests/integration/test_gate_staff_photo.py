"""The photo of one of the court's own people: who may put it there, who sees it, and what it does at the gate."""

from __future__ import annotations

import pytest

from signaling.web import CHALLENGES
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import LIVE, PHOTO, ToldMatcher, gate_tools
from tests.fakes.gate_visit import FACE, FINGERPRINT, GatedCourt, Staff, gated, leave

pytestmark = pytest.mark.integration

JUDGE = "staff/accounts/chen.judge/photo"


async def has_photo(gate: GatedCourt) -> bool:
    _, accounts = await gate.root("GET", "staff/accounts")
    assert not any(other["photo"] for other in accounts if other["account"] != "chen.judge")
    return bool(next(one["photo"] for one in accounts if one["account"] == "chen.judge"))


async def own_gate(staff: Staff, session: str) -> dict[str, object]:
    page = await staff.enter(session)
    view = (await page.hear("gate"))["gate"]
    assert isinstance(view, dict)
    return view


async def test_an_accounts_photo_lets_a_judge_pass_by_face_and_goes_when_it_is_erased() -> None:
    async with courthouse(environment=FACE, gate=gate_tools(ToldMatcher("pass", ""))) as court:
        gate = await gated(court)
        try:
            assert not await has_photo(gate)
            assert (await gate.root("PUT", JUDGE, raw=PHOTO))[0] == 204
            assert await has_photo(gate)

            # Consent comes first for a judge too; then the face is enough, the account is the document.
            page = await gate.judge.enter(gate.session)
            assert (await page.hear("gate"))["gate"]["stage"] == "consent"
            token = page.welcome["credential"]
            base = f"{court.url}/api/v1/gate"
            headers = {"Authorization": f"Bearer {token}"}
            async with court.http.get(f"{base}/notice", headers=headers) as answer:
                sha256 = (await answer.json())["sha256"]
            async with court.http.post(f"{base}/consent", json={"sha256": sha256}, headers=headers) as answer:
                assert (await answer.json())["stage"] == "challenge"
            desk = court.app[CHALLENGES]
            judge = gate.people["judge"]
            begun = await desk.begin_challenge(gate.session, judge, FINGERPRINT)
            await desk.challenge_ended(gate.session, judge, begun.nonce, FINGERPRINT, LIVE)
            async with court.http.get(base, headers=headers) as answer:
                assert (await answer.json())["stage"] == "passed"

            assert (await gate.root("DELETE", JUDGE))[0] == 204
            assert not await has_photo(gate)
        finally:
            await leave(gate)


async def test_only_an_operator_puts_a_photo_there_and_only_a_picture_of_somebody_known() -> None:
    async with courthouse(environment=FACE, gate=gate_tools()) as court:
        gate = await gated(court)
        try:
            for staff in (gate.judge, gate.clerk):
                status, refused = await staff("PUT", JUDGE, raw=PHOTO)
                assert (status, refused["error"]) == (403, "no-right")
                assert (await staff("DELETE", JUDGE))[0] == 403
            status, refused = await gate.root("PUT", JUDGE, raw=b"GIF89a nobody")
            assert (status, refused["error"]) == (400, "not-a-picture")
            status, refused = await gate.root("PUT", "staff/accounts/nobody/photo", raw=PHOTO)
            assert refused["error"] == "unknown-account"
            assert not await has_photo(gate)
            # Without a photo a colleague vouches.
            assert (await own_gate(gate.judge, gate.session))["stage"] == "clerk"
        finally:
            await leave(gate)
