"""The end of the purpose: some time after a session its faces are erased and its key destroyed, which the log says.

The recording of the session is a court record and stays. Sources: PIPL arts 19, 47; 人脸识别技术应用安全管理办法.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.identity_events import IdentityLevel
from hearing.state import Hearing
from identity.vault import FACE_DATA, Purpose, Vault
from records.book import LedgerBook

MANY_TEMPLATES = 90_000
"""From here the operator is warned: at 100,000 stored faces the provincial authority must be told."""

_log = structlog.get_logger("identity")


def is_due(hearing: Hearing, now_utc_ms: int, retention_h: int) -> bool:
    """Whether nothing of this session's faces may be kept any more."""
    over = hearing.over_utc_ms
    return over is not None and now_utc_ms - over >= retention_h * 3_600_000


class Retention:
    """The job. `sweep` may be called as often as one likes."""

    def __init__(self, book: LedgerBook, vault: Vault, retention_h: int, utc_ms: Callable[[], int]) -> None:
        self._book = book
        self._vault = vault
        self._retention_h = retention_h
        self._utc_ms = utc_ms
        self.templates = 0
        """Stored when last counted, for the metric."""

    async def sweep(self) -> int:
        """Erase every session that is due; returns how many. A session that cannot be erased now is tried again next
        time and hurts no other. Also finishes what was begun elsewhere: faces of those who have withdrawn, files that
        were not scrubbed. Raises StoreUnavailable when that, or counting, cannot be done now."""
        erased = 0
        for hearing in self._book.hearings():
            try:
                if is_due(hearing, self._utc_ms(), self._retention_h):
                    erased += await self.erase(hearing.session, "retention", "server")
                else:
                    await self._erase_withdrawn(hearing)
            except UserError as problem:
                _log.error("identity.not_erased", session=hearing.session, code=problem.code)
        await self._vault.scrub()
        self.templates = await self._vault.count(Purpose.TEMPLATE)
        if self.templates >= MANY_TEMPLATES:
            _log.warning("identity.many_templates", templates=self.templates, report_from=100_000)
        return erased

    async def erase(self, session: str, reason: str, by: str) -> bool:
        """Destroy the session's key and everything under it, whether due or not; False when that was done before.
        Raises UserError `unknown-session`, StoreUnavailable."""
        ledger = await self._book.get(session)
        had_key = await self._vault.has_key(session)
        if not had_key and not _is_owed(ledger.hearing):
            return False
        # The key first: whatever comes between, nothing can be read any more, and the log is told next time.
        items = await self._vault.destroy(session)
        await self._vault.scrub()
        erased = ie.IdentityErased(participant=None, items=items, key_destroyed=had_key, reason=reason, by=by)

        def told(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            return [erased]

        await ledger.change(by, told)
        return True

    async def _erase_withdrawn(self, hearing: Hearing) -> None:
        """What was made of a face whose owner has withdrawn their consent, should the server have ended before it was
        erased. A photo alone that the court has filed since then may stay."""
        for participant, person in hearing.people.items():
            if person.standing.consent != "withdrawn" or not await self._has_taken(hearing.session, participant):
                continue
            items = await self._vault.erase(hearing.session, participant, FACE_DATA)
            if items:
                erased = ie.IdentityErased(
                    participant=participant, items=items, key_destroyed=False, reason="withdrawn", by="server"
                )
                await (await self._book.get(hearing.session)).note("server", [erased])

    async def _has_taken(self, session: str, participant: str) -> bool:
        return any([await self._vault.has(session, participant, p) for p in (Purpose.PICTURE, Purpose.TEMPLATE)])


def _is_owed(hearing: Hearing) -> bool:
    """A session with a gate says in its log, once, that nothing is kept any more."""
    people = hearing.people.values()
    return hearing.identity is not IdentityLevel.NONE and not all(person.standing.erased for person in people)
