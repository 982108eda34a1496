"""The face engine fails: nobody is at fault, nobody passes by it, and the clerk decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hearing.errors import UserError
from identity.cohort import CohortError
from identity.engine import EngineBusy, EngineUnavailable, NoFace, ReferenceUnusable, SeveralFaces
from identity.ports import ChallengeResult
from signaling.gate.tools import GateTools
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import FLAT, LIVE, NUMBER, PHOTO, OneNameRegistry, ToldMatcher, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, Visitor, gated, leave

pytestmark = pytest.mark.integration


@asynccontextmanager
async def gate_court(tools: GateTools | None = None) -> AsyncIterator[GatedCourt]:
    async with courthouse(environment=FACE, gate=tools or gate_tools()) as court:
        gate = await gated(court)
        try:
            yield gate
        finally:
            await leave(gate)


async def ready(visitor: Visitor) -> None:
    """Up to the live check."""
    await visitor.enter()
    await visitor.agree()
    await visitor.show(NUMBER)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (EngineUnavailable("its process died"), "face-engine-unavailable"),
        (EngineBusy(12.0), "face-engine-busy"),
        (ReferenceUnusable("no-face"), "reference-unusable"),
        (CohortError("cohort-needed", "须先校准", "calibrate first"), "face-engine-unavailable"),
        (RuntimeError("a bug of ours"), "face-engine-unavailable"),
        (MemoryError(), "face-engine-unavailable"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
async def test_what_the_engine_fails_at_is_the_clerks_and_nobodys_failure(problem: Exception, reason: str) -> None:
    matcher = ToldMatcher("pass", "")
    async with gate_court(gate_tools(matcher)) as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference", raw=PHOTO)
        matcher.problem = problem
        assert await gate.visitor.face(LIVE) == "review"
        view = (await gate.visitor("GET"))[1]
        assert (view["failures"], view["reason"]) == (0, reason)
        assert view["reason_zh"] not in {"", reason}
        _, rows = await gate.clerk("GET", f"sessions/{gate.session}/gate")
        assert (rows[0]["needs_clerk"], rows[0]["has_picture"], rows[0]["score_milli"]) == (True, True, None)
        # Once it works again, the clerk may let the person try again instead.
        matcher.problem = None
        text = {"text": "系统已恢复，请再试一次"}
        await gate.clerk.gate(gate.session, gate.visitor.participant, "release", text)
        assert await gate.visitor.face(LIVE) == "passed"


@pytest.mark.parametrize("problem", [NoFace(), SeveralFaces(2)])
async def test_what_the_person_shows_counts(problem: UserError) -> None:
    matcher = ToldMatcher("pass", "", problem=problem)
    async with gate_court(gate_tools(matcher)) as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference", raw=PHOTO)
        assert await gate.visitor.face(LIVE) == "challenge"
        view = (await gate.visitor("GET"))[1]
        assert (view["failures"], view["reason"]) == (1, problem.code)


async def test_a_challenge_that_could_not_be_watched_is_the_clerks_and_late_is_no_fault_either() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        assert await gate.visitor.face(FLAT) == "challenge"
        down = ChallengeResult(passed=False, reason="face-engine-unavailable", unavailable=True)
        assert await gate.visitor.face(down) == "review"
        view = (await gate.visitor("GET"))[1]
        assert (view["failures"], view["reason"]) == (1, "face-engine-unavailable")


async def test_a_registrys_photo_without_a_face_leaves_the_comparison_to_the_clerk() -> None:
    registry = OneNameRegistry(photo=b"no picture")
    async with gate_court(gate_tools(registry=registry)) as gate:
        await gate.staff_vouched()
        await gate.visitor.enter()
        await gate.visitor.agree()
        assert (await gate.visitor.show(NUMBER))["stage"] == "challenge"
        assert await gate.visitor.face(LIVE) == "review"
        assert (await gate.visitor("GET"))[1]["reason"] == "no-reference"


@pytest.mark.parametrize("problem", [EngineBusy(12.0), EngineUnavailable("no model")])
async def test_a_photo_that_cannot_be_looked_at_now_is_asked_for_again_later(problem: Exception) -> None:
    async with gate_court(gate_tools(RefusingMatcher(problem=problem))) as gate:
        await gate.staff_vouched()
        url = f"{gate.court.url}/api/v1/sessions/{gate.session}/gate/{gate.visitor.participant}/reference"
        async with gate.clerk.http.put(url, data=PHOTO) as answer:
            assert (answer.status, "Retry-After" in answer.headers) == (503, True)


class RefusingMatcher(ToldMatcher):
    """Looks at no photo either."""

    async def check_reference(self, picture: bytes) -> bytes:
        assert self.problem is not None
        raise self.problem
