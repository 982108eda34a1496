"""Sessions and staff from the command line, over the settings' store; a server may be running on it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from config import Settings
from hearing.errors import UserError
from hearing.session import state_label
from hearing.state import Hearing, apply
from records.ports import EventStore
from signaling.bodies import NewSession, StaffRole
from signaling.staff.accounts import Hashing, StaffBook
from signaling.web import SESSIONS, build_app
from yunting.app import assembled
from yunting.backends import open_store

_ACTOR = "command line"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One session as `yunting session list` prints it."""

    session: str
    when: str
    state: str
    case_no: str
    title: str


async def create(settings: Settings, file: Path) -> Sequence[str]:
    """Make the session that the TOML file describes (keys as `POST /api/v1/sessions`, `scheduled` as a local time).

    Returns the lines to print: id and invitation links. Raises UserError naming what is wrong in the file.
    """
    body = _read(file, ZoneInfo(settings.court.time_zone))
    base_url = settings.http.public_url or f"https://127.0.0.1:{settings.http.port}"
    async with assembled(settings) as services:
        desk = build_app(services)[SESSIONS]
        ledger = await desk.create(body, _ACTOR)
        detail = await desk.detail(ledger.session, base_url, with_links=True)
    lines = [f"庭次 / session  {detail.id}"]
    for seat in detail.seats:
        way = (
            f"{seat.invitation.url}  {seat.invitation.code}" if seat.invitation else f"账号 / account {seat.account}"
        )
        lines.append(f"  {seat.seat:<16}{way}")
    return lines


async def summaries(settings: Settings) -> Sequence[Line]:
    """Every session in the store, oldest first."""
    zone = ZoneInfo(settings.court.time_zone)
    store = await open_store(settings.storage.store)
    try:
        return [_line(await _replay(store, session), zone) for session in await store.sessions()]
    finally:
        await store.close()


async def _replay(store: EventStore, session: str) -> Hearing:
    """The session as its log has it. Unlike `LedgerBook.get` this notes no restart: a server may be running."""
    hearing = Hearing()
    async for entry in store.read(session):
        hearing = apply(hearing, entry)
    return hearing


def _line(hearing: Hearing, zone: ZoneInfo) -> Line:
    return Line(
        session=hearing.session,
        when=datetime.fromtimestamp(hearing.scheduled_utc_ms / 1000, zone).isoformat(timespec="minutes"),
        state=state_label(hearing.state),
        case_no=hearing.case_no,
        title=hearing.title,
    )


async def add_staff(settings: Settings, account: str, name: str, role: str, password: str) -> None:
    """A new staff account. Raises UserError (`role-unknown`, `account-exists`, `weak-password`)."""
    known: tuple[StaffRole, ...] = ("judge", "clerk", "operator", "administrator", "supervisor")
    wanted = next((each for each in known if each == role), None)
    if wanted is None:
        raise UserError("role-unknown", f"角色应为 {'、'.join(known)}", f"the role must be one of {', '.join(known)}")
    async with assembled(settings) as services:
        hashing = Hashing(services.hasher)
        try:
            await StaffBook(services.store, hashing).create(
                account=account,
                name=name,
                role=wanted,
                password=password,
                created_utc_ms=services.sources.utc_ms(),
                must_change_password=False,
            )
        finally:
            hashing.close()


def _read(file: Path, zone: ZoneInfo) -> NewSession:
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UserError("not-toml", f"{file} 不是有效的 TOML：{problem}", f"{file} is not TOML: {problem}") from None
    moment = tree.pop("scheduled", None)
    if not isinstance(moment, datetime):
        raise UserError(
            "no-time", f"{file}: 缺少 scheduled = 2026-01-31T09:30:00", f"{file}: scheduled must be a date and time"
        )
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    tree["scheduled_utc_ms"] = int(local.timestamp() * 1000)
    try:
        return msgspec.convert(tree, NewSession)
    except msgspec.ValidationError as problem:
        raise UserError("bad-session", f"{file}: {problem}", f"{file}: {problem}") from None
