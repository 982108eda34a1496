"""The gate from the clerk's side: who waits, with which pictures; decisions, and the case file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.events import Entry
from hearing.identity_events import IdentityLevel, VerdictMethod, VerdictOutcome
from hearing.ids import new_ulid
from hearing.policy import is_verified
from hearing.roles import Right, is_staff, rights
from hearing.session import is_over
from hearing.state import Hearing, Person
from identity.gate import GateStage, stage, visitor
from identity.reasons import ADMIT_REASONS, REFUSE_REASONS
from identity.vault import Kept, Purpose
from signaling.gate.desk import GateDesk
from signaling.gate.log import GateLog, end_of_verdict, person_of, with_entry
from signaling.gate.messages import GateRow
from signaling.gate.view import Pictures, at_gate, gate_row, queue_order

MIN_TEXT = 5
COLLEAGUE = "colleague"


class LiveEyes(Protocol):
    """The media side's eyes in the gate rooms."""

    async def live(self, session: str, participant: str) -> bytes | None:
        """The newest picture of somebody at the gate as JPEG, or None."""

    def sees(self, session: str, participant: str) -> bool:
        """Whether `live` would show something."""


class SeatOf(Protocol):
    """`signaling.sessions.desk.SessionDesk.seat_of`."""

    async def __call__(self, session: str, account: str) -> str | None: ...


class GateClerk:
    """One for the server. `account` is the signed-in account that acts."""

    def __init__(self, log: GateLog, desk: GateDesk, eyes: LiveEyes, seat_of: SeatOf) -> None:
        self._log = log
        self._desk = desk
        self._eyes = eyes
        self._seat_of = seat_of

    # --- looking ----------------------------------------------------------------------------------------------

    async def check_may_look(self, session: str, account: str) -> Hearing:
        """Raises UserError `unknown-session`, `not-your-seat`, `no-right`, `not-verified`."""
        hearing = (await self._log.ledger(session)).hearing
        seat = await self._seat_of(session, account)
        person = hearing.people.get(seat) if seat is not None else None
        if person is None:
            raise UserError("not-your-seat", "您在本次庭审中没有席位", "you have no seat in this session")
        if Right.ADMIT not in rights(person.role):
            raise UserError("no-right", "您无权核验到庭人员", "your seat may not admit people")
        if not is_verified(hearing, person):
            raise UserError("not-verified", "请先完成您本人的身份核验", "pass the identity check yourself first")
        return hearing

    async def queue(self, session: str) -> list[GateRow]:
        """Everybody at the gate; those who need the clerk first, then the longest waiting."""
        hearing = (await self._log.ledger(session)).hearing
        rows = [await self._row(hearing, person) for person in at_gate(hearing)]
        return sorted(rows, key=queue_order)

    async def row(self, session: str, participant: str) -> GateRow:
        """One person, whether still at the gate or not."""
        hearing = (await self._log.ledger(session)).hearing
        return await self._row(hearing, person_of(hearing, participant))

    async def live(self, session: str, participant: str) -> bytes:
        """Raises UserError `no-picture`."""
        picture = await self._eyes.live(session, participant)
        if picture is None:
            raise _no_picture()
        return picture

    async def picture(self, session: str, participant: str, purpose: Purpose) -> Kept:
        """A sealed picture. Raises UserError `no-picture`, `vault-locked`."""
        kept = await self._log.vault.get(session, participant, purpose)
        if kept is None:
            raise _no_picture()
        return kept

    # --- deciding ---------------------------------------------------------------------------------------------

    async def admit(
        self, session: str, participant: str, account: str, reason: str, text: str, visit: str | None = None
    ) -> None:
        """Let somebody in; where `visit` is told, only the one who was looked at (`GateRow.visit`). A member of staff
        may be vouched for by any other account (`colleague`). Raises UserError as `check_may_look`, and
        `reason-unknown`, `text-needed`, `not-yourself`, `gate-passed`, `visitor-changed`."""
        hearing = (await self._log.ledger(session)).hearing
        person = person_of(hearing, participant)
        if not (is_staff(person.role) and reason == COLLEAGUE):
            await self.check_may_look(session, account)
        await self._check_another(session, participant, account)
        _check_words(reason, ADMIT_REASONS, text)
        await self._decide(session, participant, account, VerdictOutcome.PASS, reason, text, visit)

    async def refuse(self, session: str, participant: str, account: str, reason: str, text: str) -> None:
        """Do not let somebody in; may be taken back by `release` or `admit`. Raises UserError as `admit`."""
        await self.check_may_look(session, account)
        await self._check_another(session, participant, account)
        _check_words(reason, REFUSE_REASONS, text)
        await self._decide(session, participant, account, VerdictOutcome.REFUSED, reason, text)

    async def release(self, session: str, participant: str, account: str, text: str) -> None:
        """Open the automatic path again: failures, numbers and codes count from zero, a refusal or review is taken
        back. Raises UserError as `check_may_look`, and `text-needed`, `gate-passed`."""
        await self.check_may_look(session, account)
        _check_text(text)

        def released(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            _check_not_passed(hearing, person, self._log.now())
            return [ie.GateReleased(participant=participant, reason=text, by=account)]

        await self._log.change(session, participant, released, actor=account)
        self._log.released(session, participant)

    async def revoke(self, session: str, participant: str, account: str, text: str) -> None:
        """End a verdict; media stops at once. Idempotent. Raises UserError as `check_may_look`, and `text-needed`."""
        await self.check_may_look(session, account)
        _check_text(text)
        await self._log.change(
            session,
            participant,
            lambda hearing, _: end_of_verdict(hearing, participant, text, account),
            actor=account,
        )

    # --- the case file ----------------------------------------------------------------------------------------

    async def set_reference(self, session: str, participant: str, account: str, photo: bytes) -> None:
        """The photo of the case file. Raises UserError as `check_may_look` and `GateDesk.keep_reference`."""
        person_of(await self.check_may_look(session, account), participant)
        await self._desk.keep_reference(session, participant, photo, "case_file", account)

    async def set_file(
        self, session: str, participant: str, account: str, kind: str, number: str | None, phone: str | None
    ) -> None:
        """Document number (kept as a keyed hash) and telephone of the case file. Raises UserError as
        `check_may_look` and `GateDesk.read_document`, and `session-over`."""
        person_of(await self.check_may_look(session, account), participant)
        ledger = await self._log.ledger(session)
        if is_over(ledger.hearing.state):
            raise UserError("session-over", "本次庭审已结束", "this session is over")
        if number is not None:
            index = self._desk.number_index(self._desk.read_document(kind, number))
            await self._log.vault.put(session, participant, Purpose.NUMBER, index.encode(), media_type="text/plain")
        if phone is not None:
            await self._log.vault.put(session, participant, Purpose.PHONE, phone.encode(), media_type="text/plain")
        # Whoever may name the telephone decides who gets the code: the record shows it.
        items = tuple(name for name, value in (("number", number), ("phone", phone)) if value is not None)
        if items:
            await ledger.note(account, [ie.FileKept(participant=participant, items=items, by=account)])

    # --- rights of the person ---------------------------------------------------------------------------------

    async def data(self, session: str, participant: str, by: str) -> tuple[list[Entry], list[Kept]]:
        """All that is kept about one person's identity, and that it was handed out. Raises UserError
        `unknown-participant`, `vault-locked`."""
        ledger = await self._log.ledger(session)
        person_of(ledger.hearing, participant)
        kept = await self._log.vault.all_of(session, participant)
        await ledger.note(by, [ie.IdentityExported(participant=participant, items=len(kept), by=by)])
        entries = [
            entry
            async for entry in ledger.entries()
            if isinstance(entry.event, ie.IdentityEvent) and getattr(entry.event, "participant", None) == participant
        ]
        return entries, kept

    async def erase(self, session: str, participant: str, account: str, text: str) -> None:
        """Erase what is sealed of one person on request. Idempotent. Raises UserError as `check_may_look`, and
        `text-needed`."""
        person_of(await self.check_may_look(session, account), participant)
        _check_text(text)
        await self._log.erase(session, participant, text.strip(), account)

    # --- details ----------------------------------------------------------------------------------------------

    async def _decide(
        self,
        session: str,
        participant: str,
        account: str,
        outcome: VerdictOutcome,
        reason: str,
        text: str,
        visit: str | None = None,
    ) -> None:
        def decided(hearing: Hearing, person: Person) -> Sequence[ev.AnyEvent]:
            _check_not_passed(hearing, person, self._log.now())
            if visit is not None and visit != self._log.visit(session, participant):
                raise UserError(
                    "visitor-changed",
                    "此席位刚有另一页面或设备进入，请重新查看画面后再决定",
                    "another page or device has just entered for this seat: look again before you decide",
                )
            before = person.standing.verdict
            given = ie.VerdictGiven(
                participant=participant,
                verdict=new_ulid(self._log.now()),
                outcome=outcome,
                method=VerdictMethod.CLERK,
                reason=reason,
                text=text,
                by=account,
                score_milli=before.score_milli if before is not None else None,
            )
            return with_entry(hearing, given)

        await self._log.change(session, participant, decided, actor=account)

    async def _check_another(self, session: str, participant: str, account: str) -> None:
        if await self._seat_of(session, account) == participant:
            raise UserError("not-yourself", "不能核验本人，请由同事确认", "nobody admits themselves: ask a colleague")

    async def _row(self, hearing: Hearing, person: Person) -> GateRow:
        session, participant = hearing.session, person.seat.participant
        pictures = Pictures(
            live=self._eyes.sees(session, participant),
            picture=await self._log.vault.has(session, participant, Purpose.PICTURE),
        )
        return gate_row(hearing, person, self._log.now(), pictures, self._log.visit(session, participant))


def _check_not_passed(hearing: Hearing, person: Person, now_utc_ms: int) -> None:
    if hearing.identity is IdentityLevel.NONE or stage(visitor(hearing, person), now_utc_ms) is GateStage.PASSED:
        raise UserError("gate-passed", "此人已通过身份核验", "this person has already passed")


def _check_words(reason: str, allowed: Sequence[str], text: str) -> None:
    if reason not in allowed:
        raise UserError("reason-unknown", "请选择理由", f"the reason must be one of {', '.join(allowed)}")
    _check_text(text)


def _check_text(text: str) -> None:
    if len(text.strip()) < MIN_TEXT:
        raise UserError(
            "text-needed", f"请写明理由（至少 {MIN_TEXT} 个字）", f"explain in at least {MIN_TEXT} characters"
        )


def _no_picture() -> UserError:
    return UserError("no-picture", "没有可显示的画面", "there is no picture")
