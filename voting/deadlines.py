"""The statutory clocks, in days of Beijing time.

The day of the event is not counted (民法典 201); a period ends with its last day, or where that is a day of rest with
the next that is none (203).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

import msgspec

from voting.meeting import Meeting
from voting.rules import Clock, Deadline, RuleSet
from voting.words import Matter, Next

BEIJING = timezone(timedelta(hours=8))

RestDay = Callable[[date], bool]


def no_rest(_: date) -> bool:
    """Every day is a working day: the earlier end, for who has no calendar of the year's holidays."""
    return False


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One clock that runs."""

    deadline: Deadline
    clock: Clock
    event_utc_ms: int
    last_day: date
    """The act must be done on this day at the latest; of a clock that runs backward, too."""
    ends_utc_ms: int
    """The end of that day."""

    def missed(self, now_utc_ms: int) -> bool:
        """Whether it is too late."""
        return now_utc_ms >= self.ends_utc_ms


def due(rules: RuleSet, deadline: Deadline, event_utc_ms: int, is_rest_day: RestDay = no_rest) -> Due:
    """The clock from (or back from) an event."""
    clock = rules.clocks[deadline]
    event = day_of(event_utc_ms)
    if clock.before:
        last = event - timedelta(days=clock.days)
    else:
        last = event + timedelta(days=clock.days)
        while is_rest_day(last):
            last += timedelta(days=1)
    midnight = datetime.combine(last + timedelta(days=1), time(), BEIJING)
    return Due(
        deadline=deadline,
        clock=clock,
        event_utc_ms=event_utc_ms,
        last_day=last,
        ends_utc_ms=int(midnight.timestamp() * 1_000),
    )


def notice_is_short(rules: RuleSet, notice_utc_ms: int, meeting_utc_ms: int) -> bool:
    """Whether creditors are told too late for a meeting at this time (63)."""
    return due(rules, Deadline.NOTICE, meeting_utc_ms).missed(notice_utc_ms)


def of_motion(meeting: Meeting, motion: str, is_rest_day: RestDay = no_rest) -> tuple[Due, ...]:
    """The clocks that the motion's latest round started: telling the result (from the closing), revocation, and
    asking the court to approve a plan (from the announcement, before it from the count)."""
    round_ = meeting.latest(motion)
    if round_ is None or round_.closed_seq < 0 or meeting.rules is None:
        return ()
    found = [due(meeting.rules, Deadline.RESULT_NOTICE, round_.closed_utc_ms, is_rest_day)]
    if round_.result is None:
        return tuple(found)
    made_utc_ms = round_.announced_utc_ms if round_.announced_seq >= 0 else round_.result.utc_ms
    if round_.result.passed:
        found.append(due(meeting.rules, Deadline.REVOCATION, made_utc_ms, is_rest_day))
        if round_.opened.matter is Matter.PLAN and round_.result.next is Next.FINAL:
            found.append(due(meeting.rules, Deadline.PLAN_APPROVAL_REQUEST, made_utc_ms, is_rest_day))
    return tuple(found)


def day_of(utc_ms: int) -> date:
    """The day in Beijing."""
    return datetime.fromtimestamp(utc_ms / 1_000, UTC).astimezone(BEIJING).date()
