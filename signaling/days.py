"""Days of the court in addresses: `?from_day=2026-05-01`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from hearing.errors import UserError


def midnight(request: web.Request, name: str, zone: ZoneInfo, days: int = 0) -> int | None:
    """UTC ms of the beginning of the day that the address names, `days` later; None when it names none. Raises
    UserError `bad-day`."""
    text = request.query.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return max(0, int(datetime.combine(day, time(), zone).timestamp() * 1000))
    except (ValueError, OverflowError):
        raise UserError("bad-day", "日期格式应为 YYYY-MM-DD", f"{name} must be YYYY-MM-DD") from None
