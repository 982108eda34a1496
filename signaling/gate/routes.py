"""`/api/v1/gate/...`: what a person at the gate does, with the session credential of their `welcome`."""

from __future__ import annotations

import base64

from aiohttp import web

from hearing.errors import UserError
from hearing.events import Entry
from hearing.policy import is_verified
from identity.vault import Kept
from signaling.admission import Admission
from signaling.gate.bodies import DocumentNumber, FaceConsent, IdentityData, KeptItem, OneTimeCode
from signaling.gate.clerk import GateClerk
from signaling.gate.codes import GateCodes
from signaling.gate.desk import GateDesk
from signaling.gate.log import GateLog, person_of
from signaling.gate.view import gate_view
from signaling.http import bearer_of, body_of, reply
from signaling.limits import Limiter


class GateRoutes:
    """Handlers. Limited by person: phones share addresses."""

    def __init__(
        self, log: GateLog, desk: GateDesk, clerk: GateClerk, codes: GateCodes, admission: Admission
    ) -> None:
        self._log = log
        self._desk = desk
        self._clerk = clerk
        self._codes = codes
        self._admission = admission
        self._uses = Limiter(1.0, 30, log.services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        base = "/api/v1/gate"
        return [
            web.get(base, self.state),
            web.get(f"{base}/notice", self.notice),
            web.post(f"{base}/consent", self.consent),
            web.post(f"{base}/decline", self.decline),
            web.post(f"{base}/withdraw", self.withdraw),
            web.post(f"{base}/document", self.document),
            web.post(f"{base}/code", self.send_code),
            web.post(f"{base}/code/check", self.check_code),
            web.get(f"{base}/data", self.data),
        ]

    async def state(self, request: web.Request) -> web.Response:
        """Where one stands."""
        return await self._answer(*await self._who(request))

    async def notice(self, request: web.Request) -> web.Response:
        """What happens with the face."""
        await self._who(request)
        return reply(self._desk.notice)

    async def consent(self, request: web.Request) -> web.Response:
        """Consent to what was shown."""
        who = await self._who(request)
        body = await body_of(request, FaceConsent)
        await self._desk.consent(*who, body.sha256, body.language, body.guardian or "")
        return await self._answer(*who)

    async def decline(self, request: web.Request) -> web.Response:
        """A clerk instead."""
        who = await self._who(request)
        await self._desk.decline(*who)
        return await self._answer(*who)

    async def withdraw(self, request: web.Request) -> web.Response:
        """Take the consent back."""
        who = await self._who(request)
        await self._desk.withdraw(*who)
        return await self._answer(*who)

    async def document(self, request: web.Request) -> web.Response:
        """The number of one's document."""
        who = await self._who(request)
        body = await body_of(request, DocumentNumber)
        await self._desk.document(*who, body.kind, body.number)
        return await self._answer(*who)

    async def send_code(self, request: web.Request) -> web.Response:
        """Send a one-time code to the telephone of the case file."""
        return reply(await self._codes.send(*await self._who(request)))

    async def check_code(self, request: web.Request) -> web.Response:
        """Enter the code."""
        who = await self._who(request)
        body = await body_of(request, OneTimeCode)
        await self._codes.check(*who, body.code)
        return await self._answer(*who)

    async def data(self, request: web.Request) -> web.Response:
        """Everything kept about one's own identity. Whoever merely has the link is not yet the person: until the
        verdict the clerk hands it out."""
        session, participant = await self._who(request)
        hearing = (await self._log.ledger(session)).hearing
        if not is_verified(hearing, person_of(hearing, participant)):
            raise UserError(
                "not-verified",
                "通过身份核验后才能查看；也可请书记员提供",
                "pass the identity check first, or ask the clerk for it",
            )
        entries, kept = await self._clerk.data(session, participant, participant)
        return reply(identity_data(participant, entries, kept))

    async def _who(self, request: web.Request) -> tuple[str, str]:
        session, participant = await self._admission.check_credential(bearer_of(request) or "")
        await self._admission.check_welcome(session, participant)
        if not self._uses.take(f"{session}.{participant}"):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return session, participant

    async def _answer(self, session: str, participant: str) -> web.Response:
        hearing = (await self._log.ledger(session)).hearing
        person = person_of(hearing, participant)
        return reply(gate_view(hearing, person, self._log.now(), self._log.proof(hearing, participant)))


def identity_data(participant: str, entries: list[Entry], kept: list[Kept]) -> IdentityData:
    """As an answer."""
    return IdentityData(
        participant=participant,
        events=entries,
        kept=[
            KeptItem(
                purpose=item.purpose.value,
                engine_id=item.engine_id,
                media_type=item.media_type,
                utc_ms=item.utc_ms,
                base64=base64.b64encode(item.data).decode(),
            )
            for item in kept
        ],
    )
