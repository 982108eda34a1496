"""The register of a session's exhibits as it stands: a pure fold of its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from hearing import events as ev
from hearing import exhibit_events as xe
from hearing.event import Event
from hearing.session import State

_TOGETHER = frozenset({State.IN_SESSION, State.SUSPENDED})
"""The same people sit in these."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """When it was shown, session ms, and of a PDF which page; `to_ms` None: it is shown now."""

    from_ms: int
    to_ms: int | None = None
    page: int = 1


class Exhibit(msgspec.Struct, frozen=True, kw_only=True):
    """One exhibit. `opinions` are by participant, the newest of each."""

    submitted: xe.ExhibitSubmitted
    at_ms: int
    state: xe.ExhibitState = xe.ExhibitState.SUBMITTED
    reviewed: bool = False
    """The court has let it pass at least once: the others know of it."""
    public: bool = False
    shown: tuple[Shown, ...] = ()
    opinions: dict[str, xe.ExhibitOpinion] = msgspec.field(default_factory=dict)

    @property
    def number(self) -> int:
        """Its number in the session."""
        return self.submitted.number

    @property
    def is_shown(self) -> bool:
        """Whether the room sees it now."""
        return self.page is not None

    @property
    def page(self) -> int | None:
        """The page that the room sees now; None while it sees nothing of it."""
        return self.shown[-1].page if self.shown and self.shown[-1].to_ms is None else None


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """`items` by number. `changes` counts: a page that knows another count asks again; `open_changes` those only of
    what the court has let pass, for who may see no other."""

    items: dict[int, Exhibit] = msgspec.field(default_factory=dict)
    changes: int = 0
    open_changes: int = 0

    @property
    def shown(self) -> Exhibit | None:
        """The one that the room sees now."""
        return next((each for each in self.items.values() if each.is_shown), None)

    @property
    def next_number(self) -> int:
        """One more than the highest."""
        return max(self.items, default=0) + 1


def of_log(events: Iterable[tuple[Event, int]]) -> Register:
    """The register after these events, each with its session time in ms."""
    register = Register()
    for event, at_ms in events:
        register = fold(register, event, at_ms)
    return register


def fold(register: Register, event: Event, at_ms: int) -> Register:
    """The register after one more event. Total: of an exhibit that it does not know it learns nothing."""
    if not isinstance(event, xe.ExhibitEvent):
        return register
    if isinstance(event, xe.ExhibitSubmitted):
        return _with(register, Exhibit(submitted=event, at_ms=at_ms))
    known = register.items.get(event.number)
    if known is None:
        return register
    replace = msgspec.structs.replace
    match event:
        case xe.ExhibitStateSet(after=after):
            passed = after not in {xe.ExhibitState.SUBMITTED, xe.ExhibitState.WITHDRAWN}
            return _with(register, replace(known, state=after, reviewed=known.reviewed or passed))
        case xe.ExhibitShown(page=page) if known.page != (page or 1):
            shown = Shown(from_ms=at_ms, page=page or 1)
            return _with(register, replace(known, shown=(*_hidden(known, at_ms), shown)))
        case xe.ExhibitHidden() if known.is_shown:
            return _with(register, replace(known, shown=_hidden(known, at_ms)))
        case xe.ExhibitOpinion(participant=who):
            return _with(register, replace(known, opinions={**known.opinions, who: event}))
        case xe.ExhibitOpened(public=public):
            return _with(register, replace(known, public=public))
        case _:
            return register


def _hidden(exhibit: Exhibit, at_ms: int) -> tuple[Shown, ...]:
    if not exhibit.is_shown:
        return exhibit.shown
    return (*exhibit.shown[:-1], msgspec.structs.replace(exhibit.shown[-1], to_ms=at_ms))


def hidden_with(register: Register, events: Sequence[Event]) -> Sequence[xe.ExhibitEvent]:
    """What follows from `events`: when the court rises, or sits behind closed doors or in the open again, whoever
    sits then is not shown what others were shown."""
    shown = register.shown
    moved = any(isinstance(each, ev.StateChanged) and not {each.before, each.after} <= _TOGETHER for each in events)
    if shown is None or not moved:
        return ()
    return [xe.ExhibitHidden(number=shown.number, sha256=shown.submitted.sha256)]


def _with(register: Register, exhibit: Exhibit) -> Register:
    return Register(
        items={**register.items, exhibit.number: exhibit},
        changes=register.changes + 1,
        open_changes=register.open_changes + exhibit.reviewed,
    )
