"""Accounts and invitations at rest: what a stolen database does and does not give away; certificates."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from records.memory import MemoryStore
from signaling.sessions.invitations import Invitations
from signaling.socket.outbox import Outbox
from signaling.staff.accounts import MAX_HASHING, Hashing, StaffBook, ensure_staff
from signaling.tls import ensure_certificate

pytestmark = pytest.mark.unit

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "correct horse battery"


def dump(store: MemoryStore) -> str:
    return repr(store._tables)


async def test_bootstrap_is_idempotent_and_keeps_a_changed_password() -> None:
    store = MemoryStore()
    wanted = [("root", "运维", "operator", PASSWORD)]
    assert await ensure_staff(store, CHEAP, 1, wanted) == ["root"]  # type: ignore[arg-type]
    book = StaffBook(store, Hashing(CHEAP))
    _, cookie = await book.sign_in("root", PASSWORD, 1)
    await book.change_password("root", PASSWORD, "a new long password", cookie)
    assert await ensure_staff(store, CHEAP, 1, wanted) == []  # type: ignore[arg-type]
    await book.sign_in("root", "a new long password", 1)
    assert PASSWORD not in dump(store)
    assert cookie not in dump(store)


async def test_too_many_sign_ins_at_once_are_told_to_come_back() -> None:
    store = MemoryStore()
    await ensure_staff(store, CHEAP, 1, [("root", "运维", "operator", PASSWORD)])
    book = StaffBook(store, Hashing(CHEAP))
    tries = [book.sign_in("root", PASSWORD, 1) for _ in range(MAX_HASHING + 5)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    codes = [r.code for r in results if isinstance(r, UserError)]
    assert codes == ["busy"] * 5


async def test_a_sign_in_ends_after_its_time() -> None:
    store = MemoryStore()
    await ensure_staff(store, CHEAP, 1, [("root", "运维", "operator", PASSWORD)])
    book = StaffBook(store, Hashing(CHEAP))
    _, cookie = await book.sign_in("root", PASSWORD, 0)
    assert await book.whose(cookie, 11 * 3_600_000) is not None
    assert await book.whose(cookie, 13 * 3_600_000) is None
    assert await book.whose("", 0) is None


async def test_codes_are_found_replaced_revoked_and_not_readable_from_the_store() -> None:
    store = MemoryStore()
    invitations = Invitations(store, b"l" * 32, b"s" * 32)
    first = await invitations.issue("S", "P")
    assert (await invitations.find(first.link)).participant == "P"
    assert (await invitations.find(f" {first.digits[:4]}-{first.digits[4:]} ")).participant == "P"
    assert await invitations.of_seat("S", "P") == (first, False)
    assert first.link not in dump(store)
    assert first.digits not in dump(store)
    second = await invitations.issue("S", "P")
    for old in (first.link, first.digits):
        with pytest.raises(UserError, match="code-unknown"):
            await invitations.find(old)
    assert await invitations.revoke("S", "P") is True
    assert await invitations.revoke("S", "P") is False
    with pytest.raises(UserError, match="revoked"):
        await invitations.find(second.digits)
    assert len(second.link) == 22  # 128 bits
    with pytest.raises(UserError, match="code-unknown"):
        await Invitations(store, b"x" * 32, b"s" * 32).find(second.link)


@given(st.text(max_size=100))
async def test_any_code_is_answered(text: str) -> None:
    with pytest.raises(UserError, match="code-unknown"):
        await Invitations(MemoryStore(), b"l" * 32, b"s" * 32).find(text)


def test_certificate_has_the_names_is_kept_and_renewed_for_a_new_name(tmp_path: Path) -> None:
    certificate, key = ensure_certificate(tmp_path)
    made = certificate.read_bytes()
    names = x509.load_pem_x509_certificate(made).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert {str(ip) for ip in names.value.get_values_for_type(x509.IPAddress)} >= {"127.0.0.1", "::1"}
    assert "localhost" in names.value.get_values_for_type(x509.DNSName)
    assert key.stat().st_mode & 0o077 == 0
    assert ensure_certificate(tmp_path)[0].read_bytes() == made
    assert ensure_certificate(tmp_path, ("court.example",))[0].read_bytes() != made
    certificate.write_text("garbage")
    ensure_certificate(tmp_path)
    assert certificate.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")


async def test_outbox_refuses_beyond_its_bounds_and_keeps_order() -> None:
    by_count, by_size = Outbox(max_frames=2), Outbox(max_bytes=10)
    assert [by_count.put(b"a"), by_count.put(b"b"), by_count.put(b"c")] == [True, True, False]
    assert [by_size.put(b"12345"), by_size.put(b"123456"), by_size.put(b"12345")] == [True, False, True]
    assert [await by_count.get(), await by_count.get()] == [b"a", b"b"]
    assert by_count.put(b"d")
