"""Consent to the use of a face, a guardian's for a child, and what people may ask for afterwards: all in the log of
the real server, with the hash of the very text that was shown."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hearing import identity_events as ie
from hearing.documents import Document
from identity.ports import RegistryAnswer
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import CHILD, LIVE, NUMBER, PHOTO, OneNameRegistry, ToldMatcher, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, gated, leave

pytestmark = pytest.mark.integration


@pytest.fixture
async def gate() -> AsyncIterator[GatedCourt]:
    """A court whose calibrated engine lets everybody pass; the visitor has come."""
    async with courthouse(environment=FACE, gate=gate_tools(ToldMatcher("pass", ""))) as court:
        made = await gated(court)
        await made.staff_vouched()
        await made.visitor.enter()
        path = f"sessions/{made.session}/gate/{made.visitor.participant}/reference"
        assert (await made.clerk("PUT", path, raw=PHOTO))[0] == 200
        yield made
        await leave(made)


async def events(gate: GatedCourt, *kinds: type[ie.IdentityEvent]) -> list[Any]:  # type: ignore[valid-type]
    me = gate.visitor.participant
    ledger = await gate.court.services.book.get(gate.session)
    return [
        entry.event
        async for entry in ledger.entries()
        if isinstance(entry.event, kinds) and getattr(entry.event, "participant", None) == me
    ]


async def consents(gate: GatedCourt, guardian: str | None = None) -> dict[str, Any]:
    _, notice = await gate.visitor("GET", "notice")
    body = {"sha256": notice["sha256"], "language": "en"}
    status, view = await gate.visitor("POST", "consent", {**body, "guardian": guardian} if guardian else body)
    assert status == 200, view
    return dict(view)


async def kept(gate: GatedCourt) -> set[str]:
    _, data = await gate.clerk.gate(gate.session, gate.visitor.participant, "data", method="GET")
    return {item["purpose"] for item in data["kept"]}


async def test_who_declines_after_a_check_leaves_nothing_of_their_face_but_the_courts_photo(gate: GatedCourt) -> None:
    await consents(gate)
    await gate.visitor.show(CHILD)
    await consents(gate, "parent")
    assert await gate.visitor.face(LIVE) == "review"
    assert await kept(gate) == {"reference", "picture", "template"}
    me = gate.visitor.participant
    assert (await gate.clerk.gate(gate.session, me, "release", {"text": "请再试一次"}))[0] == 200
    assert (await gate.visitor("POST", "decline"))[0] == 200
    assert await kept(gate) == {"reference"}


async def test_the_log_has_the_hash_of_the_text_that_was_shown(gate: GatedCourt) -> None:
    _, notice = await gate.visitor("GET", "notice")
    shown = f"{notice['version']}\n{notice['zh']}\n{notice['en']}"
    await consents(gate)
    [consented] = await events(gate, ie.FaceConsented)
    assert consented.text_sha256 == hashlib.sha256(shown.encode()).hexdigest()
    assert (consented.language, consented.purpose, consented.guardian) == ("en", "gate-and-watch", "")
    hours = gate.court.services.settings.identity.retention_h
    assert f"{hours} 小时" in notice["zh"]


async def test_a_child_by_its_number_needs_a_guardian_and_then_the_clerks_eyes(gate: GatedCourt) -> None:
    visitor = gate.visitor
    assert (await consents(gate))["stage"] == "document"
    view = await visitor.show(CHILD)
    assert (view["stage"], view["minor"]) == ("guardian", True)
    # The child's own word is not enough, however often it is given.
    assert (await consents(gate))["stage"] == "guardian"
    status, refused = await visitor("POST", "consent", {"sha256": "0" * 64, "guardian": "parent"})
    assert (status, refused["error"]) == (409, "notice-changed")
    assert (await consents(gate, "parent"))["stage"] == "challenge"
    # Everybody else would have passed by now: that a guardian is there is what a page said.
    assert await visitor.face(LIVE) == "review"
    _, rows = await gate.clerk("GET", f"sessions/{gate.session}/gate")
    row = next(row for row in rows if row["participant"] == visitor.participant)
    assert (row["reason"], row["minor"], row["needs_clerk"]) == ("under-age", True, True)
    admitted = {"reason": "guardian-present", "text": "监护人在场，已核对户口簿"}
    status, row = await gate.clerk.gate(gate.session, visitor.participant, "admit", admitted)
    assert (status, row["stage"]) == (200, "passed")
    assert [consented.guardian for consented in await events(gate, ie.FaceConsented)] == ["", "", "parent"]


async def test_a_guardian_who_withdraws_is_asked_again(gate: GatedCourt) -> None:
    await consents(gate)
    await gate.visitor.show(CHILD)
    await consents(gate, "other")
    status, view = await gate.visitor("POST", "withdraw")
    assert (status, view["stage"]) == (200, "clerk")
    assert (await consents(gate))["stage"] == "guardian"
    assert (await consents(gate, "parent"))["stage"] == "challenge"


async def test_who_withdraws_keeps_the_verdict_and_loses_the_face(gate: GatedCourt) -> None:
    visitor = gate.visitor
    await consents(gate)
    await visitor.show(NUMBER)
    filed = {"phone": "13900001234"}
    await gate.clerk.gate(gate.session, visitor.participant, "file", filed, method="PUT")
    assert await visitor.face(LIVE) == "passed"
    assert await kept(gate) == {"reference", "picture", "template", "phone"}
    for _ in range(2):
        status, view = await visitor("POST", "withdraw")
        assert (status, view["stage"], view["consent"]) == (200, "passed", "withdrawn")
    assert await kept(gate) == {"phone"}
    assert len(await events(gate, ie.FaceConsentWithdrawn)) == 1
    [erased] = await events(gate, ie.IdentityErased)
    assert (erased.items, erased.reason, erased.by, erased.key_destroyed) == (
        3,
        "withdrawn",
        visitor.participant,
        False,
    )


async def test_who_asks_is_handed_and_erased_everything_and_the_log_says_to_whom_and_why(gate: GatedCourt) -> None:
    visitor = gate.visitor
    await consents(gate)
    await visitor.show(NUMBER)
    filed = {"phone": "13900001234", "number": NUMBER}
    await gate.clerk.gate(gate.session, visitor.participant, "file", filed, method="PUT")
    [file] = await events(gate, ie.FileKept)
    assert (file.items, file.by) == (("number", "phone"), "li.clerk")
    assert await visitor.face(LIVE) == "passed"
    status, data = await visitor("GET", "data")
    assert status == 200
    assert {item["purpose"] for item in data["kept"]} == {"reference", "picture", "template", "number", "phone"}
    assert {event["event"]["participant"] for event in data["events"]} == {visitor.participant}
    types = [event["event"]["type"] for event in data["events"]]
    for needed in ("identity.consented", "identity.document_checked", "identity.verdict", "identity.exported"):
        assert needed in types
    [exported] = await events(gate, ie.IdentityExported)
    assert (exported.items, exported.by) == (5, visitor.participant)

    status, refused = await gate.clerk.gate(gate.session, visitor.participant, "erase", {"text": "删"})
    assert (status, refused["error"]) == (400, "text-needed")
    asked = {"text": "当事人书面申请删除"}
    for _ in range(2):
        assert (await gate.clerk.gate(gate.session, visitor.participant, "erase", asked))[0] == 204
    assert await kept(gate) == set()
    [erased] = await events(gate, ie.IdentityErased)
    assert (erased.items, erased.reason, erased.by) == (5, asked["text"], "li.clerk")
    assert await visitor.stage() == "passed", "what was decided stays decided"


class WithPhoto(OneNameRegistry):
    """A registry that hands out photos."""

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        return RegistryAnswer("yes", "test", PHOTO)


@pytest.mark.parametrize(("path", "stored"), [("consent", {"reference"}), ("decline", set())])
async def test_a_registrys_photo_is_kept_only_of_who_consents(path: str, stored: set[str]) -> None:
    async with courthouse(environment=FACE, gate=gate_tools(registry=WithPhoto())) as court:
        gate = await gated(court)
        await gate.staff_vouched()
        await gate.visitor.enter()
        if path == "consent":
            await consents(gate)
        else:
            assert (await gate.visitor("POST", path))[0] == 200
        await gate.visitor.show(NUMBER)
        assert await kept(gate) == stored
        await leave(gate)


async def test_nobody_is_told_the_score_of_their_own_face() -> None:
    async with courthouse(environment=FACE, gate=gate_tools()) as court:
        gate = await gated(court)
        await gate.staff_vouched()
        page = await gate.visitor.enter()
        path = f"sessions/{gate.session}/gate/{gate.visitor.participant}/reference"
        await gate.clerk("PUT", path, raw=PHOTO)
        await consents(gate)
        await gate.visitor.show(NUMBER)
        assert await gate.visitor.face(LIVE) == "review"
        while (await page.hear("gate"))["gate"]["stage"] != "review":
            pass
        [verdict] = await events(gate, ie.VerdictGiven)
        assert verdict.score_milli == 4_200
        assert "4200" not in repr(page.heard)
        await leave(gate)


async def test_nobody_else_is_handed_or_erases_anything(gate: GatedCourt) -> None:
    await consents(gate)
    me = gate.visitor.participant
    await gate.other.enter()
    assert (await gate.other("GET", "data"))[1]["error"] == "not-verified"
    for method, act, body in (("GET", "data", None), ("POST", "erase", {"text": "不该由我删除"})):
        status, refused = await gate.root.gate(gate.session, me, act, body, method=method)
        assert (status, refused["error"]) == (403, "not-your-seat")
    assert await kept(gate) == {"reference"}
