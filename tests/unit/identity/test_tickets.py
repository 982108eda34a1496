"""A ticket opens one door, once, within a minute."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from identity.tickets import LIFETIME_MS, TicketRights, Tickets
from records.memory import MemoryStore

pytestmark = pytest.mark.unit

NOW_MS = 1_795_000_000_000


class Wall:
    utc_ms = NOW_MS

    def __call__(self) -> int:
        return self.utc_ms


def office(key: Ed25519PrivateKey | None = None) -> tuple[Tickets, Wall]:
    wall = Wall()
    return Tickets(key or Ed25519PrivateKey.generate(), MemoryStore(), wall), wall


def issue(tickets: Tickets, **changes: Any) -> str:
    claims: dict[str, Any] = {
        "participant": "P",
        "session": "S",
        "role": "plaintiff",
        "seat": "plaintiff-1",
        "rights": TicketRights(publish=True, subscribe=True, commands=("hand",)),
    }
    return tickets.issue(**{**claims, **changes})


async def refused(tickets: Tickets, token: str, session: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        await tickets.redeem(token, session)
    return caught.value.code


async def test_carries_what_was_put_in() -> None:
    tickets, _ = office()
    ticket = await tickets.redeem(issue(tickets, verdict="V1"), "S")
    assert (ticket.sub, ticket.session, ticket.role, ticket.seat) == ("P", "S", "plaintiff", "plaintiff-1")
    assert ticket.rights.publish
    assert ticket.rights.commands == ("hand",)
    assert ticket.verdict == "V1"
    claims = jwt.decode(issue(tickets), options={"verify_signature": False})
    assert "verdict" not in claims


async def test_of_many_uses_at_once_exactly_one_succeeds() -> None:
    tickets, _ = office()
    token = issue(tickets)
    results = await asyncio.gather(*(tickets.redeem(token) for _ in range(20)), return_exceptions=True)
    codes = [r.code for r in results if isinstance(r, UserError)]
    assert codes == ["ticket-used"] * 19


async def test_expires_after_a_minute_and_not_before() -> None:
    tickets, wall = office()
    token, late = issue(tickets), issue(tickets)
    wall.utc_ms += LIFETIME_MS - 1_000
    await tickets.redeem(token)
    wall.utc_ms += 2_001
    assert await refused(tickets, late) == "ticket-expired"


async def test_of_another_session_is_refused_and_not_used_up() -> None:
    tickets, _ = office()
    token = issue(tickets)
    assert await refused(tickets, token, "OTHER") == "ticket-wrong-session"
    assert (await tickets.redeem(token, "S")).session == "S"


async def test_forged_tickets_are_refused() -> None:
    tickets, _ = office()
    claims = jwt.decode(issue(tickets), options={"verify_signature": False})
    strangers_key = Ed25519PrivateKey.generate()
    none = jwt.encode(claims, None, algorithm="none")
    hmac = jwt.encode(claims, "k" * 32, algorithm="HS256")
    theirs = jwt.encode(claims, strangers_key, algorithm="EdDSA")
    head, _, signature = issue(tickets).split(".")
    judge = base64.urlsafe_b64encode(json.dumps({**claims, "role": "judge"}).encode()).decode().rstrip("=")
    for forged in (none, hmac, theirs, f"{head}.{judge}.{signature}", "", "a.b.c", "x" * 10_000, "ä.ö.ü"):
        assert await refused(tickets, forged) == "ticket-invalid"


async def test_signed_but_of_another_kind_is_refused() -> None:
    key = Ed25519PrivateKey.generate()
    tickets, _ = office(key)
    good = jwt.decode(issue(tickets), options={"verify_signature": False})
    for wrong in ({"aud": "else"}, {"exp": "soon"}, {"sub": 5}, {"rights": []}, {"jti": None}):
        token = jwt.encode({**good, **wrong}, key, algorithm="EdDSA") if wrong != {"sub": 5} else None
        if token is not None:
            assert await refused(tickets, token) == "ticket-invalid"
    without = {k: v for k, v in good.items() if k != "jti"}
    assert await refused(tickets, jwt.encode(without, key, algorithm="EdDSA")) == "ticket-invalid"


@given(st.text(max_size=300))
async def test_any_text_is_refused_in_words(text: str) -> None:
    tickets, _ = office()
    assert await refused(tickets, text) == "ticket-invalid"


async def test_used_tickets_are_forgotten_only_after_they_expired() -> None:
    tickets, wall = office()
    token = issue(tickets)
    await tickets.redeem(token)
    assert await tickets.sweep() == 0
    assert await refused(tickets, token) == "ticket-used"
    wall.utc_ms += 3 * LIFETIME_MS
    assert await tickets.sweep() == 1
    assert await refused(tickets, token) == "ticket-expired"
