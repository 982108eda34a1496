"""`/api/v1/staff/...`: signing in and out, passwords, and the operator's list of accounts."""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from hearing.errors import UserError
from identity.vault import ACCOUNTS, Purpose, Vault
from signaling.bodies import AccountRow, ChangedAccount, Login, NewAccount, NewPassword, Staff
from signaling.http import Senders, body_of, reply
from signaling.limits import Limiter
from signaling.services import Services
from signaling.staff.accounts import SIGN_IN_LIFETIME_MS, StaffAccount, StaffBook

COOKIE = "yunting_staff"
CSRF_HEADER = "X-Yunting"
COURT = ("judge", "clerk", "operator")
"""Who is let in where a route names nobody: a bankruptcy administrator has no business in hearings, and a supervisor
only looks in (`signaling.supervision.routes`)."""
EVERYBODY = (*COURT, "administrator", "supervisor")


class StaffDesk:
    """Knows who a request is from; every staff route asks here first."""

    def __init__(self, services: Services, book: StaffBook) -> None:
        self._services = services
        self.book = book

    async def require(self, request: web.Request, *roles: str, any_password: bool = False) -> StaffAccount:
        """The signed-in account, with one of `roles`, without any one of the court's own. An account whose
        password somebody else chose gets in only with `any_password`. Raises UserError `not-signed-in`, `csrf`,
        `password-change-needed`, `no-right`."""
        account = await self.book.whose(request.cookies.get(COOKIE, ""), self._services.sources.utc_ms())
        if account is None:
            raise UserError("not-signed-in", "请先登录", "sign in first")
        check_csrf(request)
        if account.must_change_password and not any_password:
            raise UserError("password-change-needed", "请先修改初始密码", "change your first password first")
        if account.role not in (roles or COURT):
            raise UserError("no-right", "您无权进行此操作", "your account may not do this")
        return account

    async def sweep(self) -> int:
        """`StaffBook.sweep`, now."""
        return await self.book.sweep(self._services.sources.utc_ms())


def check_csrf(request: web.Request) -> None:
    """No other site can make a browser send this header without our consent. Raises UserError `csrf`."""
    if request.method not in {"GET", "HEAD"} and request.headers.get(CSRF_HEADER) != "1":
        raise UserError("csrf", "请求来源无效", f"the header {CSRF_HEADER}: 1 is missing")


class AccountChanged(Protocol):
    """Told when an account must sign in again or may no longer act, to end its seats' connections."""

    async def __call__(self, account: str, *, active: bool) -> None: ...


class StaffRoutes:
    """Handlers."""

    def __init__(
        self, services: Services, desk: StaffDesk, senders: Senders, changed: AccountChanged, vault: Vault
    ) -> None:
        per_s = services.settings.limits.logins_per_minute / 60
        self._services = services
        self._desk = desk
        self._senders = senders
        self._changed = changed
        self._vault = vault
        now_us = services.sources.monotonic_us
        self._by_pair = Limiter(per_s, 6, now_us)
        # Wider, or a stranger elsewhere could keep a judge out by failing on purpose.
        self._by_account = Limiter(per_s * 10, 60, now_us)
        # Many clerks sit behind one court address: the address's limit is wider than an account's.
        self._by_address = Limiter(per_s * 10, 60, now_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.post("/api/v1/staff/login", self.login),
            web.post("/api/v1/staff/logout", self.logout),
            web.get("/api/v1/staff/me", self.me),
            web.post("/api/v1/staff/password", self.password),
            web.get("/api/v1/staff/accounts", self.accounts),
            web.post("/api/v1/staff/accounts", self.create),
            web.patch("/api/v1/staff/accounts/{account}", self.change),
        ]

    async def login(self, request: web.Request) -> web.Response:
        """Sign in; sets the cookie."""
        check_csrf(request)
        body = await body_of(request, Login)
        account = body.account.strip().lower()
        self._limit(request, account)
        found, cookie = await self._desk.book.sign_in(account, body.password, self._services.sources.utc_ms())
        response = reply(_staff(found))
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=SIGN_IN_LIFETIME_MS // 1000,
            httponly=True,
            secure=request.secure or self._behind_https(request),
            samesite="Strict",
            path="/",
        )
        return response

    async def logout(self, request: web.Request) -> web.Response:
        """End this sign-in. Idempotent."""
        check_csrf(request)
        await self._desk.book.sign_out(request.cookies.get(COOKIE, ""))
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    async def me(self, request: web.Request) -> web.Response:
        """Who is signed in."""
        return reply(_staff(await self._desk.require(request, *EVERYBODY, any_password=True)))

    async def password(self, request: web.Request) -> web.Response:
        """Change one's own password."""
        account = await self._desk.require(request, *EVERYBODY, any_password=True)
        body = await body_of(request, NewPassword)
        self._limit(request, account.account)
        await self._desk.book.change_password(account.account, body.old, body.new, request.cookies.get(COOKIE, ""))
        return web.Response(status=204)

    async def accounts(self, request: web.Request) -> web.Response:
        """All accounts."""
        await self._desk.require(request, "operator")
        rows = []
        for account in await self._desk.book.all():
            photo = await self._vault.has(ACCOUNTS, account.account, Purpose.REFERENCE)
            rows.append(_row(account, photo=photo))
        return reply(rows)

    async def create(self, request: web.Request) -> web.Response:
        """A new account; its password must be changed at first sign-in."""
        await self._desk.require(request, "operator")
        body = await body_of(request, NewAccount)
        made = await self._desk.book.create(
            account=body.account,
            name=body.name,
            role=body.role,
            password=body.password,
            created_utc_ms=self._services.sources.utc_ms(),
        )
        return reply(_staff(made), 201)

    async def change(self, request: web.Request) -> web.Response:
        """Change an account; `active: false` and a new role act at once."""
        operator = await self._desk.require(request, "operator")
        body = await body_of(request, ChangedAccount)
        account = request.match_info["account"]
        loses_itself = body.active is False or body.role not in (None, "operator")
        if account == operator.account and loses_itself:
            raise UserError("not-yourself", "不能停用自己的账号", "you cannot lock yourself out")
        changed = await self._desk.book.change(
            account, name=body.name, role=body.role, active=body.active, password=body.password
        )
        if body.active is not None or body.role is not None or body.password is not None:
            await self._changed(account, active=changed.active)
        return reply(_staff(changed))

    def _limit(self, request: web.Request, account: str) -> None:
        sender = self._senders.prefix(request)
        allowed = self._by_pair.take(f"{account} {sender}")
        if not (allowed and self._by_address.take(sender) and self._by_account.take(account)):
            raise UserError("too-many-tries", "尝试次数过多，请稍后再试", "too many tries: wait a minute")

    def _behind_https(self, request: web.Request) -> bool:
        return self._services.settings.http.public_url.startswith("https://")


def _staff(account: StaffAccount) -> Staff:
    return Staff(
        account=account.account,
        name=account.name,
        role=account.role,
        must_change_password=account.must_change_password,
    )


def _row(account: StaffAccount, *, photo: bool) -> AccountRow:
    return AccountRow(
        account=account.account,
        name=account.name,
        role=account.role,
        must_change_password=account.must_change_password,
        active=account.active,
        created_utc_ms=account.created_utc_ms,
        photo=photo,
    )
