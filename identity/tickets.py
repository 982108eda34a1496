"""Join tickets: signed, good for 60 s, good for one use (`docs/protocol.md`, "Invitation, ticket, credential").

A ticket is a JWT (RFC 7519) signed with Ed25519 (RFC 8037). Single use rests on `KeyValueStore.add`, so it holds
across a restart and between two requests that race.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hearing.errors import UserError
from records.ports import KeyValueStore

LIFETIME_MS = 60_000
MAX_TICKET_BYTES = 4_096
USED = "used_tickets"

_ALGORITHM = "EdDSA"
_AUDIENCE = "yunting"


class TicketRights(msgspec.Struct, frozen=True, kw_only=True):
    """What the bearer may do at most; the state of the hearing may still refuse."""

    publish: bool = False
    subscribe: bool = False
    commands: tuple[str, ...] = ()


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket says. `verdict` is the id of the identity verdict (`hearing.standing.Standing.earned`), absent
    before there is one."""

    sub: str
    """Participant."""
    session: str
    role: str
    seat: str
    rights: TicketRights
    exp: int
    """Seconds since 1970, as JWT wants it."""
    jti: str
    verdict: str | None = None


class Tickets:
    """Issues tickets and takes them in. `utc_ms` is the wall clock."""

    def __init__(self, key: Ed25519PrivateKey, store: KeyValueStore, utc_ms: Callable[[], int]) -> None:
        self._key = key
        self._public = key.public_key()
        self._store = store
        self._utc_ms = utc_ms

    def issue(
        self,
        *,
        participant: str,
        session: str,
        role: str,
        seat: str,
        rights: TicketRights,
        verdict: str | None = None,
    ) -> str:
        """A new ticket; not idempotent. Nothing is stored until it is used."""
        ticket = Ticket(
            sub=participant,
            session=session,
            role=role,
            seat=seat,
            rights=rights,
            verdict=verdict,
            exp=(self._utc_ms() + LIFETIME_MS) // 1000,
            jti=secrets.token_urlsafe(18),
        )
        claims = {k: v for k, v in msgspec.to_builtins(ticket).items() if v is not None}
        return jwt.encode({**claims, "aud": _AUDIENCE}, self._key, algorithm=_ALGORITHM)

    async def redeem(self, token: str, session: str | None = None) -> Ticket:
        """Take the ticket in: of all calls with the same ticket exactly one succeeds.

        `session` refuses a ticket of another session before it is used up. Raises UserError `ticket-invalid`,
        `ticket-expired`, `ticket-wrong-session`, `ticket-used`; StoreUnavailable.
        """
        ticket = self._read(token)
        if session is not None and ticket.session != session:
            raise UserError("ticket-wrong-session", "入场凭证不属于本次庭审", "this ticket is for another session")
        if not await self._store.add(USED, ticket.jti, str(ticket.exp).encode()):
            raise UserError("ticket-used", "入场凭证已使用，请重新进入", "this ticket was used already: enter again")
        return ticket

    async def sweep(self) -> int:
        """Forget used tickets that have expired anyway; returns how many. Idempotent."""
        now_s = self._utc_ms() // 1000
        expired = [jti for jti, exp in await self._store.items(USED) if int(exp) + LIFETIME_MS // 1000 < now_s]
        for jti in expired:
            await self._store.delete(USED, jti)
        return len(expired)

    def _read(self, token: str) -> Ticket:
        if len(token) > MAX_TICKET_BYTES:
            raise _invalid()
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                # Expiry is judged below by the clock that was handed in, not by the library's own.
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "jti"]},
            )
            ticket = msgspec.convert(claims, Ticket)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError, RecursionError):
            raise _invalid() from None
        if ticket.exp * 1000 < self._utc_ms():
            raise UserError("ticket-expired", "入场凭证已过期，请重新进入", "this ticket has expired: enter again")
        return ticket


def _invalid() -> UserError:
    return UserError("ticket-invalid", "入场凭证无效", "this ticket is not valid")
