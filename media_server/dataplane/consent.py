"""Consent checks (RFC 7675) that a data plane answers by itself: Binding requests that come again and again from the
address we send to, and whose answer needs nobody's judgement. Pure; twin of `native/consent.c`."""

from __future__ import annotations

from dataclasses import dataclass

from media_server import stun
from media_server.dataplane.ports import Address

MAX_CREDENTIAL_BYTES = 64


@dataclass(frozen=True, slots=True)
class Consent:
    """Our side's ICE credentials of a peer."""

    ufrag: str
    password: str

    def __post_init__(self) -> None:
        if not all(0 < len(value.encode()) <= MAX_CREDENTIAL_BYTES for value in (self.ufrag, self.password)):
            raise ValueError("these are no ICE credentials")

    def answer(self, data: bytes, source: Address) -> tuple[bytes, bytes] | None:
        """The Binding success for this request and its transaction; None: not one that may be answered without
        asking (not authentic, for other credentials, an attribute unknown, the wrong role)."""
        try:
            message = stun.parse(data)
        except stun.StunError:
            return None
        name = message.username
        if message.kind is not stun.Class.REQUEST or name is None or not name.isascii():
            return None
        if not name.startswith(self.ufrag + ":"):
            return None
        if message.unknown_required or message.get(stun.Attribute.ICE_CONTROLLED) is not None:
            return None
        if not message.authentic(self.password):
            return None
        return stun.success(message, source, self.password), message.transaction
