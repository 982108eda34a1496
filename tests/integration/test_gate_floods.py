"""Floods, guesses and nonsense at the gate of the real server: they cost who sends them, and nobody else."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.documents import resident_check
from signaling.limits import Bucket
from tests.fakes.courthouse import courthouse
from tests.fakes.gate_tools import NUMBER, OTHER_NUMBER, PHOTO, Letterbox, gate_tools
from tests.fakes.gate_visit import FACE, GatedCourt, Visitor, gated, leave

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture
async def letters() -> Letterbox:
    return Letterbox()


@pytest.fixture
async def gate(letters: Letterbox) -> AsyncIterator[GatedCourt]:
    """Clerk and judge have passed; both parties are at the gate and have agreed."""
    async with courthouse(environment=FACE, gate=gate_tools(codes=letters)) as court:
        made = await gated(court)
        await made.staff_vouched()
        for visitor in (made.visitor, made.other):
            await visitor.enter()
            await visitor.agree()
        yield made
        await leave(made)


@pytest.fixture
async def by_code(letters: Letterbox) -> AsyncIterator[GatedCourt]:
    """A meeting at level `code`: the visitor has shown a number and has a telephone in the file."""
    async with courthouse(environment=FACE, gate=gate_tools(codes=letters)) as court:
        made = await gated(court, "code")
        await made.clerk.enter(made.session)
        await made.visitor.enter()
        await made.visitor.show(NUMBER)
        filed = {"phone": "13900001234"}
        assert (await made.clerk.gate(made.session, made.visitor.participant, "file", filed, method="PUT"))[0] == 200
        yield made
        await leave(made)


def checked(first17: str) -> str:
    return first17 + resident_check(first17)


def number(of: str) -> dict[str, str]:
    return {"kind": "resident_id", "number": of}


async def test_a_flood_of_one_person_is_theirs_alone_although_both_come_from_one_address(gate: GatedCourt) -> None:
    flood = await asyncio.gather(*(gate.visitor("GET") for _ in range(60)))
    told = Counter((status, answer.get("error", "")) for status, answer in flood)
    assert set(told) == {(200, ""), (429, "too-many")}
    assert told[200, ""] <= 35
    assert (await gate.other("GET"))[0] == 200


async def test_an_invitation_tried_again_and_again_is_limited_and_others_are_not(gate: GatedCourt) -> None:
    url = f"{gate.court.url}/api/v1/invitations/ticket"

    async def ticket(visitor: Visitor) -> int:
        async with gate.court.http.post(url, json={"code": visitor.code}) as response:
            return response.status

    flood = Counter(await asyncio.gather(*(ticket(gate.visitor) for _ in range(60))))
    assert set(flood) == {200, 429}
    assert flood[200] <= 35
    assert await ticket(gate.other) == 200


async def test_numbers_that_are_tried_are_counted_by_person_until_the_clerk_gives_another_try(
    gate: GatedCourt,
) -> None:
    for _ in range(5):
        await gate.visitor.show(OTHER_NUMBER)
    status, refused = await gate.visitor("POST", "document", number(NUMBER))
    assert (status, refused["error"]) == (429, "too-many")
    assert (await gate.other.show(NUMBER))["stage"] == "challenge"
    again = {"text": "当事人填错了号码，再试一次"}
    assert (await gate.clerk.gate(gate.session, gate.visitor.participant, "release", again))[0] == 200
    assert (await gate.visitor.show(NUMBER))["stage"] == "challenge"


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("resident_id", NUMBER[:-1] + "1", "document-checksum"),
        ("resident_id", NUMBER[:4] + "1" + NUMBER[5:], "document-checksum"),
        ("resident_id", NUMBER[:2] + NUMBER[3] + NUMBER[2] + NUMBER[4:], "document-checksum"),
        ("resident_id", NUMBER[:-2], "document-format"),
        ("resident_id", "٣" * 18, "document-format"),
        ("resident_id", checked("99010519491231002"), "document-region"),
        ("resident_id", checked("11010519491331002"), "document-date"),
        ("resident_id", checked("11010529991231002"), "document-date"),
        ("uscc", "91350100M000100Y44", "document-checksum"),
        ("passport", "E", "document-format"),
        ("other", "'; DROP", "document-format"),
    ],
)
async def test_a_number_that_cannot_be_is_refused_in_words_and_is_not_counted(
    gate: GatedCourt, kind: str, typed: str, code: str
) -> None:
    for _ in range(6):
        status, refused = await gate.visitor("POST", "document", {"kind": kind, "number": typed})
        assert status == 400
        assert refused["error"] == code
        assert refused["message"]
        assert typed not in refused["message"] + refused["message_en"]
    assert (await gate.visitor.show(NUMBER))["stage"] == "challenge"


async def test_many_guesses_at_once_are_one_guess(by_code: GatedCourt, letters: Letterbox) -> None:
    visitor = by_code.visitor
    assert (await visitor("POST", "code"))[0] == 200
    right = letters.sent[-1][1]
    wrong = [f"{(int(right) + n) % 10**6:06d}" for n in range(1, 12)]
    answers = await asyncio.gather(*(visitor("POST", "code/check", {"code": guess}) for guess in (*wrong, right)))
    told = Counter(answer.get("error", "in") for _, answer in answers)
    assert told["code-wrong"] >= 1
    assert told["in"] == 0, "the first guess used the code up"
    assert (await visitor("GET"))[1]["failures"] == told["code-wrong"]


async def test_codes_are_sent_three_times_in_ten_minutes_until_the_clerk_gives_another_try(
    by_code: GatedCourt, letters: Letterbox
) -> None:
    sent = [(await by_code.visitor("POST", "code"))[0] for _ in range(4)]
    assert sent == [200, 200, 200, 429]
    again = {"text": "短信未收到，再发一次"}
    assert (await by_code.clerk.gate(by_code.session, by_code.visitor.participant, "release", again))[0] == 200
    assert (await by_code.visitor("POST", "code"))[0] == 200
    assert len({code for _, code in letters.sent}) > 1


# --- nonsense -----------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["sha256", "language", "guardian", "kind", "number", "code", "phone", "reason", "text", "call", "proof"]
)
VALUES = JSON | st.sampled_from(
    [
        "resident_id",
        "zh-CN",
        "parent",
        NUMBER,
        OTHER_NUMBER,
        "123456",
        "other",
        "照片与本人一致",
        "\x00",
        "\ud7ff",
        "é" * 64,
    ]
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(WORDS, VALUES, max_size=4).map(lambda value: json.dumps(value).encode())
    | st.just(b'{"code": "\\ud800"}')
    | st.just(b"[" * 30_000)
)
OWN = ["consent", "document", "code", "code/check"]
CLERKS = ["admit", "refuse", "release", "revoke", "message", "erase", "file"]


@contextmanager
def unlimited() -> Iterator[None]:
    """Nonsense must be refused for what it is, not for being much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bucket, "take", lambda self, now_us, cost=1.0: True)
        patch.setattr(Bucket, "wait_s", lambda self, now_us, cost=1.0: 0.0)
        yield


async def sent(http: aiohttp.ClientSession, method: str, url: str, body: bytes, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with http.request(method, url, data=body, headers=headers) as response:
        read = await response.read()
        return response.status, json.loads(read) if read else None


@given(st.sampled_from(OWN), BODIES)
async def test_no_body_of_a_person_breaks_anything_or_opens_the_gate(
    gate: GatedCourt, path: str, body: bytes
) -> None:
    page = gate.visitor.page
    assert page is not None
    with unlimited():
        url = f"{gate.court.url}/api/v1/gate/{path}"
        status, answer = await sent(gate.court.http, "POST", url, body, page.welcome["credential"])
        assert status < 500, (status, answer)
        assert status == 200 or answer["error"]
        assert await gate.visitor.stage() not in {"passed", "refused"}


@given(st.sampled_from(CLERKS), BODIES)
async def test_no_body_of_a_clerk_breaks_anything_or_admits_without_a_reason(
    gate: GatedCourt, path: str, body: bytes
) -> None:
    with unlimited():
        url = f"{gate.court.url}/api/v1/sessions/{gate.session}/gate/{gate.visitor.participant}/{path}"
        status, answer = await sent(gate.clerk.http, "PUT" if path == "file" else "POST", url, body)
        assert status < 500, (status, answer)
        if status == 200 and path in {"admit", "refuse"}:
            said = json.loads(body)
            assert said["reason"]
            assert len(said["text"].strip()) >= 5
            await gate.clerk.gate(gate.session, gate.visitor.participant, "revoke", {"text": "测试结束撤销"})
        assert (await gate.other("GET"))[1]["stage"] in {"document", "challenge"}


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: PHOTO[:30] + tail))
async def test_no_bytes_as_a_photo_break_anything(gate: GatedCourt, body: bytes) -> None:
    with unlimited():
        path = f"{gate.court.url}/api/v1/sessions/{gate.session}/gate/{gate.visitor.participant}/reference"
        status, answer = await sent(gate.clerk.http, "PUT", path, body)
        assert status < 500, (status, answer)


@given(BODIES)
async def test_no_body_of_a_returning_page_breaks_anything(gate: GatedCourt, body: bytes) -> None:
    with unlimited():
        status, answer = await sent(gate.court.http, "POST", f"{gate.court.url}/api/v1/invitations/ticket", body)
        assert status < 500, (status, answer)
        proofs = {"code": gate.other.code, "proof": body.decode("utf-8", "replace")[:100]}
        status, answer = await sent(
            gate.court.http, "POST", f"{gate.court.url}/api/v1/invitations/ticket", json.dumps(proofs).encode()
        )
        assert status < 500, (status, answer)
