"""One meeting's log while it runs: puts leaves in order, makes them durable in groups, answers with receipts.

Whoever adds leaves decides on a state that already contains every leaf added before, durable or not; an answer goes
out only when the leaf and a signed head over it are on the disk. While a group is being written the next one gathers:
an idle meeting answers at once, a busy one shares each sync among hundreds.

When a group cannot be written the memory is ahead of the disk, and nobody may build on it: the sequencer stops for
good, everybody who waits gets the error and no receipt, and the meeting is opened anew from the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from hearing.clock import Sources
from hearing.errors import UserError
from hearing.tasks import log_fault
from records.errors import UNREADABLE, StoreUnavailable
from records.keys import CourtKey
from voting.leaves import AnyLeaf, MeetingCreated, Stamp, leaf_bytes, read_leaf
from voting.merkle import MerkleTree
from voting.ports import KeptHead, LeafStore
from voting.receipts import receipt
from voting.tree_heads import head_bytes, sign_head

MAX_WAITING = 20_000
"""Bound of the queue: leaves that wait for the disk. Nothing is dropped: one more is refused with `Busy`."""
RETRY_AFTER_MS = 2_000

RUSH = 4
"""Leaves in a group from which on the next one gathers for `LINGER_S`."""
LINGER_S = 0.005

T = TypeVar("T")

Answer = Callable[[bytes | Exception], None]
"""Called once on the event loop: with the receipt, or with why there is none."""


class Busy(UserError):
    """Too many leaves wait: the same again after `retry_after_ms`."""

    def __init__(self) -> None:
        super().__init__("busy", "表决人数较多，请稍候，系统将自动重试", "very many are voting: try again shortly")
        self.retry_after_ms = RETRY_AFTER_MS


class Stopped(UserError):
    """The log could not be written; it must be opened anew."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(
            "record-unavailable",
            "表决记录暂时无法写入，操作未执行，请稍后重试并通知技术人员",
            "the log of votes cannot be written now, so nothing was done: try again and tell the operator",
        )
        self.__cause__ = cause


class BrokenLog(Exception):
    """The stored log is not one that this program can have written; names the first leaf that is wrong."""


@dataclass(slots=True)
class _Waiting:
    leaf: bytes
    answer: Answer


class Sequencer:
    """Opened by `open`; one for each meeting and process."""

    def __init__(self, store: LeafStore, meeting: str, key: CourtKey, sources: Sources) -> None:
        self.meeting = meeting
        self.tree = MerkleTree()
        """Of all leaves, also those that wait; see `durable`."""
        self.durable = 0
        """Leaves that are on the disk."""
        self._store = store
        self._key = key
        self._sources = sources
        self._alg = ""
        self._last_utc_ms = 0
        self._utc_at_zero_us = sources.utc_ms() * 1_000 - sources.monotonic_us()
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._failure: Exception | None = None
        self._closing = False
        self._running = False
        self._ended = asyncio.Event()
        self._progress = asyncio.Event()
        """Set, and replaced, whenever a group has ended."""
        self._head: bytes | None = None
        self._listeners: list[Callable[[bytes], None]] = []

    @classmethod
    async def open(
        cls,
        store: LeafStore,
        meeting: str,
        key: CourtKey,
        sources: Sources,
        apply: Callable[[AnyLeaf], None],
    ) -> Sequencer:
        """Replay the stored log into `apply`, check it against its last head, and stand ready; `run` must be spawned.
        Raises StoreUnavailable, BrokenLog."""
        made = cls(store, meeting, key, sources)
        async for data in store.leaves(meeting):
            try:
                leaf = read_leaf(data)
            except UNREADABLE as problem:
                raise BrokenLog(f"{meeting}: leaf {len(made.tree)} is unreadable: {problem}") from problem
            if leaf.seq != len(made.tree) or leaf.meeting != meeting or leaf.utc_ms < made._last_utc_ms:
                raise BrokenLog(f"{meeting}: leaf {len(made.tree)} is not what follows")
            made._grow(leaf, data)
            apply(leaf)
        made.durable = len(made.tree)
        if made.durable:
            head = await store.head_over(meeting, made.durable - 1)
            if head is None or made.tree.root().hex() != _root(head.data):
                raise BrokenLog(f"{meeting}: the log does not match its last signed head")
            made._head = head.data
        return made

    @property
    def head(self) -> bytes | None:
        """The newest signed head, as canonical JSON; None before the first leaf."""
        return self._head

    @property
    def waiting(self) -> int:
        """Leaves that wait for the disk, the group that is being written not counted."""
        return len(self._waiting)

    def on_head(self, listener: Callable[[bytes], None]) -> None:
        """`listener` gets every new signed head once it is durable."""
        self._listeners.append(listener)

    def stamp(self) -> Stamp:
        """Place and time of the next leaf. Time is the server's monotonic clock, tied to UTC when the log was opened:
        a step of the wall clock does not move it, and a leaf is never before the one before it."""
        utc_ms = (self._sources.monotonic_us() + self._utc_at_zero_us) // 1_000
        return Stamp(self.meeting, len(self.tree), max(utc_ms, self._last_utc_ms))

    def check_writable(self) -> None:
        """Raises Stopped after a failure or while closing."""
        if self._failure is not None:
            raise Stopped(self._failure)
        if self._closing:
            raise Stopped(RuntimeError("closing"))

    def check_open(self) -> None:
        """As `check_writable`, and raises Busy when too many wait. To be asked before a decision is applied to the
        state."""
        self.check_writable()
        if len(self._waiting) >= MAX_WAITING:
            raise Busy

    def add(self, leaf: AnyLeaf, answer: Answer) -> None:
        """Put the leaf, made with the present `stamp`, at the end. Its answer comes when it is durable, or cannot be.
        The caller has asked `check_open` before it decided. Raises Stopped, ValueError for a leaf that is not of this
        place."""
        if self._failure is not None:
            raise Stopped(self._failure)
        if leaf.seq != len(self.tree) or leaf.meeting != self.meeting:
            raise ValueError(f"leaf {leaf.seq} of {leaf.meeting} is not the next of {self.meeting}")
        data = leaf_bytes(leaf)
        self._grow(leaf, data)
        self._waiting.append(_Waiting(data, answer))
        self._wake.set()

    def append(self, leaf: AnyLeaf) -> asyncio.Future[bytes]:
        """As `add`, at once; the future is the receipt. Giving up to wait for it takes nothing back."""
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def answer(given: bytes | Exception) -> None:
            if waiting.cancelled():
                return
            if isinstance(given, Exception):
                waiting.set_exception(given)
            else:
                waiting.set_result(given)

        self.add(leaf, answer)
        return waiting

    async def receipt(self, seq: int) -> bytes:
        """The receipt of a leaf, the same bytes each time; waits for one that is not durable yet. Raises Stopped,
        StoreUnavailable, KeyError for a leaf that there is not."""
        if not 0 <= seq < len(self.tree):
            raise KeyError(seq)
        while seq >= self.durable:
            if self._failure is not None:
                raise Stopped(self._failure)
            await self._progress.wait()
        leaf = await self._store.leaf(self.meeting, seq)
        head = await self._store.head_over(self.meeting, seq)
        if leaf is None or head is None:
            raise KeyError(seq)
        return receipt(head.data, leaf)

    async def run(self) -> None:
        """Write groups until `close`. To be spawned once."""
        try:
            await self._write_groups()
        finally:
            self._ended.set()

    async def ended(self) -> None:
        """Wait until `run` has written the last group after `close`; at once when it never ran or failed."""
        if self._running:
            await self._ended.wait()

    async def _write_groups(self) -> None:
        self._running = True
        rush = False
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            # Whatever else arrived with what woke us is in this turn of the loop: let it join the group. In a rush
            # more comes at once, and a group costs as much as dozens of leaves.
            await asyncio.sleep(LINGER_S if rush else 0)
            rush = len(self._waiting) >= RUSH
            if self._waiting:
                await self._write_group()

    def close(self) -> None:
        """Take no more leaves; `run` writes what waits and ends. Idempotent."""
        self._closing = True
        self._wake.set()

    def _grow(self, leaf: AnyLeaf, data: bytes) -> None:
        if isinstance(leaf, MeetingCreated) and leaf.seq == 0:
            self._alg = leaf.alg
            self.tree = MerkleTree(leaf.alg)
        self.tree.append(data)
        self._last_utc_ms = leaf.utc_ms

    async def _write_group(self) -> None:
        group, self._waiting = self._waiting, []
        if self._failure is not None:
            _answer_all(group, Stopped(self._failure))
            return
        size = self.durable + len(group)
        try:
            signed = sign_head(self.meeting, self._alg, size, self.tree.root(size), self.stamp().utc_ms, self._key)
            head = head_bytes(signed)
            leaves = [waiting.leaf for waiting in group]
            await self._store.commit(self.meeting, self.durable, leaves, KeptHead(size, head))
        except Exception as problem:
            self._failure = problem
            self._tell_progress()
            _answer_all(group, Stopped(problem))
            late, self._waiting = self._waiting, []
            _answer_all(late, Stopped(problem))
            if not isinstance(problem, StoreUnavailable):
                raise
            return
        self.durable = size
        self._head = head
        self._tell_progress()
        for waiting in group:
            _give(waiting.answer, receipt(head, waiting.leaf))
        for listener in self._listeners:
            _give(listener, head)

    def _tell_progress(self) -> None:
        ended, self._progress = self._progress, asyncio.Event()
        ended.set()


def _answer_all(group: list[_Waiting], problem: Exception) -> None:
    for waiting in group:
        _give(waiting.answer, problem)


def _give(taker: Callable[[T], None], given: T) -> None:
    """Whoever cannot take it stops neither the others nor the log."""
    try:
        taker(given)
    except Exception as problem:
        log_fault("an answer was not taken", problem)


class _Head(msgspec.Struct):
    root: str


def _root(head: bytes) -> str:
    """Empty for bytes that are no head."""
    try:
        return msgspec.json.decode(head, type=_Head).root
    except UNREADABLE:
        return ""
