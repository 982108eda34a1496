"""债权: what a creditor has filed, and what of it votes. Pure."""

from __future__ import annotations

import msgspec

from voting.words import Group


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One claim of the administrator's table. Money in fen."""

    claim: str
    """Its number in the table, unique in a roll."""
    creditor: str
    """Who has it; the same for all claims of one person."""
    name: str
    number_kind: str
    """A `hearing.documents.DocumentKind`."""
    number: str
    """Normalised."""
    phone: str
    group: Group
    filed_fen: int
    confirmed_fen: int
    provisional_fen: int
    """临时债权额: votes only with the court's decision (企业破产法 59(2))."""
    court_ref: str
    """That decision; "" while there is none."""
    secured_fen: int
    """What a security covers that was not waived."""

    @property
    def voting_fen(self) -> int:
        """What of it votes."""
        return self.confirmed_fen + (self.provisional_fen if self.court_ref else 0)
