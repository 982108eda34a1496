"""An ICE-lite agent (RFC 8445 2.5): answers connectivity checks, keeps credentials through restarts. Pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from media_server import stun
from media_server.sdp import IceCredentials

Address = tuple[str, int]

MAX_TRANSACTIONS = 8192
"""Checks remembered of a peer, so that a replayed one moves nothing: hours of them, at one in 2.5 s (Chromium)."""


def new_credentials() -> IceCredentials:
    """64 random bits of ufrag, so that nobody guesses a peer, and 144 of password (RFC 8445 5.3 asks 24 and 128)."""
    return IceCredentials(secrets.token_hex(8), secrets.token_hex(18))


def local_ufrag(message: stun.Message) -> str | None:
    """Whom a check is for: the part of USERNAME before the colon."""
    username = message.username
    if username is None:
        return None
    ufrag, colon, _ = username.partition(":")
    return ufrag if colon else None


def refusal(message: stun.Message) -> bytes | None:
    """Answer to a request that no peer of ours authenticated (RFC 8489 9.1.3); None: say nothing."""
    if message.kind is not stun.Class.REQUEST:
        return None
    if message.integrity_at is None or message.get(stun.Attribute.USERNAME) is None:
        return stun.failure(message, 400, "Bad Request")
    return stun.failure(message, 401, "Unauthenticated")


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of an authenticated request: our answer, and whether the address may be used and is nominated."""

    answer: bytes
    valid: bool
    nominated: bool = False


class IceLite:
    """One peer's credentials. Old ones live on after a restart until a check uses the new ones or time is up.

    An authentic check counts once (RFC 8445 has no replay protection of its own, and a replayed nomination would send
    our media to whoever replayed it): repeated from its own address it is answered again, from another refused. Of
    the remembered transactions the oldest is dropped.
    """

    def __init__(self, remote: IceCredentials, *, restart_grace_s: float = 30.0) -> None:
        self.remote = remote
        self.local = new_credentials()
        self._previous: IceCredentials | None = None
        self._previous_until_s = 0.0
        self._restart_grace_s = restart_grace_s
        self._transactions: dict[bytes, Address] = {}

    @property
    def ufrags(self) -> tuple[str, ...]:
        """Local ufrags that checks may name now."""
        previous = (self._previous.ufrag,) if self._previous else ()
        return (self.local.ufrag, *previous)

    def restart(self, remote: IceCredentials, now_s: float) -> None:
        """New credentials on both sides."""
        self._previous = self.local
        self._previous_until_s = now_s + self._restart_grace_s
        self.local = new_credentials()
        self.remote = remote

    def expire(self, now_s: float) -> None:
        """Forget old credentials whose time is up. Idempotent."""
        if now_s >= self._previous_until_s:
            self._previous = None

    def check(self, message: stun.Message, source: Address, now_s: float) -> Checked | None:
        """Judge a request from `source`; None when it is not authentic or replayed from elsewhere (see `refusal`)."""
        self.expire(now_s)
        ufrag = local_ufrag(message)
        if message.kind is not stun.Class.REQUEST:
            return None
        password = next((known.pwd for known in self._known() if known.ufrag == ufrag), None)
        if password is None or not message.authentic(password):
            return None
        first = self._transactions.get(message.transaction)
        if first is not None:
            return Checked(stun.success(message, source, password), valid=False) if first == source else None
        if message.unknown_required:
            return Checked(stun.failure(message, 420, "Unknown Attribute", password), valid=False)
        if message.get(stun.Attribute.ICE_CONTROLLED) is not None:
            # A lite agent is always controlled: the other side must take the other role (RFC 8445 7.3.1.1).
            return Checked(stun.failure(message, 487, "Role Conflict", password), valid=False)
        self._remember(message.transaction, source)
        if ufrag == self.local.ufrag:
            self._previous = None
        answer = stun.success(message, source, password)
        return Checked(answer, valid=True, nominated=message.use_candidate)

    def renewed(self, transaction: bytes, source: Address) -> bool:
        """A check that the data plane has answered; False for one that was seen before."""
        if transaction in self._transactions:
            return False
        self._remember(transaction, source)
        return True

    def _remember(self, transaction: bytes, source: Address) -> None:
        self._transactions[transaction] = source
        if len(self._transactions) > MAX_TRANSACTIONS:
            del self._transactions[next(iter(self._transactions))]

    def _known(self) -> tuple[IceCredentials, ...]:
        return (self.local, self._previous) if self._previous else (self.local,)
