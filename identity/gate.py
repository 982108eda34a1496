"""The gate's rules: what a person must do next, and what follows from what they did. Pure; UTC is passed in.

Facts are `hearing.standing.Standing`, folded from the log, so a restart in mid-flow loses nothing. The order is:
consent to the use of the face (or a clerk instead), document, live face with a challenge, match, verdict. Consent
comes before any picture. Sources: PIPL arts 29-31; 人脸识别技术应用安全管理办法 arts 4-6, 10; 在线诉讼规则 art. 7.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from hearing.errors import UserError
from hearing.identity_events import IdentityLevel, VerdictOutcome
from hearing.participant import IN_COURTROOM
from hearing.roles import Right, Role, is_device, is_staff, rights
from hearing.session import State
from hearing.standing import Standing
from hearing.state import Hearing, Person

LOCK_AFTER = 3
"""Failures that close the automatic path for `LOCK_MS`."""
CLERK_ONLY_AFTER = 6
"""Failures after which only a clerk decides."""
LOCK_MS = 600_000


class GateStage(enum.StrEnum):
    """What somebody at the gate does next."""

    CONSENT = "consent"
    """Decide whether the face may be used."""
    DOCUMENT = "document"
    GUARDIAN = "guardian"
    """Under fourteen by the document: a guardian consents."""
    CHALLENGE = "challenge"
    CODE = "code"
    REVIEW = "review"
    """A face was compared; a clerk looks at both pictures."""
    CLERK = "clerk"
    """Wait for the clerk, who checks without a face or after too many failures."""
    LOCKED = "locked"
    """The automatic path is closed for a while; the clerk may decide or open it at once."""
    PASSED = "passed"
    REFUSED = "refused"


WAITS_FOR_CLERK = frozenset({GateStage.REVIEW, GateStage.CLERK, GateStage.LOCKED})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the gate of one session."""

    level: IdentityLevel
    role: Role
    standing: Standing

    @property
    def staff(self) -> bool:
        """People of the court show an account instead of a document."""
        return is_staff(self.role)


def visitor(hearing: Hearing, person: Person) -> Visitor:
    """The gate's view of a person in a hearing."""
    return Visitor(hearing.identity, person.role, person.standing)


def stage(who: Visitor, now_utc_ms: int) -> GateStage:
    """What this person does next."""
    verdict = who.standing.verdict
    if who.level is IdentityLevel.NONE:
        return GateStage.PASSED
    if verdict is not None:
        return _BY_OUTCOME[verdict.outcome]
    step = _staff_step(who) if who.staff else _party_step(who)
    if step is GateStage.CLERK or not _automatic(who):
        return step
    if who.standing.failures >= CLERK_ONLY_AFTER:
        return GateStage.CLERK
    return GateStage.LOCKED if now_utc_ms < locked_until_utc_ms(who.standing) else step


def locked_until_utc_ms(standing: Standing) -> int:
    """Until when the automatic path stays closed; 0 when it is not."""
    return standing.failed_utc_ms + LOCK_MS if standing.failures == LOCK_AFTER else 0


def failures_left(standing: Standing) -> int:
    """Failures that this person may still have before the path closes (for a while, then for good)."""
    return max(0, (LOCK_AFTER if standing.failures < LOCK_AFTER else CLERK_ONLY_AFTER) - standing.failures)


def why_waiting(who: Visitor, now_utc_ms: int) -> str:
    """Reason code of somebody who waits for the clerk, or of their last failure; empty for none."""
    standing = who.standing
    match stage(who, now_utc_ms):
        case GateStage.REVIEW if standing.verdict is not None:
            return standing.verdict.reason
        case GateStage.LOCKED:
            return "locked-out"
        case GateStage.CLERK if standing.consent in {"declined", "withdrawn"}:
            return "no-face-wanted"
        case GateStage.CLERK if standing.failures >= CLERK_ONLY_AFTER:
            return "locked-out"
        case GateStage.CLERK if who.level is IdentityLevel.CLERK:
            return "level-clerk"
        case GateStage.CLERK if standing.registry == "unknown":
            return "registry-unknown"
        case GateStage.CLERK:
            return "no-reference"
        case GateStage.REFUSED if standing.verdict is not None:
            return standing.verdict.reason
        case _:
            return standing.reason


def check_stage(who: Visitor, now_utc_ms: int, *wanted: GateStage) -> None:
    """Raises UserError naming what must be done instead, when this person is at none of the stages `wanted`."""
    now = stage(who, now_utc_ms)
    if now not in wanted:
        raise _INSTEAD[now]()


def may_be_watched(person: Person) -> bool:
    """Whether a face on this seat may be looked at, counted or compared, while the court sits: who consented to the
    use of the face and passed the gate, until a withdrawal or an erasure. Never who declined or was not asked:
    finding a face in a picture is using it already, and the notice promises them none of it."""
    standing = person.standing
    sends = Right.PUBLISH in rights(person.role) and not is_device(person.role)
    return sends and standing.consent == "given" and standing.passed and not standing.erased


def is_watched(hearing: Hearing, person: Person) -> bool:
    """Whether this person's seat is looked at now: not in a recess, nor after the end."""
    sits = hearing.state is State.IN_SESSION and person.presence in IN_COURTROOM
    return sits and may_be_watched(person)


def _automatic(who: Visitor) -> bool:
    return who.level in {IdentityLevel.FACE, IdentityLevel.CODE}


def _staff_step(who: Visitor) -> GateStage:
    """Who signed in as staff is known by the account; at level `face` their face is checked too, where a reference
    photo of theirs is kept, else a colleague vouches."""
    standing = who.standing
    if who.level is not IdentityLevel.FACE or not standing.reference or standing.consent in _NO_FACE:
        return GateStage.CLERK
    return GateStage.CHALLENGE if standing.consent else GateStage.CONSENT


def _party_step(who: Visitor) -> GateStage:
    standing = who.standing
    if who.level is IdentityLevel.FACE and not standing.consent:
        return GateStage.CONSENT
    if who.level is IdentityLevel.CLERK or standing.consent in _NO_FACE:
        return GateStage.CLERK
    if not standing.document or standing.registry == "no":
        return GateStage.DOCUMENT
    if who.level is IdentityLevel.CODE:
        return GateStage.CODE if standing.registry == "yes" else GateStage.CLERK
    return GateStage.GUARDIAN if standing.minor and not standing.guardian else GateStage.CHALLENGE


_NO_FACE = frozenset({"declined", "withdrawn"})
_BY_OUTCOME = {
    VerdictOutcome.PASS: GateStage.PASSED,
    VerdictOutcome.REVIEW: GateStage.REVIEW,
    VerdictOutcome.REFUSED: GateStage.REFUSED,
}
_INSTEAD = {
    GateStage.CONSENT: lambda: UserError(
        "face-consent-needed",
        "请先决定是否同意使用人脸信息（也可选择由书记员人工核验）",
        "first decide whether your face may be used (a clerk can check you instead)",
    ),
    GateStage.DOCUMENT: lambda: UserError(
        "document-needed", "请先填写证件号码", "give the number of your document first"
    ),
    GateStage.GUARDIAN: lambda: UserError(
        "guardian-needed", "未满十四周岁，须由监护人同意", "under fourteen: a guardian must consent first"
    ),
    GateStage.CHALLENGE: lambda: UserError("challenge-needed", "请进行人脸核验", "do the live check of your face"),
    GateStage.CODE: lambda: UserError("code-needed", "请输入短信验证码", "enter the code that was sent to you"),
    GateStage.REVIEW: lambda: UserError(
        "clerk-decides", "书记员正在核对您的身份，请稍候", "the clerk is checking your identity: one moment"
    ),
    GateStage.CLERK: lambda: UserError(
        "clerk-decides", "请等待书记员人工核验", "please wait: the clerk will check your identity"
    ),
    GateStage.LOCKED: lambda: UserError(
        "gate-locked",
        "多次核验未通过，自动核验暂停十分钟；书记员已收到提示，可随时为您处理",
        "too many failures: the automatic check is closed for ten minutes; the clerk has been told and can help now",
    ),
    GateStage.PASSED: lambda: UserError("gate-passed", "您已通过身份核验", "you have already passed"),
    GateStage.REFUSED: lambda: UserError(
        "gate-refused", "身份核验未通过，请联系书记员", "you were not admitted: contact the clerk"
    ),
}
