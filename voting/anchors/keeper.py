"""Takes one meeting's signed heads outside: when a round opens, closes or is announced, when the meeting ends, and
every few minutes while the log grows.

It stands beside the sequencer and is waited for by nobody: a ballot's receipt never depends on it. Of each anchor at
most one head waits; a newer one takes the place of an older, since it covers all that the older did. What fails is
tried again, ever more seldom, and says so on the console.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence

from hearing.errors import Refused
from hearing.tasks import log_fault
from records.anchors.port import Anchor, AnchorFailed, AnchorState
from voting import leaves as lf
from voting.anchors.proofs import Proofs
from voting.hall import Hall
from voting.requests import RecordAnchor
from voting.tree_heads import read_head

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
_AT_ONCE = (lf.MotionOpened, lf.MotionClosed, lf.ResultAnnounced, lf.MeetingClosed)

Pause = Callable[[float], Awaitable[None]]


class _Line:
    """One anchor and how it stands."""

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor
        self.size = 0
        self.waits: bytes | None = None
        self.taken: tuple[bytes, bytes] | None = None
        """A head and its evidence that are not kept yet."""
        self.wake = asyncio.Event()
        self.failures = 0
        self.failure = ""

    def want(self, head: bytes) -> None:
        self.waits = head
        self.wake.set()


class AnchorKeeper:
    """Of one meeting. `attach` it to the hall, again whenever that is opened anew; `run` must be spawned."""

    def __init__(
        self, meeting: str, anchors: Sequence[Anchor], proofs: Proofs, every_s: float, pause: Pause = asyncio.sleep
    ) -> None:
        self._meeting = meeting
        self._lines = [_Line(anchor) for anchor in anchors]
        self._proofs = proofs
        self._every_s = every_s
        self._pause = pause
        self._hall: Hall | None = None
        self._due: int | None = None
        """Seq of a leaf whose head goes outside at once."""
        self._ready = asyncio.Event()

    def attach(self, hall: Hall) -> None:
        """Listen to this hall from now on."""
        self._hall = hall
        hall.on_leaf(self._heard)
        hall.log.on_head(self._signed)
        if self._ready.is_set():
            self._look()

    def states(self) -> tuple[AnchorState, ...]:
        """For the console."""
        return tuple(
            AnchorState(
                kind=line.anchor.kind,
                where=line.anchor.where,
                size=line.size,
                failures=line.failures,
                failure=line.failure,
            )
            for line in self._lines
        )

    @property
    def busy(self) -> bool:
        """Whether a head waits to be taken."""
        return any(line.waits is not None or line.taken is not None for line in self._lines)

    async def run(self) -> None:
        """Until cancelled."""
        if not self._lines:
            return
        for line in self._lines:
            line.size = await self._proofs.last(self._meeting, line.anchor.kind)
        self._ready.set()
        self._look()
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(self._keep(line))
            while True:
                await self._pause(self._every_s)
                self._look()

    def _heard(self, leaf: lf.AnyLeaf) -> None:
        if isinstance(leaf, _AT_ONCE):
            self._due = leaf.seq

    def _signed(self, head: bytes) -> None:
        if self._due is not None and self._hall is not None and self._hall.log.durable > self._due:
            self._due = None
            for line in self._lines:
                line.want(head)

    def _look(self) -> None:
        """Anchor what has grown. That a head was anchored is no news."""
        hall = self._hall
        if hall is None or hall.log.head is None:
            return
        durable = hall.log.durable
        for line in self._lines:
            own = sum(line.size <= anchored.seq < durable for anchored in hall.meeting.anchors)
            if durable - line.size > own:
                line.want(hall.log.head)

    async def _keep(self, line: _Line) -> None:
        while True:
            await line.wake.wait()
            line.wake.clear()
            while line.waits is not None or line.taken is not None:
                try:
                    await self._take(line)
                except Exception as problem:
                    line.failures += 1
                    line.failure = str(problem) if isinstance(problem, AnchorFailed) else type(problem).__name__
                    log_fault("a head was not anchored", problem, meeting=self._meeting, anchor=line.anchor.kind)
                    await self._pause(_wait_s(line.failures))
                else:
                    line.failures, line.failure = 0, ""

    async def _take(self, line: _Line) -> None:
        if line.taken is None:
            head = line.waits
            assert head is not None
            line.taken = head, await line.anchor.submit(head)
            if line.waits is head:
                line.waits = None
        head, evidence = line.taken
        told = read_head(head)
        await self._proofs.add(self._meeting, told.size, line.anchor.kind, head, evidence)
        assert self._hall is not None
        try:
            await self._hall.do(
                RecordAnchor(
                    anchor=line.anchor.kind,
                    evidence=hashlib.sha256(evidence).hexdigest(),
                    root=told.root,
                    size=told.size,
                )
            )
        except Refused as problem:
            # Nothing comes into a log that is closed; the proof stands beside it all the same.
            if not self._hall.meeting.closed:
                raise AnchorFailed(str(problem)) from problem
        line.taken = None
        line.size = max(line.size, told.size)


def _wait_s(failures: int) -> float:
    """Doubles, up to five minutes; spread, so that many meetings do not come back at once."""
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures - 1, 16)) * random.uniform(0.75, 1.0))
