"""One running meeting: its state and its log together. What is decided is applied and put into the log in one step,
without anything awaited between, so that state and log never part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from hearing.clock import Sources
from records.keys import CourtKey
from voting.ballots import Repeated, admit
from voting.decide import decide
from voting.leaves import AnyLeaf
from voting.meeting import Meeting
from voting.ports import LeafStore
from voting.receipts import late_receipt
from voting.refusals import LateBallot
from voting.requests import AnyRequest, CastBallot
from voting.roll import Roll
from voting.sequencer import Answer, Sequencer


class Hall:
    """Opened by `open`; `run` must be spawned. After `voting.sequencer.Stopped` it is of no use: open it anew."""

    def __init__(self, meeting: Meeting, sequencer: Sequencer, key: CourtKey) -> None:
        self.meeting = meeting
        self.log = sequencer
        self._key = key
        self._listeners: list[Callable[[AnyLeaf], None]] = []

    @classmethod
    async def open(
        cls, store: LeafStore, meeting: str, key: CourtKey, sources: Sources, rolls: Iterable[Roll]
    ) -> Hall:
        """Replay the log; `rolls` are all that it may name. Raises StoreUnavailable, BrokenLog, ValueError for a log
        that names another roll."""
        state = Meeting()
        for roll in rolls:
            state.know(roll)
        return cls(state, await Sequencer.open(store, meeting, key, sources, state.apply), key)

    def on_leaf(self, listener: Callable[[AnyLeaf], None]) -> None:
        """`listener` hears of each leaf but ballots as soon as it is applied, which is before it is durable."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Write the log until `close`."""
        await self.log.run()

    def close(self) -> None:
        """Take nothing more; what waits is written. Idempotent."""
        self.log.close()

    async def do(self, request: AnyRequest) -> list[bytes]:
        """Carry out a request; returns when it is durable: the receipts of its leaves, none where it was so already.
        Raises Refused, Stopped, Busy."""
        self.log.check_open()
        made = decide(self.meeting, request, self.log.stamp())
        if isinstance(made, Repeated):
            return [await self.log.receipt(made.seq)]
        waiting = []
        for leaf in made:
            self.meeting.apply(leaf)
            waiting.append(self.log.append(leaf))
            self._tell(leaf)
        return list(await asyncio.gather(*waiting))

    def cast(self, ballot: CastBallot, answer: Answer) -> Repeated | None:
        """Admit a ballot; `answer` gets its receipt once it is durable. The shortest way, for thousands a second. A
        ballot that is there already is not answered but returned. Raises as `voting.ballots.admit`, Stopped, Busy."""
        log = self.log
        log.check_open()
        leaf = admit(self.meeting, ballot, log.stamp())
        if isinstance(leaf, Repeated):
            return leaf
        self.meeting.apply(leaf)
        log.add(leaf, answer)
        return None

    def late(self, ballot: LateBallot) -> bytes:
        """The signed late receipt of a refused ballot."""
        return late_receipt(
            meeting=self.log.meeting,
            motion=ballot.motion,
            round=ballot.round,
            creditor=ballot.creditor,
            division=ballot.division,
            idem=ballot.idem,
            closed_seq=ballot.closed_seq,
            utc_ms=self.log.stamp().utc_ms,
            key=self._key,
        )

    def _tell(self, leaf: AnyLeaf) -> None:
        for listener in self._listeners:
            listener(leaf)
