"""Where one person stands with the gate: a pure fold of the gate's events. The rules over it are `identity.gate`."""

from __future__ import annotations

import msgspec

from hearing import identity_events as ie


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The newest verdict that was not revoked."""

    id: str
    outcome: ie.VerdictOutcome
    method: ie.VerdictMethod
    reason: str = ""
    score_milli: int | None = None
    by: str = ""
    utc_ms: int = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says about one person at the gate. All times are UTC: the gate opens before the session clock."""

    consent: str = ""
    """Of the face: empty, `given`, `declined` or `withdrawn`."""
    guardian: str = ""
    document: str = ""
    """Kind of the document that was checked, empty before."""
    masked: str = ""
    registry: str = ""
    minor: bool = False
    reference: str = ""
    """Where the reference photo is from; empty without one."""
    failures: int = 0
    """Of the automatic path since the last release."""
    failed_utc_ms: int = 0
    challenged: bool = False
    """A challenge was passed since the last failure, release or change of consent."""
    reason: str = ""
    """Of the newest failure."""
    since_utc_ms: int = 0
    """First sign of this person at the gate."""
    verdict: Verdict | None = None
    watch: str = ""
    """What the watch says of this person's seat; empty when nothing."""
    watch_since_utc_ms: int = 0
    watch_checked: bool = False
    """A judge or clerk has looked at the seat since."""
    erased: bool = False
    """Everything about this person's face was erased."""

    @property
    def passed(self) -> bool:
        """Whether the gate has let this person in."""
        return self.verdict is not None and self.verdict.outcome is ie.VerdictOutcome.PASS

    @property
    def earned(self) -> str:
        """Id of the verdict that the device before this gate has earned: passed, or compared and now before the
        clerk. Empty without one; a refusal is nobody's to keep."""
        verdict = self.verdict
        return "" if verdict is None or verdict.outcome is ie.VerdictOutcome.REFUSED else verdict.id


def fold(standing: Standing, event: ie.IdentityEvent, utc_ms: int) -> Standing:
    """The standing after one more event about this person. Total."""
    replace = msgspec.structs.replace
    if not standing.since_utc_ms:
        standing = replace(standing, since_utc_ms=utc_ms)
    match event:
        case ie.FaceConsented(guardian=guardian):
            return replace(standing, consent="given", guardian=guardian, challenged=False, erased=False)
        case ie.FaceDeclined():
            return replace(standing, consent="declined", challenged=False)
        case ie.FaceConsentWithdrawn():
            return replace(standing, consent="withdrawn", challenged=False, watch="")
        case ie.ReferenceKept(source=source):
            return replace(standing, reference=source)
        case ie.DocumentChecked() as e:
            return replace(standing, document=e.kind, masked=e.masked, registry=e.registry, minor=e.minor)
        case ie.GateAttempted(outcome="passed"):
            return replace(standing, challenged=True, reason="")
        case ie.GateAttempted(reason=reason):
            return replace(
                standing,
                failures=standing.failures + 1,
                failed_utc_ms=utc_ms,
                reason=reason,
                challenged=False,
            )
        case ie.VerdictGiven() as e:
            return replace(standing, verdict=_verdict(e, utc_ms))
        case ie.GateReleased():
            verdict = standing.verdict if standing.passed else None
            return replace(standing, failures=0, failed_utc_ms=0, reason="", challenged=False, verdict=verdict)
        case ie.VerdictRevoked():
            return replace(standing, verdict=None, challenged=False, watch="")
        case ie.WatchChanged(state=state, since_utc_ms=since):
            return replace(standing, watch=state, watch_since_utc_ms=since or utc_ms, watch_checked=False)
        case ie.SeatChecked(state=state):
            return replace(standing, watch_checked=state == standing.watch)
        case ie.IdentityErased():
            return replace(standing, reference="", challenged=False, watch="", erased=True)
        case _:
            return standing


def _verdict(e: ie.VerdictGiven, utc_ms: int) -> Verdict:
    return Verdict(
        id=e.verdict,
        outcome=e.outcome,
        method=e.method,
        reason=e.reason,
        score_milli=e.score_milli,
        by=e.by,
        utc_ms=utc_ms,
    )
