"""What an edition of a record leaves out: spans of time, persons, and events that concern nobody outside. Pure.

    court    everything; for one of several cases heard together, all but the closed material of the others
    party    without what only the court may have: its deliberation, mediation off the record, parts restricted to it
    public   without what only court and parties may have, too; no tracks of single persons

Whatever this table does not name is left out of party and public editions: a new kind of event has to be thought
about before it leaves the house.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hearing import access_events as ae
from hearing import events as ev
from hearing import review_events as re
from hearing import transcript_events as te
from hearing.access import Restrictions
from hearing.errors import UserError
from hearing.identity_events import IdentityRequired
from hearing.session import Phase, State
from records.timeline import Span, Timeline, join

NAMELESS = "（姓名依法不公开）"


class Edition(enum.StrEnum):
    """Who the record is for."""

    COURT = "court"
    PARTY = "party"
    PUBLIC = "public"


STRUCTURE: tuple[type[ev.Event], ...] = (
    ev.SessionCreated,
    ev.SessionRescheduled,
    ev.StateChanged,
    ev.PhaseChanged,
    ev.ClockAnchored,
    ev.ServerRestarted,
    ev.ParticipantAdded,
    ev.TrackOpened,
    ev.RangeSealed,
    ev.TrackClosed,
    ev.RecordingIncident,
    IdentityRequired,
    ae.AccessRestricted,
    ae.RestrictionLifted,
    ae.CaseJoined,
)
"""Say nothing of what went on: they stay, inside a withheld span too. Of those about a person and a track when they
happened there is not told (`records.editions.moments`)."""

COURSE: tuple[type[ev.Event], ...] = (
    ev.PresenceChanged,
    ev.HandRaised,
    ev.MuteSet,
    ev.Warned,
    ev.FloorGranted,
    ev.LayoutChanged,
    ev.SpeakerChanged,
    ev.GapRecorded,
    te.LanguageSet,
    te.TrackHeard,
)
"""What went on: they stay outside of withheld spans. A gap says when somebody's microphone was silent."""

TEXT: tuple[type[ev.Event], ...] = (
    te.UtteranceHeard,
    te.LineWritten,
    te.LineEdited,
    te.LineAssigned,
    te.LineSplit,
    te.LinesMerged,
    te.LineStruck,
    re.CorrectionRequested,
    re.CorrectionDecided,
)
"""Go with the line that they are about."""

SIGNING: tuple[type[ev.Event], ...] = (ev.ConsentGiven, re.ReviewOpened, re.MinutesSigned, re.SigningRefused)
"""For the parties; of no concern to the public."""

_ALWAYS_CLOSED = frozenset({State.DELIBERATING, State.OFF_RECORD_MEDIATION})


@dataclass(frozen=True, slots=True)
class Withheld:
    """What one edition leaves out. `spans` concern everything, `people` one person's picture, voice and words each
    (their names in the whole record), `silent` is sound alone. Sorted, disjoint, session ms."""

    edition: Edition
    case_no: str | None
    spans: tuple[Span, ...]
    people: dict[str, tuple[Span, ...]]
    marks: frozenset[str]
    """Restrictions that apply here."""
    silent: tuple[Span, ...] = ()

    @property
    def masks(self) -> bool:
        """Whether numbers that identify persons are covered."""
        return self.edition is not Edition.COURT

    def of(self, participant: str | None) -> tuple[Span, ...]:
        """When nothing of this person may be there."""
        return join([*self.spans, *self.people.get(participant or "", ())])

    def covers(self, participant: str | None, from_ms: int, to_ms: int) -> bool:
        """Whether what this person did or said then is withheld, even a part of it."""
        return any(span.from_ms <= to_ms and from_ms < span.to_ms for span in self.of(participant))


def withheld(line: Timeline, known: Restrictions, edition: Edition, case_no: str | None) -> Withheld:
    """By the log. Raises UserError: `not-public`, `case-needed`, `unknown-case`."""
    if edition is Edition.PUBLIC and not line.created.public:
        raise UserError(
            "not-public",
            "不公开审理的庭次没有公众版",
            "a session that is not public has no public edition",
        )
    if case_no is not None and case_no not in known.cases:
        raise UserError("unknown-case", f"本庭次不审理 {case_no}", f"the case {case_no} is not heard in this session")
    if case_no is None and len(known.cases) > 1 and edition is not Edition.COURT:
        cases = "、".join(known.cases)
        raise UserError(
            "case-needed",
            f"本庭次并案审理多件案件，请指明案号（{cases}）",
            f"several cases are heard together: name one ({cases})",
        )
    away = _by_marks(line, known, lambda restriction: _applies(restriction, edition, case_no), edition, case_no)
    closed = closed_spans(line, edition) if edition is not Edition.COURT else ()
    return replace(away, spans=join([*away.spans, *closed]))


def withheld_from_supervisors(line: Timeline, known: Restrictions) -> Withheld:
    """What a supervisor of the court who reads the record afterwards does not get: whatever no look could have
    reached while the court sat (`hearing.supervision`), and every part that the court has restricted since, whoever
    it is restricted to: they are neither the court of this case nor a party. Numbers stay; they are court staff."""
    away = _by_marks(line, known, lambda restriction: True, Edition.COURT, None)
    return replace(away, spans=join([*away.spans, *closed_spans(line, Edition.PUBLIC)]))


def _by_marks(
    line: Timeline,
    known: Restrictions,
    applies: Callable[[ae.AccessRestricted], bool],
    edition: Edition,
    case_no: str | None,
) -> Withheld:
    spans: list[Span] = []
    people: dict[str, list[Span]] = {}
    marks = {mark: restriction for mark, restriction in known.marks.items() if applies(restriction)}
    for restriction in marks.values():
        end_ms = max(line.duration_ms, restriction.from_ms + 1) if restriction.to_ms is None else restriction.to_ms
        span = Span(restriction.from_ms, end_ms)
        if restriction.participant is None:
            spans.append(span)
        else:
            people.setdefault(restriction.participant, []).append(span)
    return Withheld(
        edition=edition,
        case_no=case_no,
        spans=join(spans),
        people={name: join(items) for name, items in people.items()},
        marks=frozenset(marks),
    )


def _applies(restriction: ae.AccessRestricted, edition: Edition, case_no: str | None) -> bool:
    if case_no is not None and restriction.case_no not in {None, case_no}:
        return True
    return edition is Edition.PUBLIC or (edition is Edition.PARTY and restriction.access is ae.Access.COURT)


def closed_spans(line: Timeline, edition: Edition) -> Sequence[Span]:
    """What the states and phases of the session themselves keep from people; in no order, and they may touch."""
    closed = _ALWAYS_CLOSED | ({State.CLOSED_EVIDENCE} if edition is Edition.PUBLIC else set())
    spans = [stretch.span for stretch in line.stretches if stretch.state in closed]
    phases = [*line.phases, (line.duration_ms, Phase.CLOSING)]
    for (from_ms, phase), (to_ms, _) in itertools.pairwise(phases):
        if phase is Phase.DELIBERATION:
            spans.append(Span(from_ms, to_ms))
    return spans
