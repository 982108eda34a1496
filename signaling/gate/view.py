"""The gate as the person and the clerk see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from hearing.identity_events import IdentityLevel
from hearing.participant import CONNECTED
from hearing.policy import is_verified
from hearing.state import Hearing, Person
from identity.gate import (
    WAITS_FOR_CLERK,
    GateStage,
    failures_left,
    locked_until_utc_ms,
    stage,
    visitor,
    why_waiting,
)
from identity.reasons import words
from signaling.gate.messages import ConsentState, GateRow, GateView, RegistryState


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures there are of somebody at the gate."""

    live: bool = False
    picture: bool = False


def gate_view(hearing: Hearing, person: Person, now_utc_ms: int, proof: str) -> GateView:
    """What this person is told about themselves; `proof` is empty unless they have earned a verdict."""
    who, standing = visitor(hearing, person), person.standing
    now = stage(who, now_utc_ms)
    reason = why_waiting(who, now_utc_ms)
    zh, en = words(reason)
    return GateView(
        level=hearing.identity,
        stage=now,
        consent=cast(ConsentState, standing.consent),
        document=standing.document,
        masked=standing.masked,
        minor=standing.minor,
        failures=standing.failures,
        failures_left=failures_left(standing),
        locked_until_utc_ms=locked_until_utc_ms(standing) if now is GateStage.LOCKED else None,
        reason=reason,
        reason_zh=zh,
        reason_en=en,
        method=standing.verdict.method if standing.verdict is not None and now is GateStage.PASSED else None,
        proof=proof,
    )


def gate_row(hearing: Hearing, person: Person, now_utc_ms: int, pictures: Pictures, visit: str) -> GateRow:
    """What the clerk sees of somebody at the gate."""
    who, standing = visitor(hearing, person), person.standing
    now = stage(who, now_utc_ms)
    reason = why_waiting(who, now_utc_ms)
    zh, en = words(reason)
    return GateRow(
        participant=person.seat.participant,
        visit=visit,
        stage=now,
        needs_clerk=now in WAITS_FOR_CLERK,
        connected=person.presence in CONNECTED,
        staff=who.staff,
        consent=cast(ConsentState, standing.consent),
        document=standing.document,
        masked=standing.masked,
        registry=cast(RegistryState, standing.registry),
        minor=standing.minor,
        failures=standing.failures,
        locked_until_utc_ms=locked_until_utc_ms(standing) if now is GateStage.LOCKED else None,
        reason=reason,
        reason_zh=zh,
        reason_en=en,
        score_milli=standing.verdict.score_milli if standing.verdict is not None else None,
        since_utc_ms=standing.since_utc_ms,
        has_live=pictures.live,
        has_picture=pictures.picture,
        has_reference=bool(standing.reference),
    )


def at_gate(hearing: Hearing) -> list[Person]:
    """Everybody whom the gate has not passed and who has come, or has been there."""
    if hearing.identity is IdentityLevel.NONE:
        return []
    return [
        person
        for person in hearing.people.values()
        if not is_verified(hearing, person) and (person.presence in CONNECTED or person.standing.since_utc_ms)
    ]


def queue_order(row: GateRow) -> tuple[bool, int]:
    """Those who need the clerk first, then the longest waiting."""
    return not row.needs_clerk, row.since_utc_ms
