"""What every part of the gate shares: the session's ledger, the vault, checks of the stage, verdicts and their end.

Each step is decided under the session's ledger with nobody between, so two pages of one person cannot get two
verdicts. Rules are `identity.gate`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence

import structlog

from hearing import events as ev
from hearing import identity_events as ie
from hearing.arrivals import passed_gate
from hearing.errors import UserError
from hearing.identity_events import VerdictMethod, VerdictOutcome
from hearing.ids import new_ulid
from hearing.session import is_over
from hearing.state import Hearing, Person
from identity.gate import GateStage, check_stage, stage, visitor
from identity.vault import Purpose, Vault
from records.errors import StoreUnavailable
from records.ledger import Ledger
from signaling.gate.tools import GateTools
from signaling.services import Services

_log = structlog.get_logger("signaling")


class GateLog:
    """One for the server."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.tools: GateTools = services.gate
        self.vault = Vault(services.store, services.gate.wrapping_key, services.sources.utc_ms)
        self._proof_key = services.derived_key("gate proof")
        self._when_released: list[Callable[[str], None]] = []
        self._visits: dict[tuple[str, str], str] = {}

    def when_released(self, forget: Callable[[str], None]) -> None:
        """`forget` is told `session.participant` of whom a clerk gives another try."""
        self._when_released.append(forget)

    def released(self, session: str, participant: str) -> None:
        """Nothing that this person has tried counts any more. Idempotent."""
        for forget in self._when_released:
            forget(f"{session}.{participant}")

    async def comes_anew(self, hearing: Hearing, participant: str) -> None:
        """Another page (or sender) stands at the gate for this seat now: what is decided about the one before is not
        about this one, and without a verdict of their own nothing of a check before is left to compare them with."""
        self._visits[hearing.session, participant] = secrets.token_urlsafe(6)
        if not hearing.people[participant].standing.earned:
            await self.forget_face(hearing.session, participant)

    def visit(self, session: str, participant: str) -> str:
        """Names the one who stands at the gate for this seat; empty for who was there before a restart."""
        return self._visits.get((session, participant), "")

    def forget_visits(self, session: str) -> None:
        """The courtroom is closed. Idempotent."""
        for key in [key for key in self._visits if key[0] == session]:
            del self._visits[key]

    async def forget_face(self, session: str, participant: str) -> None:
        """The picture and the vector that a check has made go; the court's own photo stays. Idempotent."""
        if await self.vault.erase(session, participant, (Purpose.PICTURE, Purpose.TEMPLATE)):
            await self.scrub()

    async def ledger(self, session: str) -> Ledger:
        """Raises UserError `unknown-session`."""
        return await self.services.book.get(session)

    def proof(self, hearing: Hearing, participant: str) -> str:
        """What the page that earned the verdict may show later; empty without one."""
        earned = hearing.people[participant].standing.earned
        if not earned:
            return ""
        claim = f"{hearing.session}.{participant}.{earned}"
        return hmac.new(self._proof_key, claim.encode(), hashlib.sha256).hexdigest()

    async def erase(
        self, session: str, participant: str, reason: str, by: str, purposes: Sequence[Purpose] = tuple(Purpose)
    ) -> int:
        """Erase what is sealed of one person, in the log if there was anything. Returns how many items.
        Idempotent."""
        items = await self.vault.erase(session, participant, purposes)
        if items:
            ledger = await self.services.book.get(session)
            erased = ie.IdentityErased(
                participant=participant, items=items, key_destroyed=False, reason=reason, by=by
            )
            await ledger.note(by, [erased])
        await self.scrub()
        return items

    async def scrub(self) -> None:
        """Take what was erased out of the store's files too; where that cannot be done now, the retention job does it
        in its next round."""
        try:
            await self.vault.scrub()
        except StoreUnavailable as problem:
            _log.warning("identity.scrub_waits", detail=problem.detail)

    async def attempt(self, session: str, participant: str, outcome: str, reason: str) -> None:
        """One try of the automatic path ended so; nothing when it was closed meanwhile."""

        def attempted(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            if stage(visitor(hearing, person), self.now()) not in {GateStage.CHALLENGE, GateStage.CODE}:
                return ()
            attempt = person.standing.failures + 1
            return [ie.GateAttempted(participant=participant, attempt=attempt, outcome=outcome, reason=reason)]

        await self.change(session, participant, attempted, actor="server")

    async def give_pass(
        self, ledger: Ledger, participant: str, method: VerdictMethod, by: str, *, checked: bool
    ) -> None:
        """A verdict without a face; `checked`: only at the stage `code`. Nothing where there is one."""
        given = ie.VerdictGiven(
            participant=participant,
            verdict=new_ulid(self.now()),
            outcome=VerdictOutcome.PASS,
            method=method,
            by=by,
        )

        def decided(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            if person.standing.verdict is not None:
                return ()
            if checked:
                self.check(hearing, person, GateStage.CODE)
            return with_entry(hearing, given)

        await self.change(ledger.session, participant, decided, actor="server")

    async def change(
        self,
        session: str,
        participant: str,
        decide: Callable[[Hearing, Person], Sequence[ev.AnyEvent]],
        actor: str | None = None,
    ) -> None:
        """Append what `decide` says of this person. Raises what it raises, and `unknown-participant`."""
        ledger = await self.services.book.get(session)
        await ledger.change(actor or participant, lambda hearing, _: decide(hearing, person_of(hearing, participant)))

    def check(self, hearing: Hearing, person: Person, *wanted: GateStage) -> None:
        """Raises UserError `session-over` and as `identity.gate.check_stage`."""
        if is_over(hearing.state):
            raise UserError("session-over", "本次庭审已结束", "this session is over")
        check_stage(visitor(hearing, person), self.now(), *wanted)

    def now(self) -> int:
        """UTC ms: the gate opens before the session's clock."""
        return self.services.sources.utc_ms()


def with_entry(hearing: Hearing, given: ie.VerdictGiven) -> list[ev.AnyEvent]:
    """The verdict and, where it lets in somebody who waits, their entry."""
    enters = passed_gate(hearing, given.participant) if given.outcome is VerdictOutcome.PASS else []
    return [given, *enters]


def end_of_verdict(hearing: Hearing, participant: str, reason: str, by: str = "") -> list[ev.AnyEvent]:
    """The end of this person's verdict; nothing without one."""
    verdict = hearing.people[participant].standing.verdict
    if verdict is None:
        return []
    return [ie.VerdictRevoked(participant=participant, verdict=verdict.id, reason=reason, by=by)]


def person_of(hearing: Hearing, participant: str) -> Person:
    """Raises UserError `unknown-participant`."""
    person = hearing.people.get(participant)
    if person is None:
        raise UserError("unknown-participant", "名单中没有此人", "nobody here has this id")
    return person
