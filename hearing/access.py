"""The restrictions of a session's record and the cases heard in it, as they stand: a fold of the log. And the rules
by which they are set. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from hearing.access_events import Access, AccessEvent, AccessRestricted, CaseJoined, Ground, RestrictionLifted
from hearing.errors import Refused
from hearing.events import Entry, SessionCreated
from hearing.session import State
from hearing.state import Hearing

MAX_REASON_CHARS = 500
MAX_CASES = 200
_BEFORE = frozenset({State.SCHEDULED, State.WAITING})
_OVER = frozenset({State.SEALED, State.CANCELLED})


class Restrictions:
    """`apply` the entries in order. `cases` begins with the case that the session was made for."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.cases: dict[str, str] = {}
        """Cause by case number."""
        self.marks: dict[str, AccessRestricted] = {}
        """Those that hold."""
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        match entry.event:
            case SessionCreated(case_no=number, cause=cause) | CaseJoined(case_no=number, cause=cause):
                self.cases.setdefault(number, cause)
            case AccessRestricted() as restricted:
                self.marks[restricted.mark] = restricted
            case RestrictionLifted(mark=mark):
                self.marks.pop(mark, None)
            case _:
                pass


def restrict(
    hearing: Hearing,
    known: Restrictions,
    *,
    from_ms: int,
    to_ms: int | None,
    access: Access,
    ground: Ground,
    participant: str | None = None,
    case_no: str | None = None,
    reason: str = "",
) -> list[AccessEvent]:
    """The event that restricts a part of the record; the caller has checked who asks. Raises Refused: `not-open`
    (before 开庭, after the seal), `bad-time`, `unknown-participant`, `unknown-case`, `too-long`."""
    if hearing.state in _BEFORE | _OVER:
        raise Refused("not-open", "当前不能设置不公开片段", "no part of the record can be restricted now")
    if from_ms < 0 or (to_ms is not None and to_ms <= from_ms):
        raise Refused("bad-time", "片段的起止时间有误", "a part ends after it begins")
    if participant is not None and participant not in hearing.people:
        raise Refused(
            "unknown-participant", f"名单中没有此人：{participant}", f"nobody here has the id {participant}"
        )
    if case_no is not None and case_no not in known.cases:
        raise Refused("unknown-case", f"本庭次不审理 {case_no}", f"the case {case_no} is not heard in this session")
    _check_length(reason)
    return [
        AccessRestricted(
            mark=f"r{hearing.last_seq + 1}",
            from_ms=from_ms,
            to_ms=to_ms,
            access=access,
            ground=ground,
            participant=participant,
            case_no=case_no,
            reason=reason.strip(),
        )
    ]


def lift(hearing: Hearing, known: Restrictions, mark: str, reason: str) -> list[AccessEvent]:
    """The event that ends a restriction. Raises Refused: `not-open`, `unknown-mark`, `too-long`."""
    if hearing.state in _OVER:
        raise Refused("not-open", "记录已封存，不能变更", "the record is sealed")
    if mark not in known.marks:
        raise Refused("unknown-mark", "没有这个不公开片段", f"no restriction has the mark {mark}")
    _check_length(reason)
    return [RestrictionLifted(mark=mark, reason=reason.strip())]


def join_case(hearing: Hearing, known: Restrictions, case_no: str, cause: str) -> list[AccessEvent]:
    """The event that has another case heard in the same session; none when it is already. Raises Refused: `not-open`,
    `too-many`."""
    if hearing.state in _OVER:
        raise Refused("not-open", "本庭次已结束，不能并案", "the session is over")
    if case_no in known.cases:
        return []
    if len(known.cases) >= MAX_CASES:
        raise Refused("too-many", f"一个庭次最多并案{MAX_CASES}件", f"a session hears {MAX_CASES} cases at most")
    return [CaseJoined(case_no=case_no, cause=cause)]


def _check_length(reason: str) -> None:
    if len(reason) > MAX_REASON_CHARS:
        raise Refused(
            "too-long", f"文字不得超过{MAX_REASON_CHARS}字", f"a text may have {MAX_REASON_CHARS} characters"
        )
