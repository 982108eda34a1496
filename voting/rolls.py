"""The roll: from claims to what is frozen when a motion opens (docs/ballot-log.md, section 3). Pure.

Two halves that never mix: entries, which go into exports and whose root is in the log, and a register of names and
numbers, which only the court's people and the administrator see. `person` in an entry binds the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from hearing.documents import mask
from voting.claims import Claim
from voting.merkle import MerkleTree, digest_of
from voting.roll_entry import RollEntry, entry_bytes
from voting.words import MAX_FEN, MAX_ROLL_FEN, Group, Standing

COURT_REF_MAX = 500


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """Who a creditor is."""

    creditor: str
    name: str
    number_kind: str
    number: str
    phone: str
    salt: str
    """32 hex digits: with name and number it makes `person`."""

    @property
    def masked(self) -> str:
        """The number as it may be shown."""
        return mask(self.number)


class GroupSum(msgspec.Struct, frozen=True, kw_only=True):
    """Creditors of a group that vote in it, and their amount."""

    group: Group
    heads: int
    amount_fen: int


class RollTable(msgspec.Struct, frozen=True, kw_only=True):
    """债权表: a roll as it was imported, with the register; motions are voted on a `voting.roll.Roll`. `id` is made
    of its contents: the same claims make the same roll."""

    id: str
    alg: str
    root: str
    entries: tuple[RollEntry, ...]
    register: dict[str, Registered]
    claims: int
    filed_fen: int
    confirmed_claims: int
    """Claims of which something votes."""
    groups: tuple[GroupSum, ...]

    @property
    def voting_fen(self) -> int:
        """All that votes."""
        return sum(group.amount_fen for group in self.groups)

    @property
    def voting_heads(self) -> int:
        """Persons with a vote in any group."""
        return len({entry.creditor for entry in self.entries if entry.kind is not Standing.NONE})


class TooMuch(ValueError):
    """An amount beyond what a log can hold; names whose."""


class _Sum:
    """Claims of one creditor in one group."""

    def __init__(self) -> None:
        self.amount_fen = 0
        self.secured_fen = 0
        self.court_refs: list[str] = []
        self.votes = False

    def add(self, claim: Claim) -> None:
        voting_fen = claim.voting_fen
        self.amount_fen += voting_fen
        self.secured_fen += min(claim.secured_fen, voting_fen)
        self.votes = self.votes or voting_fen > 0
        if claim.provisional_fen and claim.court_ref and claim.court_ref not in self.court_refs:
            self.court_refs.append(claim.court_ref)


def make_roll(claims: Iterable[Claim], *, salt_of: Callable[[str], str], alg: str = "sha256") -> RollTable:
    """The roll of these claims. `salt_of` gives a creditor's salt, always the same. Raises TooMuch."""
    sums: dict[tuple[str, Group], _Sum] = {}
    register: dict[str, Registered] = {}
    count = confirmed = filed_fen = 0
    for claim in claims:
        count += 1
        confirmed += claim.voting_fen > 0
        filed_fen += claim.filed_fen
        sums.setdefault((claim.creditor, claim.group), _Sum()).add(claim)
        if claim.creditor not in register:
            register[claim.creditor] = Registered(
                creditor=claim.creditor,
                name=claim.name,
                number_kind=claim.number_kind,
                number=claim.number,
                phone=claim.phone,
                salt=salt_of(claim.creditor),
            )
    persons = {creditor: _person(alg, registered) for creditor, registered in register.items()}
    entries = tuple(
        _entry(creditor, group, sums[creditor, group], persons[creditor]) for creditor, group in sorted(sums)
    )
    if (total_fen := sum(entry.amount_fen for entry in entries)) > MAX_ROLL_FEN:
        raise TooMuch(f"the roll's sum of {total_fen} fen")
    root = MerkleTree(alg, map(entry_bytes, entries)).root().hex()
    return RollTable(
        id=f"R{root[:24]}",
        alg=alg,
        root=root,
        entries=entries,
        register=register,
        claims=count,
        filed_fen=filed_fen,
        confirmed_claims=confirmed,
        groups=tuple(_group_sums(entries)),
    )


def _entry(creditor: str, group: Group, of: _Sum, person: str) -> RollEntry:
    if of.amount_fen > MAX_FEN:
        raise TooMuch(f"creditor {creditor}: {of.amount_fen} fen")
    if not of.votes:
        kind = Standing.NONE
    elif of.court_refs:
        kind = Standing.PROVISIONAL
    else:
        kind = Standing.CONFIRMED
    return RollEntry(
        amount_fen=of.amount_fen,
        court_ref="；".join(of.court_refs)[:COURT_REF_MAX],
        creditor=creditor,
        group=group,
        kind=kind,
        person=person,
        secured_fen=of.secured_fen,
    )


def _person(alg: str, registered: Registered) -> str:
    text = "\x00".join((registered.name, registered.number, registered.salt))
    return digest_of(alg)(text.encode()).hex()


def _group_sums(entries: Iterable[RollEntry]) -> Iterable[GroupSum]:
    by_group: dict[Group, list[RollEntry]] = {}
    for entry in entries:
        if entry.kind is not Standing.NONE:
            by_group.setdefault(entry.group, []).append(entry)
    for group in Group:
        if found := by_group.get(group):
            yield GroupSum(group=group, heads=len(found), amount_fen=sum(entry.amount_fen for entry in found))
