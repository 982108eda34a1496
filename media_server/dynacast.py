"""Which simulcast encodings a publisher should send: those that somebody wants, and no others.

A phone that sends a layer for nobody pays for it with battery and uplink. Pure: time is passed in, microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence

QUIET_US = 1_000_000
"""Nobody must have wanted a layer for so long before it is given up: tiles that are moved about do not flap."""


class Dynacast:
    """Collects wishes by asker. `rids` are the encodings of the track, lowest first.

    While anything of a track is wanted its lowest encoding is sent as well: it costs little, and whoever loses the
    one he watches (a weak uplink, a weak downlink) has a picture to go on with.
    """

    def __init__(self, rids: Sequence[str]) -> None:
        self._rids = tuple(rids)
        self._wishes: dict[object, frozenset[str]] = {}
        self._unwanted_us: dict[str, int] = {}
        self._told = self._rids

    @property
    def sent(self) -> tuple[str, ...]:
        """What the publisher was told last, lowest first; at first all."""
        return self._told

    def want(self, who: object, rids: frozenset[str]) -> None:
        """`who` wants these now, instead of what he wanted before. Unknown ones are ignored. Idempotent."""
        if rids:
            self._wishes[who] = rids
        else:
            self._wishes.pop(who, None)

    def unwant(self, who: object) -> None:
        """`who` is gone. Idempotent."""
        self._wishes.pop(who, None)

    def due(self, now_us: int) -> tuple[str, ...] | None:
        """What the publisher is to be told now, None while nothing changes: more at once, less after `QUIET_US`."""
        wanted = self._wanted()
        for rid in self._rids:
            if rid in wanted:
                self._unwanted_us.pop(rid, None)
            else:
                self._unwanted_us.setdefault(rid, now_us)
        kept = tuple(
            rid
            for rid in self._rids
            if rid in wanted or (rid in self._told and now_us - self._unwanted_us[rid] < QUIET_US)
        )
        if kept == self._told:
            return None
        self._told = kept
        return kept

    def _wanted(self) -> set[str]:
        wanted = set().union(*self._wishes.values()) & set(self._rids)
        return wanted | set(self._rids[:1]) if wanted else wanted
