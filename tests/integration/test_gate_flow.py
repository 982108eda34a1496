"""The gate through the real server: its steps, locks, the clerk's word, and what is kept and said of a person."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hearing import events as ev
from hearing.errors import UserError
from records.memory import MemoryStore
from signaling.gate.tools import GateTools
from signaling.web import CHALLENGES
from tests.fakes.courthouse import Courthouse, courthouse
from tests.fakes.gate_tools import (
    CHILD,
    FLAT,
    LIVE,
    NUMBER,
    OTHER_NUMBER,
    PHOTO,
    Letterbox,
    OneNameRegistry,
    ToldMatcher,
    gate_tools,
)
from tests.fakes.gate_visit import FACE, FINGERPRINT, GatedCourt, Visitor, gated, leave

pytestmark = pytest.mark.integration


@asynccontextmanager
async def gate_court(
    tools: GateTools | None = None, level: str | None = None, store: MemoryStore | None = None, **environment: str
) -> AsyncIterator[GatedCourt]:
    async with courthouse(store, environment={**FACE, **environment}, gate=tools or gate_tools()) as court:
        gate = await gated(court, level)
        try:
            yield gate
        finally:
            await leave(gate)


async def log_of(court: Courthouse, session: str) -> list[ev.Entry]:
    return [entry async for entry in (await court.services.book.get(session)).entries()]


async def ready(visitor: Visitor) -> None:
    await visitor.enter()
    await visitor.agree()
    await visitor.show(NUMBER)


async def test_without_a_calibration_the_clerk_decides_with_both_pictures_and_the_score() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        clerk_page = await gate.clerk.enter(gate.session)
        await clerk_page.hear("gate_queue")
        visitor = gate.visitor
        page = await visitor.enter()
        told = (await page.hear("gate"))["gate"]
        assert (told["level"], told["stage"], told["proof"]) == ("face", "consent", "")
        status, _ = await gate.clerk(
            "PUT", f"sessions/{gate.session}/gate/{visitor.participant}/reference", raw=PHOTO
        )
        assert status == 200
        assert (await visitor.agree())["stage"] == "document"
        assert (await visitor.show(NUMBER))["stage"] == "challenge"
        assert await visitor.face(LIVE) == "review"
        row = (await clerk_page.hear("gate_queue"))["rows"][0]
        while row["stage"] != "review":
            row = (await clerk_page.hear("gate_queue"))["rows"][0]
        assert (row["needs_clerk"], row["reason"], row["score_milli"]) == (True, "not-calibrated", 4_200)
        assert (row["has_picture"], row["has_reference"]) == (True, True)
        for name, begins in (("picture.jpg", b"\xff\xd8 picture"), ("reference.jpg", PHOTO)):
            status, picture = await gate.clerk.gate(gate.session, visitor.participant, name, method="GET")
            assert status == 200
            assert picture.startswith(begins)
        admitted = {"reason": "document-seen", "text": "照片与本人一致"}
        status, row = await gate.clerk.gate(gate.session, visitor.participant, "admit", admitted)
        assert (status, row["stage"]) == (200, "passed")
        passed = (await page.hear("gate", within_s=5))["gate"]
        while passed["stage"] != "passed":
            passed = (await page.hear("gate"))["gate"]
        assert passed["proof"]
        assert passed["method"] == "clerk"


async def test_a_calibrated_match_lets_in_at_once() -> None:
    async with gate_court(gate_tools(ToldMatcher("pass", ""))) as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference", raw=PHOTO)
        assert await gate.visitor.face(LIVE) == "passed"


async def test_a_calibrated_match_still_needs_a_document_that_the_registry_knows() -> None:
    async with gate_court(gate_tools(ToldMatcher("pass", ""), OneNameRegistry(down=True))) as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference", raw=PHOTO)
        assert await gate.visitor.face(LIVE) == "review"
        assert (await gate.visitor("GET"))[1]["reason"] == "registry-unknown"


async def test_three_failures_lock_the_way_and_a_clerk_opens_it_again() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        assert [await gate.visitor.face(FLAT) for _ in range(3)] == ["challenge", "challenge", "locked"]
        with pytest.raises(UserError) as locked:
            await gate.visitor.face(LIVE)
        assert locked.value.code == "gate-locked"
        _, rows = await gate.clerk("GET", f"sessions/{gate.session}/gate")
        assert (rows[0]["needs_clerk"], rows[0]["reason"], rows[0]["failures"]) == (True, "locked-out", 3)
        status, row = await gate.clerk.gate(
            gate.session, gate.visitor.participant, "release", {"text": "当事人光线不足，再试一次"}
        )
        assert (status, row["stage"], row["failures"]) == (200, "challenge", 0)
        assert await gate.visitor.face(FLAT) == "challenge"


async def test_nothing_of_the_order_can_be_left_out() -> None:
    async with gate_court() as gate:
        visitor = gate.visitor
        await visitor.enter()
        status, refused = await visitor("POST", "document", {"kind": "resident_id", "number": NUMBER})
        assert (status, refused["error"]) == (409, "face-consent-needed")
        for expected in ("face-consent-needed", "document-needed"):
            with pytest.raises(UserError) as early:
                await visitor.face(LIVE)
            assert early.value.code == expected
            if expected == "face-consent-needed":
                await visitor.agree()
        status, refused = await visitor("POST", "consent", {"sha256": "0" * 64})
        assert (status, refused["error"]) == (409, "notice-changed")
        for number, code in (("1234", "document-format"), ("", "bad-body"), ("9" * 65, "bad-body")):
            status, refused = await visitor("POST", "document", {"kind": "resident_id", "number": number})
            assert (status, refused["error"]) == (400, code)
        view = await visitor.show(OTHER_NUMBER)
        assert (view["stage"], view["document"]) == ("document", "resident_id")
        assert await visitor.stage() == "document"
        # A child's number asks for a guardian before any picture.
        assert (await visitor.show(CHILD))["stage"] == "guardian"
        with pytest.raises(UserError) as child:
            await visitor.face(LIVE)
        assert child.value.code == "guardian-needed"
        _, notice = await visitor("GET", "notice")
        status, view = await visitor("POST", "consent", {"sha256": notice["sha256"], "guardian": "parent"})
        assert (status, view["stage"]) == (200, "challenge")


async def test_numbers_cannot_be_guessed() -> None:
    async with gate_court() as gate:
        await gate.visitor.enter()
        await gate.visitor.agree()
        for _ in range(5):
            await gate.visitor.show(OTHER_NUMBER)
        status, refused = await gate.visitor("POST", "document", {"kind": "resident_id", "number": NUMBER})
        assert (status, refused["error"]) == (429, "too-many")


async def test_a_challenge_is_good_once_for_one_connection_and_one_minute() -> None:
    async with gate_court() as gate:
        await ready(gate.visitor)
        desk, me = gate.court.app[CHALLENGES], (gate.session, gate.visitor.participant)
        begun = await desk.begin_challenge(*me, FINGERPRINT)
        for nonce, fingerprint in (("other", FINGERPRINT), (begun.nonce, "CC:DD")):
            with pytest.raises(UserError) as unknown:
                await desk.challenge_ended(*me, nonce, fingerprint, LIVE)
            assert unknown.value.code == "challenge-unknown"
        # Beginning anew gives the older one up, which counts.
        again = await desk.begin_challenge(*me, FINGERPRINT)
        with pytest.raises(UserError):
            await desk.challenge_ended(*me, begun.nonce, FINGERPRINT, LIVE)
        assert (await gate.visitor("GET"))[1]["failures"] == 1
        await desk.challenge_ended(*me, again.nonce, FINGERPRINT, LIVE)
        with pytest.raises(UserError):
            await desk.challenge_ended(*me, again.nonce, FINGERPRINT, LIVE)
        assert await gate.visitor.stage() == "review"


async def test_who_declines_the_face_stands_in_the_clerks_queue_and_is_let_in() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        await gate.visitor.enter()
        status, view = await gate.visitor("POST", "decline")
        assert (status, view["stage"], view["reason"]) == (200, "clerk", "no-face-wanted")
        await gate.visitor.show(NUMBER)
        _, rows = await gate.clerk("GET", f"sessions/{gate.session}/gate")
        assert (rows[0]["needs_clerk"], rows[0]["masked"]) == (True, "110***********002X")
        for body, code in (
            ({"reason": "document-seen", "text": "好"}, "text-needed"),
            ({"reason": "because", "text": "照片与本人一致"}, "reason-unknown"),
        ):
            status, refused = await gate.clerk.gate(gate.session, gate.visitor.participant, "admit", body)
            assert (status, refused["error"]) == (400, code)
        status, row = await gate.clerk.gate(
            gate.session, gate.visitor.participant, "refuse", {"reason": "document-doubtful", "text": "证件照片模糊"}
        )
        assert (status, row["stage"]) == (200, "refused")
        status, row = await gate.clerk.gate(
            gate.session, gate.visitor.participant, "admit", {"reason": "phone-confirmed", "text": "已电话核实身份"}
        )
        assert (status, row["stage"]) == (200, "passed")


async def test_staff_pass_the_gate_too_and_only_a_colleague_vouches() -> None:
    async with gate_court() as gate:
        page = await gate.clerk.enter(gate.session)
        assert (await page.hear("gate"))["gate"]["stage"] == "clerk"
        me = gate.people["clerk"]
        vouch = {"reason": "colleague", "text": "同事，认识本人"}
        status, refused = await gate.clerk.gate(gate.session, me, "admit", vouch)
        assert (status, refused["error"]) == (400, "not-yourself")
        status, refused = await gate.clerk("GET", f"sessions/{gate.session}/gate")
        assert (status, refused["error"]) == (403, "not-verified")
        status, refused = await gate.clerk.gate(gate.session, gate.visitor.participant, "admit", vouch)
        assert (status, refused["error"]) == (403, "not-verified")
        assert (await gate.judge.gate(gate.session, me, "admit", vouch))[0] == 200
        assert (await gate.clerk("GET", f"sessions/{gate.session}/gate"))[0] == 200


async def test_pictures_are_for_staff_of_this_session_only() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        await gate.visitor.enter()
        path = f"sessions/{gate.session}/gate/{gate.visitor.participant}"
        await gate.clerk("PUT", f"{path}/reference", raw=PHOTO)
        status, refused = await gate.root("GET", f"{path}/reference.jpg")
        assert (status, refused["error"]) == (403, "not-your-seat")
        async with gate.court.http.get(f"{gate.court.url}/api/v1/{path}/reference.jpg") as response:
            assert response.status == 401
        async with gate.clerk.http.get(f"{gate.court.url}/api/v1/{path}/reference.jpg") as response:
            assert response.status == 200
            assert response.headers["Cache-Control"] == "no-store"
        status, refused = await gate.clerk("PUT", f"{path}/reference", raw=b"GIF89a")
        assert (status, refused["error"]) == (400, "not-a-picture")
        status, refused = await gate.clerk("GET", f"{path}/live.jpg")
        assert (status, refused["error"]) == (404, "no-picture")


async def test_media_is_refused_before_a_verdict() -> None:
    async with gate_court() as gate:
        page = await gate.visitor.enter()
        for direction in ("send", "receive"):
            await page.say(type="offer", re=direction, direction=direction, sdp="v=0\r\n", tracks={})
            assert (await page.answer(direction))["code"] == "gate-first"
        assert (await page.do("hand", raised=True))["code"] == "not-verified"


async def test_who_is_at_the_gate_learns_no_partys_name_but_their_own() -> None:
    async with gate_court() as gate:
        page = await gate.visitor.enter()
        await gate.other.enter()
        await gate.visitor.agree()
        await page.update("identity.consented")
        seen = [message["hearing"] for message in page.heard if message["type"] in {"welcome", "update"}]
        assert {p["seat"]["name"] for hearing in seen for p in hearing["people"]} == {"陈法官", "李书记员", "张三丰"}
        assert "李四光" not in str(page.heard)


async def test_a_restart_in_the_middle_loses_no_step() -> None:
    store = MemoryStore()
    async with courthouse(store, environment=FACE, gate=gate_tools()) as court:
        gate = await gated(court)
        await ready(gate.visitor)
        assert await gate.visitor.face(FLAT) == "challenge"
        await leave(gate)
        visitor = gate.visitor
    async with courthouse(store, environment=FACE, gate=gate_tools()) as court:
        again = Visitor(court, visitor.session, visitor.code)
        await again.enter()
        _, view = await again("GET")
        assert (view["stage"], view["failures"], view["masked"]) == ("challenge", 1, "110***********002X")
        assert await again.face(LIVE) == "review"


async def test_what_is_kept_is_handed_out_and_erased_on_request_and_both_are_logged() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        visitor = gate.visitor
        await ready(visitor)
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{visitor.participant}/reference", raw=PHOTO)
        assert await visitor.face(LIVE) == "review"
        # Whoever has the link only must not be handed the photo of the person who it is for.
        status, refused = await visitor("GET", "data")
        assert (status, refused["error"]) == (403, "not-verified")
        status, data = await gate.clerk.gate(gate.session, visitor.participant, "data", method="GET")
        assert status == 200
        admitted = {"reason": "document-seen", "text": "照片与本人一致"}
        assert (await gate.clerk.gate(gate.session, visitor.participant, "admit", admitted))[0] == 200
        status, again = await visitor("GET", "data")
        assert (status, again["kept"]) == (200, data["kept"])
        assert {item["purpose"] for item in data["kept"]} == {"reference", "picture", "template"}
        assert PHOTO in [base64.b64decode(item["base64"]) for item in data["kept"]]
        assert {e["event"]["participant"] for e in data["events"]} == {visitor.participant}
        status, view = await visitor("POST", "withdraw")
        assert (status, view["consent"]) == (200, "withdrawn")
        assert (await visitor("GET", "data"))[1]["kept"] == []
        kinds = [type(entry.event).__name__ for entry in await log_of(gate.court, gate.session)]
        assert "IdentityExported" in kinds
        assert "IdentityErased" in kinds
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{visitor.participant}/reference", raw=PHOTO)
        status, _ = await gate.clerk.gate(gate.session, visitor.participant, "erase", {"text": "当事人申请删除"})
        assert status == 204
        assert (await gate.clerk.gate(gate.session, visitor.participant, "data", method="GET"))[1]["kept"] == []


async def test_the_log_names_nobodys_number_face_or_code() -> None:
    async with gate_court() as gate:
        await gate.staff_vouched()
        await ready(gate.visitor)
        await gate.clerk("PUT", f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference", raw=PHOTO)
        await gate.clerk.gate(
            gate.session, gate.visitor.participant, "file", {"number": NUMBER, "phone": "13900001234"}, method="PUT"
        )
        await gate.visitor.face(LIVE)
        text = msgspec.json.encode(await log_of(gate.court, gate.session)).decode()
        for secret in (NUMBER, "13900001234", "reference photo", "template of a face", "picture at the gate"):
            assert secret not in text


async def test_a_one_time_code_lets_in_whom_the_registry_knows() -> None:
    letters = Letterbox()
    async with gate_court(
        gate_tools(codes=letters), "code", YUNTING_IDENTITY_CODE_URL="https://sms.example/send"
    ) as gate:
        await gate.clerk.enter(gate.session)
        visitor = gate.visitor
        await visitor.enter()
        status, refused = await visitor("POST", "code")
        assert (status, refused["error"]) == (409, "document-needed")
        assert (await visitor.show(NUMBER))["stage"] == "code"
        assert (await visitor("POST", "code"))[1]["error"] == "no-phone"
        filed = {"phone": "13900001234"}
        status, _ = await gate.clerk.gate(gate.session, visitor.participant, "file", filed, method="PUT")
        assert status == 200
        assert (await visitor("POST", "code"))[1] == {"phone_masked": "139****1234"}
        (phone, code) = letters.sent[-1]
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        assert (await visitor("POST", "code/check", {"code": wrong}))[1]["error"] == "code-wrong"
        # A wrong guess uses the code up.
        assert (await visitor("POST", "code/check", {"code": code}))[1]["error"] == "code-wrong"
        await visitor("POST", "code")
        status, view = await visitor("POST", "code/check", {"code": letters.sent[-1][1]})
        assert (status, view["stage"], view["method"], phone) == (200, "passed", "code", "13900001234")


async def test_levels_that_the_operator_does_not_offer_cannot_be_chosen() -> None:
    async with gate_court() as gate:
        for level, code in (("none", "level-not-allowed"), ("code", "no-code-service")):
            body = {
                "court": "某某人民法院",
                "case_no": "（2026）粤01民初2号",
                "scheduled_utc_ms": 1,
                "identity": level,
                "seats": [{"seat": "judge", "role": "judge", "name": "陈法官", "account": "chen.judge"}],
            }
            status, refused = await gate.clerk("POST", "sessions", body)
            assert (status, refused["error"]) == (400, code)
