"""The gate from the command line, over the settings' store; a server may be running on it."""

from __future__ import annotations

from config import Settings
from hearing.errors import UserError
from hearing.session import is_over
from identity.retention import Retention
from identity.vault import Vault
from signaling.services import Services
from yunting.app import assembled

_ACTOR = "command line"


async def erase(settings: Settings, session: str | None) -> int:
    """Erase the faces of one session that is over, now, or of every session whose time has come (None). Returns how
    many sessions. Raises UserError `unknown-session`, `session-not-over`, StoreUnavailable."""
    async with assembled(settings) as services:
        job = _job(services)
        if session is None:
            await services.book.recover()
            erased = await job.sweep()
        else:
            ledger = await services.book.get(session)
            if not is_over(ledger.hearing.state):
                raise UserError("session-not-over", "庭审尚未结束", "the session is not over yet")
            erased = int(await job.erase(session, "request", _ACTOR))
        await services.book.close()
    return erased


def _job(services: Services) -> Retention:
    vault = Vault(services.store, services.gate.wrapping_key, services.sources.utc_ms)
    return Retention(services.book, vault, services.settings.identity.retention_h, services.sources.utc_ms)
