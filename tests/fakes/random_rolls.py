"""Creditors' rolls from a random source: small sums that tie, and sums up to the limit."""

from __future__ import annotations

from random import Random

from voting.roll_entry import RollEntry
from voting.words import MAX_FEN, MAX_ROLL_FEN, Group, Standing

_SCALES_FEN = (1, 3, 12, 1_000, 10**6, 10**12, MAX_FEN)


def random_roll(rng: Random, most: int = 14) -> list[RollEntry]:
    """Sorted entries of 1 to `most` creditors, some in several groups."""
    top_fen = rng.choice(_SCALES_FEN)
    ids = [f"c{number:04d}" for number in range(rng.randint(1, most))]
    left_fen = MAX_ROLL_FEN
    entries: list[RollEntry] = []
    for creditor in ids:
        many = rng.choices((1, 2, 3), (6, 3, 1))[0]
        for group in sorted(rng.sample(tuple(Group), many)):
            entry = _entry(rng, creditor, group, min(top_fen, left_fen))
            left_fen -= entry.amount_fen
            entries.append(entry)
    return entries


def _entry(rng: Random, creditor: str, group: Group, top_fen: int) -> RollEntry:
    kind = rng.choices(tuple(Standing), (8, 2, 1))[0]
    amount_fen = 0 if kind is Standing.NONE else rng.choice((top_fen, rng.randint(0, top_fen), top_fen // 2))
    secured_fen = 0
    if group is Group.SECURED or rng.random() < 0.1:
        secured_fen = rng.choice((amount_fen, rng.randint(0, amount_fen)))
    return RollEntry(
        amount_fen=amount_fen,
        court_ref="（2018）粤01破1号之二" if kind is Standing.PROVISIONAL else "",
        creditor=creditor,
        group=group,
        kind=kind,
        person=f"{rng.getrandbits(256):064x}",
        secured_fen=secured_fen,
    )
