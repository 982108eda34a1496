"""One meeting while people are in it: their sockets, the queue of speakers, and what all are told.

What is told to all is told seldom and in slices: an update to ten thousand pages is a tenth of a second of CPU, and a
ballot must not wait for it. Ballots themselves cause no update at all.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from signaling.meetings.bodies import RollSummary
from signaling.meetings.book import MeetingRecord
from signaling.meetings.find import CreditorIndex
from signaling.meetings.messages import HeadSigned, MeetingChanged, MineChanged
from signaling.meetings.show import bloc_name, meeting_view, mine
from signaling.meetings.view import MeetingView, Mine
from signaling.meetings.wire import Wire
from voting import leaves as lf
from voting.anchors.keeper import AnchorKeeper
from voting.attendance import RunningBoard
from voting.countersign import Countersign
from voting.hall import Hall
from voting.roll import Roll
from voting.rolls import Registered

QUIET_S = 1.0
"""Between two updates to everybody; what changes meanwhile goes with the next."""
HEAD_EVERY_S = 3.0
"""Signed heads to everybody, the newest only; each receipt carries one of its own. Telling a crowd of one takes as
long, slice by slice: a vote waits for none of it."""
SLICE = 200
SETTLED_AT_ONCE = 2_000
MOST_WAITING = 500
"""Bound of the queue of speakers; one more is told to wait."""

_encoder = msgspec.json.Encoder()
_OF_EVERYBODY = (lf.MotionOpened, lf.Exclusion, lf.MeetingClosed)
_UNSEEN = (lf.Presence, lf.Anchored, lf.PaperEntered, lf.RollFrozen)


class MeetingRoom:
    """Made by `signaling.meetings.rooms`; `run` must be spawned."""

    def __init__(self, record: MeetingRecord, hall: Hall, now_utc_ms: Callable[[], int]) -> None:
        self.record = record
        self.changing = asyncio.Lock()
        """Held while the record is changed and written."""
        self.hall = hall
        self.anchors: AnchorKeeper | None = None
        """Takes the log's heads outside."""
        self.roll: Roll | None = None
        """The roll that the next motion is opened with."""
        self.roll_sums: RollSummary | None = None
        self.register: dict[str, Registered] = {}
        self.index = CreditorIndex({})
        self.board: RunningBoard | None = None
        """Who is here of the roll."""
        self.agents: dict[str, str] = {}
        """Names of agents who are no creditors, by their id."""
        self.runners: dict[str, str] = {}
        """Names of the accounts that have run this meeting since the server started."""
        self.countersign = Countersign()
        self.queue: OrderedDict[str, int] = OrderedDict()
        """Who asked to speak, and since when (UTC ms)."""
        self.speaking = ""
        self.live = False
        """Whether somebody sends a picture or sound now."""
        self.watched = False
        """Whether pages show its pictures, or send some."""
        self.when_floor: Callable[[str], None] = lambda person: None
        """Called with who speaks from now on, before anybody is told."""
        self.wires: set[Wire] = set()
        self._now_utc_ms = now_utc_ms
        self._changed = asyncio.Event()
        self._seen_meeting = True
        self._seen_mine: set[str] | None = set()
        """Whose own things have changed; None for everybody's."""
        self._head = b""
        """The newest that was signed."""
        self._signed_head = asyncio.Event()
        self.attach(hall)

    def attach(self, hall: Hall) -> None:
        """Go on with a hall that was opened anew."""
        self.hall = hall
        if self.roll is not None:
            self._begin_board(RunningBoard(self.roll))
        if self.anchors is not None:
            self.anchors.attach(hall)
        hall.on_leaf(self._heard)
        hall.log.on_head(self._signed)
        self.touch(everybody=True)

    def take_roll(
        self,
        roll: Roll,
        sums: RollSummary,
        register: dict[str, Registered],
        index: CreditorIndex,
        board: RunningBoard,
    ) -> None:
        """The roll that was imported last, and what was made of it beside the event loop."""
        self.roll, self.roll_sums, self.register, self.index = roll, sums, register, index
        self.hall.meeting.know(roll)
        self._begin_board(board)
        self.touch(everybody=True)

    def _begin_board(self, board: RunningBoard) -> None:
        for attendee in self.hall.meeting.present:
            board.came(attendee)
        self.board = board

    # --- who is here -----------------------------------------------------------------------------------------

    def enter(self, wire: Wire) -> None:
        """A page is connected."""
        self.wires.add(wire)

    def leave(self, wire: Wire) -> None:
        """It is not any more. Nobody's presence ends by that. Idempotent."""
        self.wires.discard(wire)

    def name_of(self, person: str) -> str:
        """The name of a creditor, an agent or a group that votes as one; the id of anybody else."""
        known = self.register.get(person)
        return known.name if known is not None else self.agents.get(person) or bloc_name(person) or person

    # --- the queue of speakers -------------------------------------------------------------------------------

    def ask_floor(self, person: str) -> bool:
        """Into the queue; whether there was room. Idempotent."""
        if person not in self.queue and len(self.queue) >= MOST_WAITING:
            return False
        self.queue.setdefault(person, self._now_utc_ms())
        self.touch(person)
        return True

    def leave_queue(self, person: str) -> None:
        """Out of the queue; whoever speaks gives the floor back. Idempotent."""
        if self.speaking == person:
            self.give_floor("")
        elif self.queue.pop(person, None) is not None:
            self.touch(*self.queue, person)

    def give_floor(self, person: str) -> None:
        """Somebody speaks now ("" for nobody); they leave the queue."""
        before, self.speaking = self.speaking, person
        self.when_floor(person)
        self.queue.pop(person, None)
        self.touch(*self.queue, person, before)

    def set_live(self, live: bool) -> None:
        """Whether there is something to watch. Idempotent."""
        if live is not self.live:
            self.live = live
            self.touch()

    async def settle(self) -> None:
        """Let the open rounds know of everybody who was here when they opened, a few at a time."""
        for round_ in list(self.hall.meeting.open_rounds):
            for _ in iter(partial(round_.settle, SETTLED_AT_ONCE), False):
                await asyncio.sleep(0)

    # --- what is shown ---------------------------------------------------------------------------------------

    def view(self, *, whole: bool = False) -> MeetingView:
        """The meeting; `whole` with results that are not announced yet."""
        speaking = self.name_of(self.speaking) if self.speaking else ""
        return meeting_view(
            self.record, self.hall.meeting, queue=len(self.queue), speaking=speaking, live=self.live, whole=whole
        )

    def mine(self, wire: Wire) -> Mine:
        """What concerns the wire's person alone."""
        place = next((at for at, person in enumerate(self.queue, 1) if person == wire.person), None)
        floor = wire.person == self.speaking
        return mine(wire.person, self.hall.meeting, self.roll, self.name_of, place=place, floor=floor, read=wire.read)

    def touch(self, *people: str, everybody: bool = False) -> None:
        """The meeting's view has changed, and these people's own; they are told soon."""
        self._seen_meeting = False
        if everybody:
            self._seen_mine = None
        elif self._seen_mine is not None:
            self._seen_mine.update(people)
        self._changed.set()

    async def run(self) -> None:
        """Tell pages what has changed, and the newest head, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._tell_changes())
            both.create_task(self._tell_heads())

    async def _tell_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.settle()
            await self._tell_meeting()
            await self._tell_mine()
            await asyncio.sleep(QUIET_S)

    async def _tell_heads(self) -> None:
        while True:
            await self._signed_head.wait()
            self._signed_head.clear()
            slices = list(_sliced(list(self.wires))) or [[]]
            for wires in slices:
                # Each slice gets the newest that there is by then.
                frame = _encoder.encode(HeadSigned(head=msgspec.Raw(self._head)))
                for wire in wires:
                    wire.offer(frame)
                await asyncio.sleep(HEAD_EVERY_S / len(slices))

    async def _tell_meeting(self) -> None:
        if not self._seen_meeting:
            self._seen_meeting = True
            await self._offer_all(_encoder.encode(MeetingChanged(meeting=self.view())))

    async def _tell_mine(self) -> None:
        people, self._seen_mine = self._seen_mine, set()
        if people is not None and not people:
            return
        for wires in _sliced([wire for wire in self.wires if people is None or wire.person in people]):
            for wire in wires:
                wire.send(_encoder.encode(MineChanged(mine=self.mine(wire))))
            await asyncio.sleep(0)

    async def _offer_all(self, frame: bytes) -> None:
        for wires in _sliced(list(self.wires)):
            for wire in wires:
                wire.offer(frame)
            await asyncio.sleep(0)

    def _heard(self, leaf: lf.AnyLeaf) -> None:
        if isinstance(leaf, lf.Presence) and self.board is not None:
            self.board.took(leaf)
        if isinstance(leaf, _OF_EVERYBODY):
            self.touch(everybody=True)
            if isinstance(leaf, lf.MeetingClosed) and self.speaking:
                self.give_floor("")
        elif isinstance(leaf, lf.Mandate):
            self.touch(leaf.agent, leaf.principal)
        elif isinstance(leaf, lf.MandateRevoked):
            ended = self.hall.meeting.mandates[leaf.mandate].leaf
            self.touch(ended.agent, ended.principal)
        elif not isinstance(leaf, _UNSEEN):
            self.touch()

    def _signed(self, head: bytes) -> None:
        self._head = head
        self._signed_head.set()


def _sliced(wires: list[Wire]) -> Iterable[list[Wire]]:
    for first in range(0, len(wires), SLICE):
        yield wires[first : first + SLICE]
