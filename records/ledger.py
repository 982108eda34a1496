"""The living log of one session: rules decide, the store keeps, the state is folded, listeners are told.

Order is the promise: a command is checked against the state, its events become durable, only then does the
state change and anybody hear of it. One thing at a time for each session.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import structlog

from hearing import arrivals
from hearing import events as ev
from hearing.clock import Anchor, SessionClock, Sources
from hearing.commands import AnyCommand
from hearing.decide import decide
from hearing.errors import UserError
from hearing.exhibits import hidden_with
from hearing.participant import CONNECTED
from hearing.sealing import check_addition
from hearing.session import State, is_open
from hearing.state import Hearing, apply
from hearing.supervision import looks_that_follow
from hearing.tasks import log_fault
from records.chain import ChainCheck, make_entry, sign_head
from records.errors import OutOfOrder, StoreUnavailable
from records.keys import CourtKey
from records.ports import EventStore

HEAD_INTERVAL_MS = 10_000
STEP_THRESHOLD_MS = 1_000

Listener = Callable[[Sequence[ev.Entry], Hearing], None]
"""Called on the loop after durability, in order, with the new entries and the hearing after the last of them."""
HeadListener = Callable[[ev.Head], None]
Unsubscribe = Callable[[], None]
Decide = Callable[[Hearing, int], Sequence[ev.AnyEvent]]
"""Events from the hearing as it stands and the session time in ms; may raise UserError."""

_L = TypeVar("_L", bound=Callable[..., None])

log = structlog.get_logger(__name__)


class Ledger:
    """One session's log. Make it with `create` or `open`; there must be one at a time for each session."""

    def __init__(self, store: EventStore, key: CourtKey, sources: Sources, session: str) -> None:
        self.session = session
        self.clock = SessionClock(sources)
        """The session clock; stands at 0 until 开庭. The same object for the life of the ledger."""
        self._store = store
        self._key = key
        self._sources = sources
        self._hearing = Hearing(session=session)
        self._chain = ChainCheck(session)
        self._last: ev.Entry | None = None
        self._lock = asyncio.Lock()
        self._appends: set[asyncio.Task[Sequence[ev.Entry]]] = set()
        self._listeners: list[Listener] = []
        self._head_listeners: list[HeadListener] = []
        self._anchor_due = False
        self._doubtful = False
        self._failing_since_ms: int | None = None
        self._head_seq = 0
        self._head_at_us = sources.monotonic_us()

    @classmethod
    async def create(
        cls,
        store: EventStore,
        key: CourtKey,
        sources: Sources,
        session: str,
        created: ev.SessionCreated,
        actor: str,
        further: Sequence[ev.AnyEvent] = (),
    ) -> Ledger:
        """Begin a session's log, with `further` events in the same transaction. Raises UserError (`session-exists`),
        StoreUnavailable."""
        ledger = cls(store, key, sources, session)

        def begin(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            if hearing.last_seq:
                raise UserError("session-exists", "庭次已存在", "this session exists already")
            return [created, *further]

        await ledger.change(actor, begin)
        return ledger

    @classmethod
    async def open(cls, store: EventStore, key: CourtKey, sources: Sources, session: str) -> Ledger:
        """Replay a log. Raises UserError (`unknown-session`), BrokenChain with the first wrong seq.

        Appends nothing: call `resume_after_restart` before anybody connects.
        """
        ledger = cls(store, key, sources, session)
        await ledger._catch_up()
        if ledger._last is None:
            raise UserError("unknown-session", "没有这个庭次", "there is no such session")
        heads = await store.heads(session)
        ledger._head_seq = heads[-1].seq if heads else 0
        return ledger

    @property
    def hearing(self) -> Hearing:
        """The hearing as it stands after the last durable entry."""
        return self._hearing

    async def do(self, actor: str, command: AnyCommand) -> Sequence[ev.Entry]:
        """Carry out a participant's command; returns its durable entries, none when it was already so.

        Raises Refused (see `hearing.decide`) or StoreUnavailable; the state then stays as it was. A caller that
        is cancelled does not undo it.
        """
        return await self.change(actor, lambda hearing, now_ms: decide(hearing, actor, command, now_ms))

    async def note(self, actor: str, events: Sequence[ev.AnyEvent]) -> Sequence[ev.Entry]:
        """Append what the server (`server`) or an account did or saw. Raises StoreUnavailable."""
        return await self.change(actor, lambda hearing, now_ms: events)

    async def arrived(self, participant: str, evidence: str) -> Sequence[ev.Entry]:
        """A page has connected with a valid ticket or resumed (`hearing.arrivals.arrived`). Idempotent."""
        return await self._presence(participant, evidence, arrivals.arrived)

    async def dropped(self, participant: str, evidence: str) -> Sequence[ev.Entry]:
        """The network took somebody (`hearing.arrivals.dropped`). Idempotent."""
        return await self._presence(participant, evidence, arrivals.dropped)

    async def change(self, actor: str, decide_now: Decide) -> Sequence[ev.Entry]:
        """Let `decide_now` see the hearing with nobody else between, and append the events it returns.

        It may run twice when another process has appended meanwhile. Raises what it raises, StoreUnavailable, or
        Refused (`sealed`): a sealed record takes additions only.
        """
        task = asyncio.ensure_future(self._change(actor, decide_now))
        # Owned and shielded: were it cancelled between the disk and the fold, state and log would part.
        self._appends.add(task)
        task.add_done_callback(self._appends.discard)
        return await asyncio.shield(task)

    def entries(self, after_seq: int = 0) -> AsyncIterator[ev.Entry]:
        """Durable entries with seq > after_seq, in order."""
        return self._store.read(self.session, after_seq)

    async def heads(self) -> Sequence[ev.Head]:
        """All signed heads so far, by seq."""
        return await self._store.heads(self.session)

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Call `listener` for each durable batch. It must neither block nor raise; a fault in it is logged and
        hurts nobody else. Returns the way to stop, idempotent."""
        return _subscribe(self._listeners, listener)

    def subscribe_heads(self, listener: HeadListener) -> Unsubscribe:
        """Call `listener` with each newly signed head; as `subscribe`."""
        return _subscribe(self._head_listeners, listener)

    async def resume_after_restart(self, version: str) -> Sequence[ev.Entry]:
        """Record that the process came back: ServerRestarted, ClockAnchored, and everybody dropped who was
        connected. Nothing when the session neither runs nor holds anybody. Call once after `open`."""

        def restarted(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            connected = [name for name, person in hearing.people.items() if person.presence in CONNECTED]
            if not is_open(hearing.state) and not connected:
                return ()
            down_ms = max(0, self._sources.utc_ms() - self._last.utc_ms) if self._last else 0
            drops = [arrivals.dropped(hearing, name, "server restarted") for name in connected]
            return [ev.ServerRestarted(version=version, down_ms=down_ms), *(e for drop in drops for e in drop)]

        return await self.change("server", restarted)

    async def sign(self) -> ev.Head | None:
        """Sign the newest entry when no head covers it yet; keep the head and tell. None when there is nothing
        new. Raises StoreUnavailable."""
        last = self._last
        if last is None or last.seq == self._head_seq:
            return None
        head = sign_head(last, self._sources.utc_ms(), self._key)
        await self._store.add_head(head)
        self._head_seq = head.seq
        self._tell(self._head_listeners, head)
        return head

    async def tend(self) -> None:
        """What is due now: an anchor when the wall clock was stepped, a head every HEAD_INTERVAL_MS. Call about
        once a second. Raises StoreUnavailable; the next call tries again."""
        # Read twice: a thread that is put to sleep between two clocks sees a step that never was.
        step_ms = min(self.clock.wall_step_ms(), self.clock.wall_step_ms(), key=abs)
        if abs(step_ms) >= STEP_THRESHOLD_MS and is_open(self._hearing.state):
            await self._reanchor(step_ms)
        if self._sources.monotonic_us() - self._head_at_us >= HEAD_INTERVAL_MS * 1000:
            await self.sign()
            self._head_at_us = self._sources.monotonic_us()

    async def close(self) -> None:
        """Wait for appends under way and sign the last head. Idempotent. The store stays open."""
        if self._appends:
            await asyncio.wait(self._appends)
        await self.sign()

    async def _presence(
        self, participant: str, evidence: str, rule: Callable[[Hearing, str, str], Sequence[ev.AnyEvent]]
    ) -> Sequence[ev.Entry]:
        def happened(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            if participant not in hearing.people:
                raise UserError("unknown-participant", "您不在本次庭审的名单中", "you are not on this session's list")
            return rule(hearing, participant, evidence)

        return await self.change("server", happened)

    async def _change(self, actor: str, decide_now: Decide) -> Sequence[ev.Entry]:
        async with self._lock:
            if self._doubtful:
                await self._catch_up()
            try:
                return await self._decide_and_append(actor, decide_now)
            except OutOfOrder:
                log.warning("another process appended to this session", session=self.session)
                await self._catch_up()
                return await self._decide_and_append(actor, decide_now)

    async def _decide_and_append(self, actor: str, decide_now: Decide) -> Sequence[ev.Entry]:
        now_ms = max(self.clock.now_ms(), self._chain.at_ms)
        events = list(decide_now(self._hearing, now_ms))
        if not events:
            return ()
        events += looks_that_follow(self._hearing, events)
        events += hidden_with(self._hearing.exhibits, events)
        check_addition(self._hearing, events)
        opens = not self.clock.running and any(
            isinstance(e, ev.StateChanged) and e.after is State.IN_SESSION for e in events
        )
        if opens:
            self.clock.start()
        self._add_own(events, opens, now_ms)
        batch = self._chained(actor, events, now_ms)
        try:
            await self._store.append(batch)
        except BaseException as error:
            # Refused or written, the disk alone knows: read it again before the next decision.
            self._doubtful = True
            if opens:
                self.clock.cancel_start()
            recorded = self.clock.running and self._hearing.state is not State.SEALED
            if isinstance(error, StoreUnavailable) and self._failing_since_ms is None and recorded:
                self._failing_since_ms = now_ms
            raise
        self._anchor_due = False
        self._failing_since_ms = None
        self._fold(batch)
        self._tell(self._listeners, batch, self._hearing)
        return batch

    def _add_own(self, events: list[ev.AnyEvent], opens: bool, now_ms: int) -> None:
        """What the ledger itself has to say with the next batch: anchors, and that it could not be written."""
        if opens or self._anchor_due:
            anchor = self.clock.anchor
            # After the event that explains it, when there is one.
            place = 1 if opens or isinstance(events[0], ev.ServerRestarted) else 0
            events.insert(
                place,
                ev.ClockAnchored(
                    session_ms=anchor.session_ms,
                    utc_ms=anchor.utc_ms,
                    uncertainty_ms=anchor.uncertainty_ms,
                    reason="opened" if opens else "restarted",
                ),
            )
        if self._failing_since_ms is not None:
            events.append(
                ev.RecordingIncident(
                    cause="record-unavailable",
                    from_ms=self._failing_since_ms,
                    to_ms=now_ms,
                    detail="commands were refused while the record could not be written",
                )
            )

    def _chained(self, actor: str, events: Sequence[ev.AnyEvent], at_ms: int) -> Sequence[ev.Entry]:
        utc_ms = self.clock.utc_at(at_ms) if self.clock.running else self._sources.utc_ms()
        batch: list[ev.Entry] = []
        prev = self._chain.hash
        for seq, event in enumerate(events, self._chain.seq + 1):
            author = "server" if isinstance(event, ev.ClockAnchored | ev.RecordingIncident) else actor
            entry = make_entry(
                session=self.session, seq=seq, at_ms=at_ms, utc_ms=utc_ms, actor=author, event=event, prev=prev
            )
            prev = entry.hash
            batch.append(entry)
        return tuple(batch)

    async def _catch_up(self) -> None:
        """Fold what the store has beyond what is known here. Raises BrokenChain, StoreUnavailable."""
        batch: list[ev.Entry] = []
        try:
            async for entry in self._store.read(self.session, self._chain.seq):
                self._fold([entry])
                batch.append(entry)
        finally:
            if batch:
                self._tell(self._listeners, tuple(batch), self._hearing)
        anchor = self._hearing.anchor
        if anchor is not None and not self.clock.running:
            last = Anchor(anchor.session_ms, anchor.utc_ms, anchor.uncertainty_ms)
            self.clock.resume(last, self._hearing.last_at_ms)
            self._anchor_due = True
        self._doubtful = False

    def _fold(self, batch: Sequence[ev.Entry]) -> None:
        for entry in batch:
            self._chain.feed(entry)
            self._hearing = apply(self._hearing, entry)
            self._last = entry

    async def _reanchor(self, step_ms: int) -> None:
        anchor = self.clock.anchor

        def stepped(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            nonlocal anchor
            # Nobody here knows which of the two was right, so the new anchor may be off by the whole step.
            uncertainty_ms = max(self.clock.anchor.uncertainty_ms, abs(step_ms)) + 1
            anchor = Anchor(now_ms, self._sources.utc_ms(), uncertainty_ms)
            return [
                ev.ClockAnchored(
                    session_ms=anchor.session_ms,
                    utc_ms=anchor.utc_ms,
                    uncertainty_ms=anchor.uncertainty_ms,
                    reason="stepped",
                    step_ms=step_ms,
                )
            ]

        await self.change("server", stepped)
        self.clock.adopt(anchor)

    def _tell(self, listeners: list[_L], *news: object) -> None:
        for listener in tuple(listeners):
            try:
                listener(*news)
            except Exception as fault:
                log_fault("a listener of the ledger failed", fault, session=self.session)


def _subscribe(listeners: list[_L], listener: _L) -> Unsubscribe:
    listeners.append(listener)

    def unsubscribe() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return unsubscribe
