"""`/api/v1/invitations/...`: what a person with a link or a 庭审码 may do: see, consent, enter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aiohttp import web

from hearing import events as ev
from hearing.arrivals import door_is_open
from hearing.errors import UserError
from hearing.participant import Presence
from hearing.roles import label
from hearing.session import is_over
from hearing.state import Hearing
from signaling.admission import Admission
from signaling.bodies import Code, Consent, OpenedInvitation, Returning, Ticket
from signaling.gate.desk import GateDesk
from signaling.http import Senders, body_of, reply
from signaling.limits import Limiter
from signaling.services import Services
from signaling.sessions.invitations import Invitation, Invitations, code_unknown, is_digits
from signaling.sessions.notices import NOTICES, STAGE

WRONG_DIGITS_PER_MINUTE = 300
"""From all addresses together. Of 10^8 codes, guessing at this rate hits one of 100 open ones once in 55 hours."""
DIGITS_BEFORE_MS = 24 * 3_600_000
"""A 庭审码 works from so long before the scheduled time until the session is over."""
_EVERYBODY = "everybody"

_LANGUAGES = frozenset({"zh-CN", "zh", "en"})


class InvitationRoutes:
    """Handlers. Wrong codes are limited by address prefix, and wrong 庭审码 of the whole server besides; a good link
    by itself only."""

    def __init__(
        self,
        services: Services,
        invitations: Invitations,
        admission: Admission,
        senders: Senders,
        gate: GateDesk,
    ) -> None:
        per_minute = services.settings.limits.codes_per_minute
        now_us = services.sources.monotonic_us
        self._services = services
        self._invitations = invitations
        self._admission = admission
        self._senders = senders
        self._gate = gate
        self._wrong = Limiter(per_minute / 60, per_minute, now_us)
        self._wrong_digits = Limiter(WRONG_DIGITS_PER_MINUTE / 60, WRONG_DIGITS_PER_MINUTE, now_us)
        self._uses = Limiter(1.0, 30, now_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.post("/api/v1/invitations/open", self.open),
            web.post("/api/v1/invitations/consent", self.consent),
            web.post("/api/v1/invitations/ticket", self.ticket),
        ]

    async def open(self, request: web.Request) -> web.Response:
        """Whom and what the invitation is for, and the notices. Idempotent."""
        body = await body_of(request, Code)
        invitation = await self._find(request, body.code)
        hearing = (await self._services.book.get(invitation.session)).hearing
        person = hearing.people[invitation.participant]
        zh, en = label(person.role)
        return reply(
            OpenedInvitation(
                code=self._invitations.codes(invitation).link,
                court=hearing.court,
                case_no=hearing.case_no,
                title=hearing.title,
                scheduled_utc_ms=hearing.scheduled_utc_ms,
                state=hearing.state,
                name=person.seat.name,
                role=person.role,
                label_zh=zh,
                label_en=en,
                consented=has_consented(hearing, invitation.participant),
                notices=NOTICES,
            )
        )

    async def consent(self, request: web.Request) -> web.Response:
        """Consent to the text that was shown; logged with its hash. Idempotent."""
        body = await body_of(request, Consent)
        invitation = await self._find(request, body.code)
        if body.sha256 != NOTICES.sha256:
            raise UserError("notice-changed", "告知书已更新，请重新阅读", "the notice has changed: read it again")
        if body.language not in _LANGUAGES:
            raise UserError("bad-language", "不支持的语言", "unknown language")
        ledger = await self._services.book.get(invitation.session)

        def consented(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            _check_door(hearing, invitation.participant)
            if has_consented(hearing, invitation.participant):
                return ()
            return [
                ev.ConsentGiven(
                    participant=invitation.participant,
                    stage=STAGE,
                    text_sha256=body.sha256,
                    language=body.language,
                )
            ]

        await ledger.change(invitation.participant, consented)
        return web.Response(status=204)

    async def ticket(self, request: web.Request) -> web.Response:
        """A ticket, after consent."""
        body = await body_of(request, Returning)
        invitation = await self._find(request, body.code)
        ledger = await self._services.book.get(invitation.session)
        hearing = ledger.hearing
        _check_door(hearing, invitation.participant)
        if not has_consented(hearing, invitation.participant):
            raise UserError("consent-needed", "请先阅读并同意告知书", "read the notice and consent first")
        await self._gate.guest_came(invitation.session, invitation.participant, body.proof)
        token = self._admission.ticket(ledger.hearing, invitation.participant)
        return reply(Ticket(ticket=token, participant=invitation.participant, session=invitation.session))

    async def _find(self, request: web.Request, code: str) -> Invitation:
        sender = self._senders.prefix(request)
        if not self._wrong.has(sender):
            raise UserError("too-many-tries", "尝试次数过多，请稍后再试", "too many tries: wait a minute")
        if is_digits(code) and not self._wrong_digits.has(_EVERYBODY):
            wait_s = math.ceil(self._wrong_digits.wait_s(_EVERYBODY))
            raise UserError(
                "too-many",
                f"庭审码查询繁忙，请 {wait_s} 秒后再试，或使用邀请链接",
                f"too many wrong codes: wait {wait_s} s, or use the invitation link",
            )
        try:
            invitation = await self._invitations.find(code)
            if is_digits(code):
                await self._check_digits_work_now(invitation)
        except UserError:
            self._wrong.take(sender)
            if is_digits(code):
                self._wrong_digits.take(_EVERYBODY)
            raise
        if not self._uses.take(f"{invitation.session}.{invitation.participant}"):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return invitation

    async def _check_digits_work_now(self, invitation: Invitation) -> None:
        """Says `code-unknown` to the early and the late alike: a guesser learns nothing from it."""
        hearing = (await self._services.book.get(invitation.session)).hearing
        begins_utc_ms = hearing.scheduled_utc_ms - DIGITS_BEFORE_MS
        if is_over(hearing.state) or self._services.sources.utc_ms() < begins_utc_ms:
            raise code_unknown()


def has_consented(hearing: Hearing, participant: str) -> bool:
    """Whether the person has consented to this stage: nobody gets beyond `invited` without."""
    person = hearing.people.get(participant)
    return person is not None and person.presence is not Presence.INVITED


def _check_door(hearing: Hearing, participant: str) -> None:
    if not door_is_open(hearing, hearing.people[participant]):
        raise UserError("session-over", "本次庭审已结束", "this session is over")
