"""A roll of seven creditors that has every kind of claim."""

from __future__ import annotations

from voting.roll_entry import RollEntry
from voting.words import Group, Standing


def entry(creditor: str, group: Group, fen: int, secured: int = 0, kind: Standing = Standing.CONFIRMED) -> RollEntry:
    return RollEntry(
        amount_fen=fen,
        court_ref="决定1" if kind is Standing.PROVISIONAL else "",
        creditor=creditor,
        group=group,
        kind=kind,
        person="0" * 64,
        secured_fen=secured,
    )


ROLL = (
    entry("a", Group.ORDINARY, 100),
    entry("a", Group.WAGE, 7),
    entry("b", Group.SECURED, 500, 500),
    entry("c", Group.SECURED, 300, 200),
    entry("d", Group.WAGE, 11),
    entry("e", Group.EQUITY, 900),
    entry("f", Group.ORDINARY, 0, kind=Standing.NONE),
    entry("g", Group.ORDINARY, 50, kind=Standing.PROVISIONAL),
)
