"""What happened in a meeting, in the order of its log: what the papers tell that the state no longer knows.

Reads leaves as they lie in the store. Ballots are looked into only where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Collection

from voting import leaves as lf

_BALLOT = b'"kind":"ballot"'
_QUIET = (lf.Presence, lf.PaperEntered, lf.Ballot)


class Chronicle:
    """A fold of the stored leaves. `ballots` are the places in the log of ballots to keep."""

    def __init__(self, ballots: Collection[int] = ()) -> None:
        self.acts: list[lf.AnyLeaf] = []
        """Every leaf but presences, ballots and what clerks keyed in."""
        self.came: dict[str, lf.Presence] = {}
        """The first sign-in of everybody who ever came."""
        self.ballots: dict[int, lf.Ballot] = {}
        """Those that were asked for, by place."""
        self._wanted = ballots
        self.size = 0

    def take(self, data: bytes) -> None:
        """The next leaf. Raises msgspec.MsgspecError for what is none."""
        seq, self.size = self.size, self.size + 1
        # A text inside a leaf cannot hold these bytes: its quotes are escaped.
        if _BALLOT in data and seq not in self._wanted:
            return
        leaf = lf.read_leaf(data)
        if isinstance(leaf, lf.Ballot):
            self.ballots[seq] = leaf
        elif isinstance(leaf, lf.Presence):
            if leaf.state == "in":
                self.came.setdefault(leaf.attendee, leaf)
        elif not isinstance(leaf, _QUIET):
            self.acts.append(leaf)
