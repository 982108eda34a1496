"""From a page's ballot to its answer, by socket or by HTTPS alike."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hearing.errors import UserError
from records.errors import StoreUnavailable
from signaling.errors import error_message
from signaling.meetings.bodies import CastBody
from signaling.meetings.messages import Cast, NotCast
from signaling.meetings.room import MeetingRoom
from voting.refusals import AlreadyVoted, LateBallot
from voting.requests import CastBallot
from voting.salt import Salts
from voting.sequencer import RETRY_AFTER_MS, Busy, Stopped
from voting.words import Channel

Told = Callable[[bytes | Exception], None]
"""Called once: with the receipt, or with why there is none."""


class Casting:
    """Puts ballots to the vote."""

    def __init__(self) -> None:
        self._salts = Salts()

    def cast(self, room: MeetingRoom, person: str, ballot: Cast | CastBody, told: Told) -> int | None:
        """Admit the ballot; `told` gets its receipt once it is durable. Returns the `seq` of the leaf instead when
        the same ballot is there already. Raises as `voting.hall.Hall.cast`."""
        hall = room.hall
        meeting = hall.meeting
        repeated = hall.cast(
            CastBallot(
                actor=person,
                channel=meeting.present.get(person, Channel.ONLINE),
                choice=ballot.choice,
                creditor=ballot.creditor or person,
                division=ballot.division,
                idem=ballot.idem,
                meeting=meeting.meeting,
                motion=ballot.motion,
                round=ballot.round,
                salt=self._salts.next(),
            ),
            told,
        )
        return None if repeated is None else repeated.seq

    def salt(self) -> str:
        """For leaves of other kinds."""
        return self._salts.next()


async def not_cast(room: MeetingRoom | None, re: str, problem: Exception) -> NotCast:
    """The refusal in words, with what belongs to it: a late receipt, the receipt of the ballot that stands, or when
    to try again. `room` is None where its log could not even be read. Raises nothing."""
    try:
        return await _not_cast(room, re, problem)
    except Exception as worse:
        # The log went while the refusal was put together: the ballot comes again, and is refused then.
        return refusal(re, worse, retry_after_ms=RETRY_AFTER_MS)


async def _not_cast(room: MeetingRoom | None, re: str, problem: Exception) -> NotCast:
    if room is not None and isinstance(problem, LateBallot):
        return refusal(re, problem, late=msgspec.Raw(room.hall.late(problem)))
    if room is not None and isinstance(problem, AlreadyVoted):
        return refusal(re, problem, standing=msgspec.Raw(await room.hall.log.receipt(problem.seq)))
    if isinstance(problem, Busy):
        return refusal(re, problem, retry_after_ms=problem.retry_after_ms)
    if isinstance(problem, Stopped | StoreUnavailable):
        return refusal(re, problem, retry_after_ms=RETRY_AFTER_MS)
    return refusal(re, problem)


def refusal(
    re: str,
    problem: Exception,
    *,
    retry_after_ms: int | None = None,
    late: msgspec.Raw | None = None,
    standing: msgspec.Raw | None = None,
) -> NotCast:
    """The refusal in words."""
    if isinstance(problem, UserError):
        code, zh, en = problem.code, problem.zh, problem.en
    else:
        error = error_message(re, problem, "ballot")
        code, zh, en = error.code, error.zh, error.en
    return NotCast(re=re, code=code, zh=zh, en=en, retry_after_ms=retry_after_ms, late=late, standing=standing)
