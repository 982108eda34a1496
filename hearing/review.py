"""The review of the minutes as it stands: a fold of the log."""

from __future__ import annotations

import msgspec

from hearing import review_events as re
from hearing.events import Entry


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A request for correction; `accepted` is None until the clerk has decided."""

    id: str
    participant: str
    line: str
    was: str
    wanted: str
    reason: str
    asked_utc_ms: int
    accepted: bool | None = None
    answer: str = ""
    listened: bool = False


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How one person stands to the minutes with this hash: signed, or refused with a reason."""

    participant: str
    minutes_sha256: str
    utc_ms: int
    signed: re.MinutesSigned | None = None
    refusal: str = ""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """`corrections` by id in the order they were asked for; `signings` by participant, the newest."""

    opened: bool = False
    until_utc_ms: int = 0
    corrections: dict[str, Correction] = msgspec.field(default_factory=dict)
    signings: dict[str, Signing] = msgspec.field(default_factory=dict)

    def standing(self, participant: str, minutes_sha256: str) -> Signing | None:
        """The person's word on these very minutes; None when they gave none, or on others only."""
        signing = self.signings.get(participant)
        return signing if signing is not None and signing.minutes_sha256 == minutes_sha256 else None

    def undecided(self) -> tuple[Correction, ...]:
        """Requests that the clerk has not answered."""
        return tuple(each for each in self.corrections.values() if each.accepted is None)


def fold(review: Review, entry: Entry) -> Review:
    """The review after one more entry. Total."""
    replace = msgspec.structs.replace
    match entry.event:
        case re.ReviewOpened() as e:
            return replace(review, opened=True, until_utc_ms=e.until_utc_ms)
        case re.CorrectionRequested() as e:
            asked = Correction(
                id=e.correction,
                participant=e.participant,
                line=e.line,
                was=e.was,
                wanted=e.wanted,
                reason=e.reason,
                asked_utc_ms=entry.utc_ms,
            )
            return replace(review, corrections={**review.corrections, asked.id: asked})
        case re.CorrectionDecided() as e if e.correction in review.corrections:
            decided = replace(
                review.corrections[e.correction], accepted=e.accepted, answer=e.reason, listened=e.listened
            )
            return replace(review, corrections={**review.corrections, decided.id: decided})
        case re.MinutesSigned() as e:
            return _said(
                review,
                Signing(participant=e.participant, minutes_sha256=e.minutes_sha256, utc_ms=entry.utc_ms, signed=e),
            )
        case re.SigningRefused() as e:
            return _said(
                review,
                Signing(
                    participant=e.participant, minutes_sha256=e.minutes_sha256, utc_ms=entry.utc_ms, refusal=e.reason
                ),
            )
        case _:
            return review


def _said(review: Review, signing: Signing) -> Review:
    return msgspec.structs.replace(review, signings={**review.signings, signing.participant: signing})
