"""All ledgers of this server: at most one for each session, opened on demand, tended once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from hearing import events as ev
from hearing.clock import Sources
from hearing.ids import new_ulid
from hearing.state import Hearing
from records.errors import BrokenChain, RecordError, StoreUnavailable
from records.keys import CourtKey
from records.ledger import Ledger
from records.ports import EventStore

TEND_INTERVAL_S = 1.0

log = structlog.get_logger(__name__)


class LedgerBook:
    """Ledgers by session id. One for each store and process."""

    def __init__(self, store: EventStore, key: CourtKey, sources: Sources, version: str = "") -> None:
        self._store = store
        self._key = key
        self._sources = sources
        self._version = version
        self._ledgers: dict[str, Ledger] = {}
        self._opening = asyncio.Lock()
        self.recovered = asyncio.Event()
        """`recover` has replayed every session."""

    async def create(
        self,
        created: ev.SessionCreated,
        actor: str,
        session: str | None = None,
        further: Sequence[ev.AnyEvent] = (),
    ) -> Ledger:
        """A new session with a new ULID (or the given id); `further` events are as durable as the first. Raises
        UserError (`session-exists`), StoreUnavailable."""
        session = session or new_ulid(self._sources.utc_ms())
        async with self._opening:
            ledger = await Ledger.create(self._store, self._key, self._sources, session, created, actor, further)
            self._ledgers[session] = ledger
        return ledger

    async def get(self, session: str) -> Ledger:
        """The session's ledger, replayed and resumed at first use. Raises UserError (`unknown-session`),
        BrokenChain, StoreUnavailable."""
        ledger = self._ledgers.get(session)
        if ledger is not None:
            return ledger
        async with self._opening:
            ledger = self._ledgers.get(session)
            if ledger is None:
                ledger = await Ledger.open(self._store, self._key, self._sources, session)
                await ledger.resume_after_restart(self._version)
                self._ledgers[session] = ledger
        return ledger

    async def recover(self) -> Sequence[BrokenChain]:
        """At start: replay every session and resume those that were under way. Returns the logs that were
        altered; they stay closed, the others work. Raises StoreUnavailable."""
        broken: list[BrokenChain] = []
        for session in await self._store.sessions():
            try:
                await self.get(session)
            except BrokenChain as error:
                log.error("a session's log was altered", session=session, seq=error.seq, reason=error.reason)
                broken.append(error)
        self.recovered.set()
        return broken

    def hearings(self) -> Sequence[Hearing]:
        """Every session known here (all of them after `recover`), oldest first."""
        return tuple(ledger.hearing for _, ledger in sorted(self._ledgers.items()))

    async def run(self) -> None:
        """Tend all ledgers until cancelled: heads every ten seconds, anchors after a step of the wall clock.

        A store that refuses is logged and tried again a second later.
        """
        while True:
            await asyncio.sleep(TEND_INTERVAL_S)
            for session, ledger in tuple(self._ledgers.items()):
                try:
                    await ledger.tend()
                except (StoreUnavailable, RecordError) as error:
                    log.error("a ledger could not be tended", session=session, error=str(error))

    async def close(self) -> None:
        """Let appends end and sign the last heads. Call before the store is closed. Idempotent."""
        for session, ledger in tuple(self._ledgers.items()):
            try:
                await ledger.close()
            except StoreUnavailable as error:
                log.error("the last head was not kept", session=session, error=str(error))
