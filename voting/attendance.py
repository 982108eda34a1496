"""Who is at the meeting: signing in and out, and the board of those present by heads and amount."""

from __future__ import annotations

import msgspec

from hearing.errors import Refused
from voting.checks import check_id, check_salt
from voting.leaves import Count, Presence, Stamp
from voting.meeting import Meeting
from voting.requests import Attend
from voting.roll import Roll
from voting.roll_entry import RollEntry
from voting.words import Channel, Group, Standing

_CHANNELS = frozenset({Channel.ONLINE, Channel.ONSITE})


def attend(meeting: Meeting, request: Attend, stamp: Stamp) -> Presence | None:
    """The leaf; None where it is already so. Raises Refused `bad-id`, `bad-presence`."""
    check_id("attendee", request.attendee)
    check_id("by", request.by)
    check_salt(request.salt)
    if request.channel not in _CHANNELS or request.state not in {"in", "out"}:
        raise Refused("bad-presence", "签到方式不合规", "somebody signs in or out, online or on site")
    now = meeting.present.get(request.attendee)
    if now == (request.channel if request.state == "in" else None):
        return None
    return Presence(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        attendee=request.attendee,
        by=request.by,
        channel=request.channel,
        salt=request.salt,
        state=request.state,
    )


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """点名: who of the roll is here now. Heads by group add up to more than `present` where somebody is in two."""

    present: Count
    total: Count
    by_group: dict[Group, tuple[Count, Count]]
    """Present and total."""


class RunningBoard:
    """The board of one roll, kept as people come and go: consoles ask for it every two seconds. Making it goes over
    the whole roll, in any thread."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll
        self._here: set[str] = set()
        self._present: dict[Group, list[int]] = {}
        self._total: dict[Group, list[int]] = {}
        self._people = 0
        """Of those present, with a vote in any group."""
        before = ""
        everybody = 0
        for entry in roll.entries:
            if entry.kind is not Standing.NONE:
                _add(self._total, entry, 1)
                everybody += entry.creditor != before
                before = entry.creditor
        self._everybody = everybody

    def took(self, leaf: Presence) -> None:
        """Somebody came or left. Idempotent."""
        if leaf.state == "in":
            self.came(leaf.attendee)
        elif leaf.attendee in self._here:
            self._here.discard(leaf.attendee)
            self._move(leaf.attendee, -1)

    def came(self, attendee: str) -> None:
        """Idempotent."""
        if attendee not in self._here:
            self._here.add(attendee)
            self._move(attendee, 1)

    def board(self) -> Board:
        """As it is now."""
        return Board(
            present=Count(sum(fen for _, fen in self._present.values()), self._people),
            total=Count(sum(fen for _, fen in self._total.values()), self._everybody),
            by_group={
                group: (_count(self._present.get(group)), _count(self._total[group]))
                for group in Group
                if group in self._total
            },
        )

    def _move(self, attendee: str, by: int) -> None:
        voting = [entry for entry in self._roll.of(attendee) if entry.kind is not Standing.NONE]
        for entry in voting:
            _add(self._present, entry, by)
        self._people += by * bool(voting)


def _add(groups: dict[Group, list[int]], entry: RollEntry, by: int) -> None:
    row = groups.setdefault(entry.group, [0, 0])
    row[0] += by
    row[1] += by * entry.amount_fen


def _count(row: list[int] | None) -> Count:
    return Count() if row is None else Count(row[1], row[0])
