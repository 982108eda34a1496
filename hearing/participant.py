"""States of a participant. `dropped` (the network took them) is not `left` (they chose to go).

The difference decides what the court may infer (在线诉讼规则 25): a drop is excused and never punished
automatically, a departure may become 中途退庭; so each change carries its evidence.
"""

from __future__ import annotations

import enum

from hearing.errors import Refused


class Presence(enum.StrEnum):
    """Where one participant stands."""

    INVITED = "invited"
    CONSENTED = "consented"
    CHECKED = "checked"
    """Device check done."""
    WAITING = "waiting"
    """候审: connected, outside the courtroom."""
    PRESENT = "present"
    TESTIFYING = "testifying"
    """An isolated person (witness, expert) who has been called."""
    DROPPED = "dropped"
    """Involuntary: ICE consent or heartbeat lost."""
    LEFT = "left"
    """Voluntary."""
    REMOVED = "removed"
    """By order of the court."""
    DISMISSED = "dismissed"
    """A witness whose testimony is over."""


_P = Presence
_FOLLOWS: dict[Presence, frozenset[Presence]] = {
    _P.INVITED: frozenset({_P.CONSENTED, _P.WAITING}),
    _P.CONSENTED: frozenset({_P.CHECKED, _P.WAITING, _P.LEFT}),
    _P.CHECKED: frozenset({_P.WAITING, _P.LEFT}),
    _P.WAITING: frozenset({_P.PRESENT, _P.TESTIFYING, _P.DROPPED, _P.LEFT, _P.REMOVED}),
    _P.PRESENT: frozenset({_P.WAITING, _P.DROPPED, _P.LEFT, _P.REMOVED}),
    _P.TESTIFYING: frozenset({_P.DISMISSED, _P.WAITING, _P.DROPPED, _P.LEFT, _P.REMOVED}),
    _P.DROPPED: frozenset({_P.PRESENT, _P.TESTIFYING, _P.WAITING, _P.LEFT, _P.REMOVED, _P.DISMISSED}),
    _P.LEFT: frozenset({_P.CONSENTED, _P.CHECKED, _P.WAITING, _P.REMOVED}),
    _P.REMOVED: frozenset({_P.WAITING}),
    _P.DISMISSED: frozenset({_P.WAITING, _P.LEFT}),
}

CONNECTED = frozenset({_P.WAITING, _P.PRESENT, _P.TESTIFYING})
"""States of somebody whose page is connected."""

IN_COURTROOM = frozenset({_P.PRESENT, _P.TESTIFYING})
"""States in which media flows to and from the hearing."""


def check_follows(before: Presence, after: Presence) -> None:
    """Raises Refused (`presence-not-allowed`) when `after` cannot follow `before`."""
    if after not in _FOLLOWS[before]:
        raise Refused(
            "presence-not-allowed",
            f"出庭人员状态不能由“{before.value}”变为“{after.value}”",
            f"a participant cannot go from {before.value} to {after.value}",
        )
