"""Time stamps that nobody asks for any more: the process died after the log had what was to be stamped, and before
the store had that it was due. Read off the end of the log. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hearing import events as ev
from hearing import seal_events as se
from hearing.session import State

STAMPED_AT = frozenset({State.ADJOURNED, State.CLOSED})
"""A head of the log is stamped when a session comes to this."""
TAIL = 200
"""Entries that are looked at: a process that has died wrote nothing after what it forgot."""


@dataclass(frozen=True, slots=True)
class Lost:
    """`head`: the log's head is to be stamped; `seals`: these packages."""

    head: bool
    seals: tuple[se.SealMade, ...]


def lost(tail: Sequence[ev.Entry], due_heads: Collection[int], due_packages: Collection[str]) -> Lost:
    """What of these last entries of a log was never asked for; `due_*` are known to be due. A stamp that was missed
    was asked for."""
    heads, packages, wanted, seals = set(due_heads), set(due_packages), 0, []
    for entry in tail:
        match entry.event:
            case ev.StateChanged(after=after) if after in STAMPED_AT:
                wanted = entry.seq
            case se.StampMade(of="head", seq=seq) | se.StampMissed(of="head", seq=seq):
                heads.add(seq)
            case se.StampMade(package=package) | se.StampMissed(package=package):
                packages.add(package)
            case se.SealMade() as made:
                seals.append(made)
            case _:
                pass
    return Lost(wanted > max(heads, default=0), tuple(made for made in seals if made.package not in packages))
