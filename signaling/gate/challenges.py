"""The gate's live part: leave to be challenged, the match, the verdict, and what the watch compares with.

Nothing here survives a restart but what the log and the vault keep; a challenge under way is simply over then.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.identity_events import VerdictMethod, VerdictOutcome
from hearing.ids import new_ulid
from hearing.session import is_over
from hearing.state import Hearing, Person
from identity.engine import EngineBusy, EngineUnavailable, NoFace, ReferenceUnusable, SeveralFaces
from identity.gate import GateStage, is_watched, stage, visitor
from identity.ports import Challenge, ChallengeResult, Enrolled, Match, Picture
from identity.vault import FACE_DATA, Purpose
from records.ledger import Ledger
from signaling.errors import new_incident
from signaling.gate.log import GateLog, with_entry
from signaling.limits import Limiter

CHALLENGE_MS = 60_000

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Open:
    nonce: str
    fingerprint: str
    visit: str
    expires_utc_ms: int


class GateChallenges:
    """One for the server. `participant` is always the person themselves."""

    def __init__(self, log: GateLog) -> None:
        self._log = log
        self._tools = log.tools
        self._open: dict[tuple[str, str], _Open] = {}
        self._challenges = Limiter(6 / 60, 6, log.services.sources.monotonic_us)
        log.when_released(self._challenges.forget)

    async def begin_challenge(self, session: str, participant: str, fingerprint: str) -> Challenge:
        """Leave to be challenged on the media connection with this DTLS fingerprint. One at a time: an older one
        counts as abandoned. Raises UserError as `identity.gate.check_stage`, `too-many`."""
        ledger = await self._log.ledger(session)
        self._log.check(ledger.hearing, ledger.hearing.people[participant], GateStage.CHALLENGE)
        if not self._challenges.take(f"{session}.{participant}"):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many tries: wait a minute")
        if self._open.pop((session, participant), None) is not None:
            await self._log.attempt(session, participant, "abandoned", "abandoned")
            self._log.check(ledger.hearing, ledger.hearing.people[participant], GateStage.CHALLENGE)
        expires = self._log.now() + CHALLENGE_MS
        visit = self._log.visit(session, participant)
        begun = _Open(secrets.token_urlsafe(16), fingerprint, visit, expires)
        self._open[session, participant] = begun
        return Challenge(begun.nonce, expires)

    async def challenge_ended(
        self, session: str, participant: str, nonce: str, fingerprint: str, result: ChallengeResult
    ) -> None:
        """Decide. Raises UserError `challenge-unknown` for a nonce that was used, has expired (which counts as a
        failure) or belongs to another session, person or connection."""
        begun = self._open.get((session, participant))
        if begun is None or not hmac.compare_digest(begun.nonce, nonce) or begun.fingerprint != fingerprint:
            raise _challenge_unknown()
        del self._open[session, participant]
        if result.unavailable:
            await self._to_the_clerk(session, participant, begun.visit, result.reason)
            return
        if self._log.now() >= begun.expires_utc_ms:
            await self._log.attempt(session, participant, "abandoned", "abandoned")
            raise _challenge_unknown()
        if not result.passed:
            outcome = "abandoned" if result.abandoned else "failed"
            await self._log.attempt(session, participant, outcome, result.reason or "abandoned")
            return
        await self._log.attempt(session, participant, "passed", "")
        hearing = (await self._log.ledger(session)).hearing
        # Consent may have been withdrawn, or the clerk have decided, meanwhile: then no face is touched.
        if hearing.people[participant].standing.challenged and not is_over(hearing.state):
            await self._match(session, participant, begun.visit, result.frames)

    async def watch_template(self, session: str, participant: str) -> Enrolled | None:
        """What to compare a seat with during the session; None without consent, or where no face was compared."""
        ledger = await self._log.ledger(session)
        person = ledger.hearing.people.get(participant)
        if person is None or person.standing.consent != "given" or not person.standing.passed:
            return None
        kept = await self._log.vault.get(session, participant, Purpose.TEMPLATE)
        return Enrolled(kept.engine_id, kept.data) if kept is not None else None

    async def watch_changed(
        self, session: str, participant: str, state: str, since_utc_ms: int, score_milli: int | None = None
    ) -> None:
        """The watch sees something else on this seat; nothing is written of a seat that may be watched no more.
        Idempotent for the same state."""

        def changed(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            if person.standing.watch == state or not is_watched(hearing, person):
                return ()
            return [
                ie.WatchChanged(
                    participant=participant, state=state, score_milli=score_milli, since_utc_ms=since_utc_ms
                )
            ]

        await self._log.change(session, participant, changed, actor="server")

    async def _match(self, session: str, participant: str, visit: str, frames: Sequence[Picture]) -> None:
        reference = await self._log.vault.get(session, participant, Purpose.REFERENCE)
        matcher = self._tools.matcher
        match: Match | None = None
        reason = "no-reference" if reference is None else "not-calibrated"
        if matcher is not None and frames:
            if reference is not None:
                try:
                    match = await matcher.match(frames, reference.data)
                except (NoFace, SeveralFaces) as problem:
                    await self._log.attempt(session, participant, "failed", problem.code)
                    return
                except Exception as problem:
                    # No fault of the person's: the clerk compares.
                    reason = engine_failed("match", problem)
            if match is not None and match.decision == "fail":
                await self._log.attempt(session, participant, "failed", match.reason or "no-match")
                return
            # Nothing of a check before this one is left beside it.
            await self._log.forget_face(session, participant)
            jpeg = await matcher.jpeg(frames[len(frames) // 2])
            await self._log.vault.put(session, participant, Purpose.PICTURE, jpeg, media_type="image/jpeg")
            if match is not None:
                await self._log.vault.put(
                    session, participant, Purpose.TEMPLATE, match.template,
                    media_type="application/octet-stream", engine_id=match.engine_id,
                )  # fmt: skip
        ledger = await self._log.ledger(session)
        await self._decide_face(ledger, participant, visit, match, reason)

    async def _to_the_clerk(self, session: str, participant: str, visit: str, reason: str) -> None:
        """The challenge could not be watched to its end: that is no failure, but nobody passes by it either."""
        ledger = await self._log.ledger(session)
        if not is_over(ledger.hearing.state):
            await self._log.forget_face(session, participant)
            await self._decide_face(ledger, participant, visit, None, reason, challenged=False)

    async def _decide_face(
        self,
        ledger: Ledger,
        participant: str,
        visit: str,
        match: Match | None,
        reason: str,
        *,
        challenged: bool = True,
    ) -> None:
        standing = ledger.hearing.people[participant].standing
        known = visitor(ledger.hearing, ledger.hearing.people[participant]).staff or standing.registry == "yes"
        # That a guardian sits there and consents is what a page said: somebody looks.
        passes = match is not None and match.decision == "pass" and known and not standing.minor
        if match is not None:
            reason = "" if passes else match.reason or _why_review(known=known, minor=standing.minor)
        given = ie.VerdictGiven(
            participant=participant,
            verdict=new_ulid(self._log.now()),
            outcome=VerdictOutcome.PASS if passes else VerdictOutcome.REVIEW,
            method=VerdictMethod.FACE,
            reason=reason,
            score_milli=match.score_milli if match is not None else None,
            engine_id=match.engine_id if match is not None else "",
        )

        def decided(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            at_it = stage(visitor(hearing, person), self._log.now()) is GateStage.CHALLENGE
            at_it = at_it and self._log.visit(ledger.session, participant) == visit
            return with_entry(hearing, given) if at_it and person.standing.challenged >= challenged else ()

        await self._log.change(ledger.session, participant, decided, actor="server")
        if self._log.visit(ledger.session, participant) != visit:
            await self._log.forget_face(ledger.session, participant)
        if ledger.hearing.people[participant].standing.consent != "given":
            # Withdrawn while the engine was at work.
            await self._log.erase(ledger.session, participant, "withdrawn", participant, FACE_DATA)

    async def code_checked(self, session: str, participant: str, *, right: bool) -> None:
        """A one-time code was entered: a verdict, or a failure."""
        if not right:
            await self._log.attempt(session, participant, "failed", "code-wrong")
            return
        ledger = await self._log.ledger(session)
        await self._log.give_pass(ledger, participant, VerdictMethod.CODE, by="", checked=True)


def engine_failed(where: str, problem: Exception) -> str:
    """Tell the operator what the engine's failure was; returns the reason code for the person and the clerk."""
    if not isinstance(problem, UserError):
        new_incident(where, problem)
        return "face-engine-unavailable"
    match problem:
        case EngineUnavailable(detail=told) | ReferenceUnusable(cause=told):
            detail = told
        case _:
            detail = problem.en
    _logger.warning("face_engine.failed", where=where, code=problem.code, detail=detail)
    return problem.code if isinstance(problem, EngineBusy | ReferenceUnusable) else "face-engine-unavailable"


def _why_review(*, known: bool, minor: bool) -> str:
    if minor:
        return "under-age"
    return "uncertain" if known else "registry-unknown"


def _challenge_unknown() -> UserError:
    return UserError("challenge-unknown", "本次动作核验已失效，请重新开始", "this check is over: start again")
