"""What the gate writes into the log: who was asked what, how it was decided, by whom, and what was erased.

No picture, template, name or identity number is ever in here: numbers are masked, people are participant ids,
scores are integers in thousandths, and reasons are codes (`identity.reasons`) beside what a clerk wrote.
Sources: PIPL arts 29-31, 47; 人脸识别技术应用安全管理办法; 人民法院在线诉讼规则 art. 7.
"""

from __future__ import annotations

import enum

from hearing.event import Event


class IdentityLevel(enum.StrEnum):
    """How surely a session wants to know who enters; chosen when it is made."""

    FACE = "face"
    """Document, registry, live face with a challenge, one-to-one match."""
    CODE = "code"
    """Document, registry and a one-time code: mass entry of creditors' meetings."""
    CLERK = "clerk"
    """The clerk looks at each person and their document."""
    NONE = "none"
    """Nobody is asked; only where the operator's setting allows it."""


class VerdictOutcome(enum.StrEnum):
    """What a verdict says."""

    PASS = "pass"
    REVIEW = "review"
    """A clerk compares the pictures and decides."""
    REFUSED = "refused"


class VerdictMethod(enum.StrEnum):
    """On what a verdict rests."""

    FACE = "face"
    CODE = "code"
    CLERK = "clerk"
    """A person of the court looked; `by` says who, `reason` why. Also how staff vouch for each other."""
    ACCOUNT = "account"
    """Staff signed in to their account."""


class IdentityRequired(Event, frozen=True, kw_only=True, tag="identity.required"):
    """Written with the session's creation. A log without it is older than the gate and counts as `none`."""

    level: IdentityLevel


class FaceConsented(Event, frozen=True, kw_only=True, tag="identity.consented"):
    """Separate consent to the use of one's face. `guardian` is the consenting guardian's relation to a person under
    fourteen (`parent`, `other`), empty when the person consented."""

    participant: str
    purpose: str
    text_sha256: str
    language: str
    guardian: str = ""


class FaceDeclined(Event, frozen=True, kw_only=True, tag="identity.consent_declined"):
    """The person chose the way without a face: a clerk checks."""

    participant: str


class FaceConsentWithdrawn(Event, frozen=True, kw_only=True, tag="identity.consent_withdrawn"):
    """From now on nothing more is done with this person's face; what had been decided stays decided."""

    participant: str


class ReferenceKept(Event, frozen=True, kw_only=True, tag="identity.reference"):
    """A reference photo was sealed into the vault: from the `case_file`, an `account` or the `registry`."""

    participant: str
    source: str


class FileKept(Event, frozen=True, kw_only=True, tag="identity.file"):
    """Staff wrote into the case file what a person is compared with: `number`, `phone`. Which ones, not what."""

    participant: str
    items: tuple[str, ...]
    by: str


class DocumentChecked(Event, frozen=True, kw_only=True, tag="identity.document_checked"):
    """A document's number was checked. `registry` is its answer: `yes`, `no` or `unknown`; `index_hmac` finds the
    same number again without giving it away. `minor`: under fourteen by the number's birth date."""

    participant: str
    kind: str
    masked: str
    index_hmac: str
    registry: str
    source: str = ""
    """Which registry answered."""
    minor: bool = False


class GateAttempted(Event, frozen=True, kw_only=True, tag="identity.attempt"):
    """One try of the automatic path ended: `passed`, `failed` or `abandoned` (counted as failed, or a replayed clip
    could wait for the challenge that it shows). `attempt` counts from 1 since the last release."""

    participant: str
    attempt: int
    outcome: str
    reason: str = ""


class VerdictGiven(Event, frozen=True, kw_only=True, tag="identity.verdict"):
    """The gate's word on one person in this session. The newest one holds. `by` is an account, a participant id of
    staff, or empty for the automatic path; `reason` a code, `text` what a clerk wrote."""

    participant: str
    verdict: str
    outcome: VerdictOutcome
    method: VerdictMethod
    reason: str = ""
    text: str = ""
    by: str = ""
    score_milli: int | None = None
    """Normalised score of the match in thousandths; None where no face was compared."""
    engine_id: str = ""


class GateReleased(Event, frozen=True, kw_only=True, tag="identity.released"):
    """A clerk opened the automatic path again for this person: failures count from zero."""

    participant: str
    reason: str
    by: str


class VerdictRevoked(Event, frozen=True, kw_only=True, tag="identity.revoked"):
    """The verdict holds no more: `invitation-revoked`, `another-device`, `account-changed` or a clerk's reason."""

    participant: str
    verdict: str
    reason: str
    by: str = ""


class WatchChanged(Event, frozen=True, kw_only=True, tag="identity.watch"):
    """What the watch sees on a seat has changed: `present`, `absent`, `multiple`, `mismatch`, `unknown`, or
    `unwatched`: what to compare with cannot be opened. A hint for judge and clerk, never an order. `since_utc_ms` is
    the first look that spoke for it, and so the end of what was said of this seat before."""

    participant: str
    state: str
    score_milli: int | None = None
    since_utc_ms: int = 0


class SeatChecked(Event, frozen=True, kw_only=True, tag="identity.watch_checked"):
    """A judge or clerk has looked at the seat that the watch says this of: `absent`, `multiple`, `mismatch` or
    `unwatched`."""

    participant: str
    state: str


class IdentityExported(Event, frozen=True, kw_only=True, tag="identity.exported"):
    """All that is kept about one person's identity was handed out on request."""

    participant: str
    items: int
    by: str


class IdentityErased(Event, frozen=True, kw_only=True, tag="identity.erased"):
    """Templates, gate pictures, reference photos and contact data were erased: of one person, or (None) of the whole
    session, whose key was then destroyed. Why: `retention`, `withdrawn`, `request` (from the command line), or what
    the clerk wrote who was asked."""

    participant: str | None
    items: int
    key_destroyed: bool
    reason: str
    by: str = ""


IdentityEvent = (
    IdentityRequired
    | FaceConsented
    | FaceDeclined
    | FaceConsentWithdrawn
    | ReferenceKept
    | FileKept
    | DocumentChecked
    | GateAttempted
    | VerdictGiven
    | GateReleased
    | VerdictRevoked
    | WatchChanged
    | SeatChecked
    | IdentityExported
    | IdentityErased
)
"""The gate's part of the catalogue."""
