"""Which exhibits an edition of a record leaves out, with everything that the log says of them. Pure.

court    none; for one of several cases heard together, those of the others
party    what the court has not let pass, what was withdrawn, what was submitted or shown in a withheld part, and
         all of a person whose name is withheld: a file may hold it
public   those, and whatever the court has not opened to the public
"""

from __future__ import annotations

from collections.abc import Iterable

from hearing.events import Entry
from hearing.exhibit_events import ExhibitState
from hearing.exhibits import Exhibit
from records.editions.withheld import Edition, Withheld
from records.package.exhibit_files import register_of

_FOR_EVER_MS = 1 << 53


def hidden_exhibits(entries: Iterable[Entry], away: Withheld) -> frozenset[int]:
    """Their numbers."""
    items = register_of(entries).items
    return frozenset(number for number, exhibit in items.items() if _is_hidden(exhibit, away))


def _is_hidden(exhibit: Exhibit, away: Withheld) -> bool:
    told = exhibit.submitted
    if away.case_no is not None and told.case_no not in {"", away.case_no}:
        return True
    if told.participant in away.people or away.covers(told.participant, exhibit.at_ms, exhibit.at_ms):
        return True
    if any(away.covers(None, s.from_ms, _FOR_EVER_MS if s.to_ms is None else s.to_ms) for s in exhibit.shown):
        return True
    if away.edition is Edition.COURT:
        return False
    unseen = not exhibit.reviewed or exhibit.state is ExhibitState.WITHDRAWN
    return unseen or (away.edition is Edition.PUBLIC and not exhibit.public)
