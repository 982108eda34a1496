"""Accounts of judges, clerks, operators and administrators: passwords (argon2id, RFC 9106), revocable sign-ins."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hearing.errors import UserError
from records.ports import KeyValueStore
from signaling.bodies import StaffRole

ACCOUNTS = "accounts"
SIGN_INS = "sign_ins"
SIGN_IN_LIFETIME_MS = 12 * 3_600_000
MIN_PASSWORD = 10
MAX_HASHING = 16
"""Sign-ins that may wait for a hashing thread; one more is told to come back (`busy`)."""


class StaffAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account, as stored."""

    account: str
    name: str
    role: StaffRole
    password_hash: str
    active: bool
    must_change_password: bool
    created_utc_ms: int


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is signed in; stored under the SHA-256 of its cookie."""

    account: str
    until_utc_ms: int


class Hashing:
    """Argon2 off the event loop, in two threads: each hash takes tens of milliseconds and 64 MiB on purpose."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(2, "argon2")
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """A salted hash. Raises UserError `busy`."""
        return str(await self._run(self._hasher.hash, password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed; takes as long when there is no such account."""
        if kept is None:
            self._nobody = self._nobody or await self.hash(secrets.token_urlsafe())
        matches = bool(await self._run(self._verify, kept or self._nobody, password))
        return matches and kept is not None

    def close(self) -> None:
        """Let the threads end. Idempotent."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., object], *arguments: str) -> object:
        if self._waiting >= MAX_HASHING:
            raise UserError("busy", "登录繁忙，请稍后再试", "too many sign-ins at once: try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1


class StaffBook:
    """All accounts and sign-ins."""

    def __init__(self, store: KeyValueStore, hashing: Hashing) -> None:
        self._store = store
        self._hashing = hashing

    async def find(self, account: str) -> StaffAccount | None:
        """The account, active or not."""
        raw = await self._store.get(ACCOUNTS, account)
        return msgspec.json.decode(raw, type=StaffAccount) if raw is not None else None

    async def all(self) -> list[StaffAccount]:
        """Every account, by name of the account."""
        return [msgspec.json.decode(raw, type=StaffAccount) for _, raw in await self._store.items(ACCOUNTS)]

    async def create(
        self,
        *,
        account: str,
        name: str,
        role: StaffRole,
        password: str,
        created_utc_ms: int,
        must_change_password: bool = True,
    ) -> StaffAccount:
        """A new account. Raises UserError `account-exists`, `weak-password`, `busy`."""
        _check_strength(password, account)
        made = StaffAccount(
            account=account,
            name=name,
            role=role,
            password_hash=await self._hashing.hash(password),
            active=True,
            must_change_password=must_change_password,
            created_utc_ms=created_utc_ms,
        )
        if not await self._store.add(ACCOUNTS, account, msgspec.json.encode(made)):
            raise UserError("account-exists", "该账号已存在", "this account exists already")
        return made

    async def change(
        self,
        account: str,
        *,
        name: str | None = None,
        role: StaffRole | None = None,
        active: bool | None = None,
        password: str | None = None,
    ) -> StaffAccount:
        """Change what is given. A new role or password, or `active=False`, ends all sign-ins of the account.
        Raises UserError `unknown-account`, `weak-password`."""
        before = await self._need(account)
        after = msgspec.structs.replace(
            before,
            name=before.name if name is None else name,
            role=before.role if role is None else role,
            active=before.active if active is None else active,
        )
        if password is not None:
            _check_strength(password, account)
            after = msgspec.structs.replace(
                after, password_hash=await self._hashing.hash(password), must_change_password=True
            )
        await self._store.put(ACCOUNTS, account, msgspec.json.encode(after))
        if not after.active or after.role != before.role or password is not None:
            await self.end_sign_ins(account)
        return after

    async def sign_in(self, account: str, password: str, utc_ms: int) -> tuple[StaffAccount, str]:
        """(account, cookie). Raises UserError `bad-login` (the same for each reason), `busy`."""
        found = await self.find(account)
        if not await self._hashing.matches(found.password_hash if found else None, password):
            found = None
        if found is None or not found.active:
            raise UserError("bad-login", "账号或密码错误", "wrong account or password")
        cookie = secrets.token_urlsafe(32)
        kept = SignIn(account=account, until_utc_ms=utc_ms + SIGN_IN_LIFETIME_MS)
        await self._store.put(SIGN_INS, _key(cookie), msgspec.json.encode(kept))
        return found, cookie

    async def whose(self, cookie: str, utc_ms: int) -> StaffAccount | None:
        """The active account that this cookie is signed in to, or None."""
        raw = await self._store.get(SIGN_INS, _key(cookie))
        if raw is None:
            return None
        sign_in = msgspec.json.decode(raw, type=SignIn)
        if sign_in.until_utc_ms < utc_ms:
            await self._store.delete(SIGN_INS, _key(cookie))
            return None
        found = await self.find(sign_in.account)
        return found if found is not None and found.active else None

    async def sign_out(self, cookie: str) -> None:
        """End one sign-in. Idempotent."""
        await self._store.delete(SIGN_INS, _key(cookie))

    async def change_password(self, account: str, old: str, new: str, keep_cookie: str) -> None:
        """By the person; every other sign-in ends. Raises UserError `bad-login`, `weak-password`, `busy`."""
        found = await self._need(account)
        if not await self._hashing.matches(found.password_hash, old):
            raise UserError("bad-login", "原密码错误", "the old password is wrong")
        _check_strength(new, account)
        after = msgspec.structs.replace(
            found, password_hash=await self._hashing.hash(new), must_change_password=False
        )
        await self._store.put(ACCOUNTS, account, msgspec.json.encode(after))
        await self.end_sign_ins(account, keep=_key(keep_cookie))

    async def end_sign_ins(self, account: str, keep: str = "") -> None:
        """End all sign-ins of the account but the one stored under `keep`. Idempotent."""
        for key, raw in await self._store.items(SIGN_INS):
            if key != keep and msgspec.json.decode(raw, type=SignIn).account == account:
                await self._store.delete(SIGN_INS, key)

    async def sweep(self, utc_ms: int) -> int:
        """Forget sign-ins that have expired; returns how many. Idempotent."""
        kept = await self._store.items(SIGN_INS)
        expired = [key for key, raw in kept if msgspec.json.decode(raw, type=SignIn).until_utc_ms < utc_ms]
        for key in expired:
            await self._store.delete(SIGN_INS, key)
        return len(expired)

    async def _need(self, account: str) -> StaffAccount:
        found = await self.find(account)
        if found is None:
            raise UserError("unknown-account", "没有这个账号", "there is no such account")
        return found


async def ensure_staff(
    store: KeyValueStore, hasher: PasswordHasher, utc_ms: int, wanted: list[tuple[str, str, StaffRole, str]]
) -> list[str]:
    """Bootstrap for setup and demo: make the accounts (account, name, role, password) that do not exist yet;
    returns those made. Idempotent: an existing account keeps its password."""
    hashing = Hashing(hasher)
    book = StaffBook(store, hashing)
    made = []
    try:
        for account, name, role, password in wanted:
            if await book.find(account) is None:
                await book.create(
                    account=account,
                    name=name,
                    role=role,
                    password=password,
                    created_utc_ms=utc_ms,
                    must_change_password=False,
                )
                made.append(account)
    finally:
        hashing.close()
    return made


def _check_strength(password: str, account: str) -> None:
    """Length is what counts (NIST SP 800-63B 5.1.1.2); a password of one repeated sign or the account is none."""
    if len(password) < MIN_PASSWORD or len(set(password)) < 4 or account.lower() in password.lower():
        raise UserError(
            "weak-password",
            f"密码至少 {MIN_PASSWORD} 位，不得过于简单或包含账号",
            f"a password needs {MIN_PASSWORD} characters, not too simple and without the account in it",
        )


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).hexdigest()
