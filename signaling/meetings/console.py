"""The meeting as administrator, chair, judge and clerk see it. Never what an open motion's ballots say."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from signaling.meetings import bodies as b
from signaling.meetings.book import Question
from signaling.meetings.room import MeetingRoom
from signaling.meetings.show import turnout
from voting import requests as rq
from voting.roll import Roll
from voting.words import Group, Standing

_ACTS: dict[type, str] = {
    rq.OpenMotion: "open",
    rq.ExtendMotion: "extend",
    rq.CloseMotion: "close",
    rq.AnnounceResult: "announce",
    rq.CloseMeeting: "end",
}
MOST_FOUND = 50

Link = Callable[[str], str]
"""The address that a creditor is sent."""


def console(
    room: MeetingRoom, questions: Iterable[Question], floor: b.FloorView | None, now_ms: int, now_utc_ms: int
) -> b.Console:
    """Everything at once, from what is kept as it happens: consoles ask every two seconds. `now_ms` is monotonic."""
    log = room.hall.log
    return b.Console(
        meeting=room.view(whole=True),
        roll=room.roll_sums,
        board=_board(room),
        turnout=turnout(room.hall.meeting),
        pending=tuple(pending(room, now_ms, now_utc_ms)),
        speakers=tuple(
            b.Speaker(person=person, name=room.name_of(person), since_utc_ms=since)
            for person, since in room.queue.items()
        ),
        questions=tuple(
            b.Asked(name=room.name_of(each.person), **msgspec.structs.asdict(each)) for each in questions
        ),
        floor=floor,
        log_size=log.durable,
        log_root=log.tree.root(log.durable).hex() if log.durable else "",
        anchors=room.anchors.states() if room.anchors is not None else (),
    )


def pending(room: MeetingRoom, now_ms: int, now_utc_ms: int) -> Iterable[b.PendingAct]:
    """What waits for a second person."""
    for each in room.countersign.pending(now_ms):
        act = each.act
        yield b.PendingAct(
            act=_ACTS[type(act)],
            motion=getattr(act, "motion", None),
            round=getattr(act, "round", 1),
            closes_utc_ms=getattr(act, "closes_utc_ms", None),
            by=each.by,
            by_name=room.runners.get(each.by, each.by),
            until_utc_ms=now_utc_ms + each.until_ms - now_ms,
        )


def find_creditors(room: MeetingRoom, words: str, link_of: Link) -> list[b.CreditorRow]:
    """Creditors whose id, name or number has `words` in it, at most `MOST_FOUND`."""
    return [
        b.CreditorRow(
            creditor=creditor,
            name=room.register[creditor].name,
            number=room.register[creditor].masked,
            groups=_groups_of(room.roll, creditor),
            present=creditor in room.hall.meeting.present,
            link=link_of(creditor),
        )
        for creditor in room.index.find(words, MOST_FOUND)
    ]


def _groups_of(roll: Roll | None, creditor: str) -> tuple[b.GroupTotal, ...]:
    return tuple(
        b.GroupTotal(
            group=entry.group, creditors=0 if entry.kind is Standing.NONE else 1, amount_fen=entry.amount_fen
        )
        for entry in (roll.of(creditor) if roll is not None else ())
    )


def _board(room: MeetingRoom) -> b.Board:
    if room.board is None:
        return b.Board(heads=0, amount_fen=0, total_heads=0, total_amount_fen=0, groups=())
    found = room.board.board()
    return b.Board(
        heads=found.present.heads,
        amount_fen=found.present.amount_fen,
        total_heads=found.total.heads,
        total_amount_fen=found.total.amount_fen,
        groups=tuple(
            b.GroupTotal(group=Group(group), creditors=present.heads, amount_fen=present.amount_fen)
            for group, (present, _) in found.by_group.items()
        ),
    )
