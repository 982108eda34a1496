"""Time stamps (RFC 3161) over the log and over sealed packages, where the court has set an authority.

At each recess and at 闭庭 the signed head of the log goes to the authority, and so does the tag manifest of each
sealed package. Nothing waits for an answer: what fails is noted in the log once and tried again, ever more seldom,
also after a restart. What is due is kept in the store until it is done.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from hearing import events as ev
from hearing import seal_events as se
from hearing.state import Hearing
from hearing.tasks import TaskSet, log_fault
from records.anchors.port import Anchor, AnchorFailed
from records.book import LedgerBook
from records.canonical import canonical
from records.ledger import Ledger
from records.ports import KeyValueStore
from records.sealing.lost_stamps import STAMPED_AT, TAIL, lost

DUE = "stamps_due"
STAMPS = "stamps"
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 600.0

Pause = Callable[[float], Awaitable[None]]
Of = Literal["head", "media", "final"]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be stamped. `data` are the very bytes; `seq` is of a head, `package` of a seal."""

    session: str
    of: Of
    seq: int
    package: str
    data: bytes

    @property
    def key(self) -> str:
        """In the store: by session, then by time."""
        return f"{self.session}/{self.of}/{self.seq:016}{self.package}"


class Stamping:
    """Of all sessions. `kept` is called with a package's id and the stamp over its tag manifest, in a thread; it may
    be called again with the same; `stamped` gives, in a thread, what is stamped of a package, None where it is
    elsewhere by now. Without an authority nothing is done."""

    def __init__(
        self,
        authority: Anchor | None,
        store: KeyValueStore,
        book: LedgerBook,
        tasks: TaskSet,
        kept: Callable[[str, bytes], None],
        pause: Pause = asyncio.sleep,
        stamped: Callable[[str], bytes | None] = lambda package: None,
    ) -> None:
        self._authority = authority
        self._store = store
        self._book = book
        self._tasks = tasks
        self._kept = kept
        self._pause = pause
        self._stamped = stamped
        self._followed: set[str] = set()
        self._asked: dict[str, asyncio.Event] = {}
        """What the authority has not answered for the first time yet, by `Due.key`."""

    @property
    def where(self) -> str:
        """The authority's address; empty where none is set."""
        return self._authority.where if self._authority is not None else ""

    def follow(self, ledger: Ledger) -> None:
        """Stamp this session's log at each recess and at its end. Idempotent."""
        if self._authority is None or ledger.session in self._followed:
            return
        self._followed.add(ledger.session)

        def heard(entries: Sequence[ev.Entry], hearing: Hearing) -> None:
            if any(isinstance(each.event, ev.StateChanged) and each.event.after in STAMPED_AT for each in entries):
                self._tasks.spawn(self._head(ledger), "time stamp over a head")

        ledger.subscribe(heard)

    async def want(self, due: Due) -> None:
        """Have this stamped; returns at once. Raises StoreUnavailable."""
        if self._authority is None:
            return
        self._asked[due.key] = asyncio.Event()
        await self._store.put(DUE, due.key, msgspec.json.encode(due))
        self._tasks.spawn(self._take(due), "time stamp")

    async def resume(self) -> None:
        """At start: go on with what an earlier process has left. Raises StoreUnavailable."""
        if self._authority is None:
            return
        for _, raw in await self._store.items(DUE):
            self._tasks.spawn(self._take(msgspec.json.decode(raw, type=Due), missed=True), "time stamp")

    async def recall(self) -> None:
        """At start, once the logs were replayed: ask for what an earlier process had come to and died before it could
        note it as due. Raises StoreUnavailable."""
        if self._authority is None:
            return
        await self._book.recovered.wait()
        due = [msgspec.json.decode(raw, type=Due) for _, raw in await self._store.items(DUE)]
        for hearing in self._book.hearings():
            of_session = [each for each in due if each.session == hearing.session]
            await self._recall(await self._book.get(hearing.session), of_session)

    async def answered(self, session: str, within_s: float) -> None:
        """Wait a moment for what was just asked of the authority: stamped or not."""
        waiting = [each for key, each in self._asked.items() if key.startswith(f"{session}/")]
        try:
            async with asyncio.timeout(within_s):
                for each in waiting:
                    await each.wait()
        except TimeoutError:
            return

    async def over_heads(self, session: str) -> dict[int, bytes]:
        """The stamps over heads of this session's log, by seq."""
        prefix = f"{session}/head/"
        found = {}
        for key in await self._store.keys(STAMPS, prefix):
            token = await self._store.get(STAMPS, key)
            if token is not None:
                found[int(key.removeprefix(prefix))] = token
        return found

    # --- inside ---------------------------------------------------------------------------------------------

    async def _recall(self, ledger: Ledger, due: Sequence[Due]) -> None:
        tail = [entry async for entry in ledger.entries(max(0, ledger.hearing.last_seq - TAIL))]
        found = lost(tail, {each.seq for each in due if not each.package}, {each.package for each in due})
        if found.head:
            await self._head(ledger)
        for made in found.seals:
            data = await asyncio.to_thread(self._stamped, made.package)
            if data is not None:
                await self.want(Due(session=ledger.session, of=made.step, seq=0, package=made.package, data=data))

    async def _head(self, ledger: Ledger) -> None:
        head = await ledger.sign() or (await ledger.heads())[-1]
        await self.want(Due(session=ledger.session, of="head", seq=head.seq, package="", data=canonical(head)))

    async def _take(self, due: Due, *, missed: bool = False) -> None:
        assert self._authority is not None
        failures = 0
        while True:
            try:
                token = await self._authority.submit(due.data)
                await self._keep(due, token)
                break
            except Exception as problem:
                failures += 1
                if not missed:
                    missed = await self._missed(due, problem)
            finally:
                if asked := self._asked.pop(due.key, None):
                    asked.set()
            await self._pause(_wait_s(failures))

    async def _keep(self, due: Due, token: bytes) -> None:
        await self._store.put(STAMPS, due.key, token)
        if due.package:
            await asyncio.to_thread(self._kept, due.package, token)
        made = se.StampMade(
            of=due.of,
            seq=due.seq,
            package=due.package,
            imprint_sha256=hashlib.sha256(due.data).hexdigest(),
            token_sha256=hashlib.sha256(token).hexdigest(),
            where=self.where,
        )
        await (await self._book.get(due.session)).note("server", [made])
        await self._store.delete(DUE, due.key)

    async def _missed(self, due: Due, problem: Exception) -> bool:
        """Say so in the log, once; False when that cannot be done now either."""
        reason = str(problem) if isinstance(problem, AnchorFailed) else type(problem).__name__
        log_fault("a time stamp was not made", problem, session=due.session, of=due.of)
        told = se.StampMissed(of=due.of, seq=due.seq, package=due.package, where=self.where, reason=reason[:300])
        try:
            await (await self._book.get(due.session)).note("server", [told])
        except Exception as fault:
            log_fault("a missed time stamp was not noted", fault, session=due.session)
            return False
        return True


def _wait_s(failures: int) -> float:
    """Doubles, up to ten minutes; spread, so that many sessions do not come back at once."""
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures - 1, 16)) * random.uniform(0.75, 1.0))
