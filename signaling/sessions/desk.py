"""What a clerk does with sessions: make, schedule, cancel, seat, invite. Routes stay thin; the log has it all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.ids import is_case_no, new_ulid
from hearing.line_rules import clean_terms
from hearing.roles import Right, Role, is_staff, rights
from hearing.sealing import check_addition
from hearing.session import Move, State, is_over, next_state, state_label
from hearing.state import Hearing, Person
from hearing.transcript_events import GlossarySet, LanguageSet
from records.ledger import Ledger
from signaling.admission import Admission
from signaling.bodies import InvitationLink, NewSeat, NewSession, SeatRow, SessionDetail, SessionSummary
from signaling.gate.log import end_of_verdict
from signaling.services import Services
from signaling.sessions.invitations import Invitations
from signaling.staff.accounts import StaffAccount, StaffBook
from signaling.view import is_public_role

SEAT_ACCOUNTS = "seat_accounts"

_EXAMPLE = "（2026）粤01民初1号"


class SessionDesk:
    """Sessions as the court's own people see them. `actor` is an account name."""

    def __init__(self, services: Services, staff: StaffBook, invitations: Invitations, admission: Admission) -> None:
        self._services = services
        self._staff = staff
        self._invitations = invitations
        self._admission = admission

    # --- reading --------------------------------------------------------------------------------------------

    async def on_day(self, day: date | None = None, court: str = "") -> list[SessionSummary]:
        """Sessions scheduled on that day (None: today) in the court's time zone, by time; `court` limits them to
        one court."""
        # In a thread: the first use of a zone reads its file.
        zone = await asyncio.to_thread(ZoneInfo, self._services.settings.court.time_zone)
        day = day or datetime.fromtimestamp(self._services.sources.utc_ms() / 1000, zone).date()
        found = [
            hearing
            for hearing in self._services.book.hearings()
            if datetime.fromtimestamp(hearing.scheduled_utc_ms / 1000, zone).date() == day
            and court in ("", hearing.court)
        ]
        return [summary(hearing) for hearing in sorted(found, key=lambda h: (h.scheduled_utc_ms, h.session))]

    async def detail(self, session: str, base_url: str, *, with_links: bool) -> SessionDetail:
        """One session with its seats; invitation links for those who manage it. Raises `unknown-session`."""
        hearing = (await self._services.book.get(session)).hearing
        accounts = await self.accounts_of(session)
        rows = [
            await self._row(hearing, person, accounts, base_url, with_links)
            for person in hearing.people.values()
            if _has_a_seat(person)
        ]
        return SessionDetail(**msgspec.structs.asdict(summary(hearing)), seats=rows)

    async def accounts_of(self, session: str) -> dict[str, str]:
        """participant -> account of the session's staff seats."""
        raw = await self._services.store.get(SEAT_ACCOUNTS, session)
        return msgspec.json.decode(raw, type=dict[str, str]) if raw is not None else {}

    async def may_read(self, account: StaffAccount, session: str) -> bool:
        """Clerks and operators read every session, judges those in which they have a seat."""
        return account.role != "judge" or await self.seat_of(session, account.account) is not None

    async def check_reads(self, account: StaffAccount, session: str) -> None:
        """Raises UserError `not-your-seat`."""
        if not await self.may_read(account, session):
            raise not_yours()

    async def sessions_of(self, account: str) -> tuple[str, ...]:
        """The sessions in which this account has a seat."""
        rows = await self._services.store.items(SEAT_ACCOUNTS)
        owners = ((session, msgspec.json.decode(raw, type=dict[str, str])) for session, raw in rows)
        return tuple(session for session, seats in owners if account in seats.values())

    async def seat_of(self, session: str, account: str) -> str | None:
        """The participant whose seat belongs to this account."""
        return next((p for p, owner in (await self.accounts_of(session)).items() if owner == account), None)

    # --- writing --------------------------------------------------------------------------------------------

    async def create(self, body: NewSession, actor: str) -> Ledger:
        """A new session with seats and invitations. Raises UserError: `case-no`, `seat-twice`, `no-judge`,
        `account-needed`, `unknown-account`, `account-role`, `level-not-allowed`, `no-code-service`."""
        level = self._level(body)
        if not is_case_no(body.case_no):
            raise UserError(
                "case-no", "案号格式有误，例如（2026）粤01民初1号", "not a case number, e.g. （2026）粤01民初1号"
            )
        if len({seat.seat for seat in body.seats}) != len(body.seats):
            raise UserError("seat-twice", "席位名称重复", "two seats have the same name")
        if not any(Right.RUN_SESSION in rights(seat.role) for seat in body.seats):
            raise UserError("no-judge", "至少需要一名审判长或审判员", "a session needs a judge")
        terms = clean_terms(body.glossary)
        for seat in body.seats:
            await self._check(seat)
        seats = tuple(self._seat(seat) for seat in body.seats)
        owners = {
            made.participant: asked.account
            for made, asked in zip(seats, body.seats, strict=True)
            if asked.account is not None
        }
        session = new_ulid(self._services.sources.utc_ms())
        # Before the log exists nobody can come with these; after it, each seat has its way in.
        await self._services.store.put(SEAT_ACCOUNTS, session, msgspec.json.encode(owners))
        created = ev.SessionCreated(
            court=body.court,
            case_no=body.case_no,
            hearing_no=body.hearing_no,
            cause=body.cause,
            title=body.title,
            public=body.public,
            scheduled_utc_ms=body.scheduled_utc_ms,
            seats=seats,
        )
        beginning: list[ev.AnyEvent] = [ie.IdentityRequired(level=level), *_languages(body.seats, seats)]
        if terms:
            beginning.append(GlossarySet(terms=terms))
        ledger = await self._services.book.create(created, actor, session, beginning)
        for made in seats:
            if made.participant not in owners:
                await self.invite(ledger, made.participant, actor)
        return ledger

    async def reschedule(self, session: str, scheduled_utc_ms: int, reason: str, actor: str) -> None:
        """A new time. Raises UserError `session-begun`."""
        ledger = await self._services.book.get(session)

        def rescheduled(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            if hearing.state not in {State.SCHEDULED, State.WAITING}:
                raise UserError("session-begun", "庭审已开始或已结束，不能改期", "the session has begun or is over")
            return [ev.SessionRescheduled(scheduled_utc_ms=scheduled_utc_ms, reason=reason)]

        await ledger.change(actor, rescheduled)

    async def move(self, session: str, move: Move, reason: str, actor: str) -> None:
        """Gather or cancel, from the clerk's desk instead of the courtroom. Raises Refused `move-not-allowed`."""
        ledger = await self._services.book.get(session)

        def moved(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            after = next_state(hearing.state, move)
            return [ev.StateChanged(move=move, before=hearing.state, after=after, reason=reason)]

        await ledger.change(actor, moved)

    async def add_seat(self, session: str, body: NewSeat, actor: str) -> None:
        """One more person. Raises UserError as `create`, and `session-over`."""
        await self._check(body)
        ledger = await self._services.book.get(session)
        seat = self._seat(body)
        check_addition(ledger.hearing, [ev.ParticipantAdded(seat=seat)])

        def added(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            if is_over(hearing.state):
                raise UserError("session-over", "庭审已结束", "the session is over")
            if any(person.seat.seat == seat.seat for person in hearing.people.values()):
                raise UserError("seat-twice", "席位名称重复", "this seat exists already")
            return [ev.ParticipantAdded(seat=seat), *_languages([body], [seat])]

        if body.account is not None:
            owners = {**await self.accounts_of(session), seat.participant: body.account}
            await self._services.store.put(SEAT_ACCOUNTS, session, msgspec.json.encode(owners))
        await ledger.change(actor, added)
        if body.account is None:
            await self.invite(ledger, seat.participant, actor)

    async def invite(self, ledger: Ledger, participant: str, actor: str) -> None:
        """New codes for the seat; the old link ends. Raises UserError `unknown-participant`, `staff-seat`; Refused
        `sealed`, and then the old link stays as it was."""
        person = ledger.hearing.people.get(participant)
        if person is None:
            raise UserError("unknown-participant", "名单中没有此人", "nobody here has this id")
        if participant in await self.accounts_of(ledger.session) or is_public_role(person.role):
            raise UserError("staff-seat", "该席位由账号进入，无需邀请", "this seat is entered with an account")
        # Before there are codes: a session that is sealed takes no invitation.
        check_addition(ledger.hearing, [ev.InvitationIssued(participant=participant, code_sha256="")])
        codes = await self._invitations.issue(ledger.session, participant)
        await self._admission.unbar(ledger.session, participant)
        await ledger.note(actor, [ev.InvitationIssued(participant=participant, code_sha256=codes.sha256)])

    async def revoke(self, session: str, participant: str, reason: str, actor: str) -> None:
        """End the seat's invitation, and whatever was opened with it, at once. Idempotent."""
        ledger = await self._services.book.get(session)
        if participant not in ledger.hearing.people:
            raise UserError("unknown-participant", "名单中没有此人", "nobody here has this id")
        if await self._invitations.revoke(session, participant):
            await self._admission.bar(session, participant)

            def ended(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
                told = ev.InvitationRevoked(participant=participant, reason=reason)
                return [told, *end_of_verdict(hearing, participant, "invitation-revoked", actor)]

            await ledger.change(actor, ended)

    async def account_changed(self, account: str, *, active: bool) -> None:
        """End every connection of the account's seats: it must sign in again, or is barred until it is active
        again. Idempotent."""
        for hearing in self._services.book.hearings():
            participant = await self.seat_of(hearing.session, account)
            if participant is not None:
                await self._end_verdict(hearing.session, participant)
                if active:
                    await self._admission.unbar(hearing.session, participant)
                    await self._admission.hang_up(hearing.session, participant)
                else:
                    await self._admission.bar(hearing.session, participant)

    # --- details --------------------------------------------------------------------------------------------

    async def _end_verdict(self, session: str, participant: str) -> None:
        ledger = await self._services.book.get(session)
        await ledger.change(
            "server", lambda hearing, _: end_of_verdict(hearing, participant, "account-changed", "server")
        )

    def _level(self, body: NewSession) -> ie.IdentityLevel:
        settings = self._services.settings.identity
        level = body.identity or ie.IdentityLevel(settings.level)
        if level is ie.IdentityLevel.NONE and not settings.allow_none:
            raise UserError(
                "level-not-allowed",
                "本院不允许不核验身份的庭审",
                "this court allows no session without an identity check (identity.allow_none)",
            )
        if level is ie.IdentityLevel.CODE and self._services.gate.codes is None:
            raise UserError(
                "no-code-service",
                "未设置短信服务，不能选择“实名比对加验证码”",
                "no service for one-time codes is set (identity.code_url)",
            )
        return level

    def _seat(self, body: NewSeat) -> ev.Seat:
        return ev.Seat(
            participant=new_ulid(self._services.sources.utc_ms()),
            seat=body.seat,
            role=body.role,
            name=body.name,
            required=body.required,
        )

    async def _check(self, seat: NewSeat) -> None:
        may = rights(seat.role)
        if is_public_role(seat.role):
            raise UserError("seat-role", "旁听席和显示屏无需预设", "observers and displays come by themselves")
        if seat.account is None:
            if Right.RUN_SESSION in may or Right.ADMIT in may:
                raise UserError(
                    "account-needed", f"席位 {seat.seat} 须指定账号", f"seat {seat.seat} needs a staff account"
                )
            return
        account = await self._staff.find(seat.account)
        if account is None or not account.active:
            raise UserError("unknown-account", f"没有账号 {seat.account}", f"there is no account {seat.account}")
        if not fits(account.role, seat.role):
            raise UserError(
                "account-role", f"账号 {seat.account} 不能坐此席", f"account {seat.account} may not take this seat"
            )

    async def _row(
        self, hearing: Hearing, person: Person, accounts: dict[str, str], base_url: str, with_links: bool
    ) -> SeatRow:
        seat = person.seat
        link = None
        if with_links and (found := await self._invitations.of_seat(hearing.session, seat.participant)):
            codes, revoked = found
            link = InvitationLink(
                url="" if revoked else f"{base_url}/join/{codes.link}",
                code="" if revoked else codes.digits,
                revoked=revoked,
            )
        return SeatRow(
            participant=seat.participant,
            seat=seat.seat,
            role=seat.role,
            name=seat.name,
            required=seat.required,
            presence=person.presence,
            account=accounts.get(seat.participant),
            invitation=link,
        )


def not_yours() -> UserError:
    """For somebody who asks for a session that is another's."""
    return UserError("not-your-seat", "您在本次庭审中没有席位", "you have no seat in this session")


def fits(account_role: str, seat_role: Role) -> bool:
    """Whether an account of this role may sit here: it may have been another's when the seat was made."""
    if seat_role is Role.CLERK:
        return account_role == "clerk"
    if account_role == "supervisor":
        return seat_role is Role.SUPERVISOR
    return is_staff(seat_role) and (Right.RUN_SESSION not in rights(seat_role) or account_role == "judge")


def summary(hearing: Hearing) -> SessionSummary:
    """One line of the list."""
    return SessionSummary(
        id=hearing.session,
        case_no=hearing.case_no,
        hearing_no=hearing.hearing_no,
        title=hearing.title,
        cause=hearing.cause,
        court=hearing.court,
        scheduled_utc_ms=hearing.scheduled_utc_ms,
        state=hearing.state,
        state_label=state_label(hearing.state),
        people=sum(_has_a_seat(person) for person in hearing.people.values()),
        public=hearing.public,
        identity=hearing.identity,
    )


def _has_a_seat(person: Person) -> bool:
    """Not those who only look on: they come by themselves."""
    return not is_public_role(person.role) and person.role is not Role.SUPERVISOR


def _languages(asked: Sequence[NewSeat], made: Sequence[ev.Seat]) -> list[ev.AnyEvent]:
    return [
        LanguageSet(participant=seat.participant, language=body.language)
        for body, seat in zip(asked, made, strict=True)
        if body.language
    ]
