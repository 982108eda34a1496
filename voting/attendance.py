"""Who is at the meeting: signing in and out, and the board of those present by heads and amount."""

from __future__ import annotations

import msgspec

from hearing.errors import Refused
from voting.checks import check_id, check_salt
from voting.leaves import Count, Presence, Stamp
from voting.meeting import Meeting
from voting.requests import Attend
from voting.roll import Roll
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


def board(meeting: Meeting, roll: Roll) -> Board:
    """Goes over the whole roll: for a page that asks now and then."""
    groups: dict[Group, list[int]] = {}
    here, everybody = set(), set()
    for entry in roll.entries:
        if entry.kind is Standing.NONE:
            continue
        row = groups.setdefault(entry.group, [0, 0, 0, 0])
        row[2] += 1
        row[3] += entry.amount_fen
        everybody.add(entry.creditor)
        if entry.creditor in meeting.present:
            here.add(entry.creditor)
            row[0] += 1
            row[1] += entry.amount_fen
    return Board(
        present=Count(sum(row[1] for row in groups.values()), len(here)),
        total=Count(sum(row[3] for row in groups.values()), len(everybody)),
        by_group={
            group: (Count(groups[group][1], groups[group][0]), Count(groups[group][3], groups[group][2]))
            for group in Group
            if group in groups
        },
    )
