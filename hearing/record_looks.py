"""随时查: a supervisor's looks into the records of sessions that are over, as pure rules.

What was said in a session is shown to a supervisor only with an event in that session's log, durable before anything
is shown. A search shows lines of several sessions: each of those logs gets one event, and a session of which no line
was shown gets none, for nothing of it was seen.

The event holds the words of the search as they were typed. A hash would hide nothing: whoever reads the log has the
minutes too, and finds a word of two characters by trying. Nor is there anything to hide, since the words stand in
every line that was shown. So whoever reads the log later can tell what of their hearing was looked for.

Logs are not flooded: the same look again within `SAME_LOOK_MS` is the same look, and an answer shows a bounded number
of lines.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeVar

from hearing.errors import Refused
from hearing.session import State
from hearing.state import Hearing
from hearing.supervision_events import RecordLooked, RecordPart

RECORDS_OPEN = frozenset({State.CLOSED, State.TRANSCRIPT_REVIEW, State.SIGNED, State.SEALED})
"""From 闭庭 on. Until then a hearing is looked into live, and what of it is to be withheld is not decided."""
SAME_LOOK_MS = 600_000
LOOK_LASTS_MS = 4 * 3_600_000
"""So long what a look opened stays open."""
LOOKS_KEPT = 5_000

K = TypeVar("K")


def may_look_up(hearing: Hearing) -> bool:
    """Whether the record of this session is there for supervisors, as far as its state goes."""
    return hearing.state in RECORDS_OPEN and hearing.opened_utc_ms is not None


def look_up(hearing: Hearing, look: RecordLooked) -> Sequence[RecordLooked]:
    """The event of this look. Raises Refused `not-over`."""
    if not may_look_up(hearing):
        raise Refused("not-over", "庭审尚未结束，请到“正在进行”中察看", "the session is not over: look into it live")
    return [look]


class RecentLooks:
    """The looks of a while, in memory: which one is new, and which are still open. After a restart every look is new
    and nothing is open: the log then rather has one too many. Times are any clock's ms."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, RecordLooked], int] = OrderedDict()
        self._open: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def is_new(self, session: str, look: RecordLooked, now_ms: int) -> bool:
        """Whether the log has to be told of it."""
        told_ms = self._told.get((session, _same(look)))
        return told_ms is None or now_ms - told_ms >= SAME_LOOK_MS

    def told(self, session: str, look: RecordLooked, now_ms: int) -> None:
        """The log has it. The oldest are forgotten beyond LOOKS_KEPT."""
        _keep(self._told, (session, _same(look)), now_ms)
        _keep(self._open, (session, look.account, look.what), now_ms)

    def is_open(self, session: str, account: str, what: RecordPart, now_ms: int) -> bool:
        """Whether this account has looked at this part of the record and the look still lasts."""
        told_ms = self._open.get((session, account, what))
        return told_ms is not None and now_ms - told_ms < LOOK_LASTS_MS


def _keep(kept: OrderedDict[K, int], key: K, now_ms: int) -> None:
    kept.pop(key, None)
    kept[key] = now_ms
    if len(kept) > LOOKS_KEPT:
        kept.popitem(last=False)


def _same(look: RecordLooked) -> RecordLooked:
    return RecordLooked(account=look.account, name="", what=look.what, reason=look.reason, words=look.words, lines=0)
