"""Invitations: a link code of 128 bits and an eight-digit 庭审码 for each seat, revocable and replaceable.

Found by keyed hash (HMAC-SHA256), because an unkeyed hash of eight digits is undone in a second. The codes are also
kept encrypted (AES-256-GCM), because a clerk must be able to copy the link again; both keys come from the server's
secret file, so a stolen database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hearing.errors import UserError
from hearing.ids import new_hearing_code
from records.ports import KeyValueStore

INVITATIONS = "invitations"
HEARING_CODES = "hearing_codes"
BY_SEAT = "seat_invitations"
LINK_CODE_BYTES = 16

_DIGITS = re.compile(r"\d{8}\Z")


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an invitation is for, as stored. `sealed`: the codes, encrypted."""

    session: str
    participant: str
    sealed: bytes
    digits_key: str
    revoked: bool = False


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """What the person gets."""

    link: str
    digits: str

    @property
    def sha256(self) -> str:
        """Identifies the link in the log without giving it away."""
        return hashlib.sha256(self.link.encode()).hexdigest()


def code_unknown() -> UserError:
    """The refusal of a code that opens nothing, or nothing now."""
    return UserError(
        "code-unknown",
        "邀请码无效或已失效；八位庭审码自开庭前 24 小时起可用",
        "this code is unknown or has ended; an eight-digit code works from 24 hours before the session",
    )


def is_digits(code: str) -> bool:
    """Whether this is an eight-digit 庭审码, which can be guessed, and no link code."""
    return _DIGITS.match(_bare(code)) is not None


def _bare(code: str) -> str:
    return re.sub(r"[\s-]", "", code)


class Invitations:
    """All invitations of this server. `lookup_key` and `sealing_key` are 32 bytes each."""

    def __init__(self, store: KeyValueStore, lookup_key: bytes, sealing_key: bytes) -> None:
        self._store = store
        self._lookup_key = lookup_key
        self._cipher = AESGCM(sealing_key)

    async def issue(self, session: str, participant: str) -> Codes:
        """New codes for the seat; the old ones end. Not idempotent."""
        await self._forget(session, participant)
        link = base64.urlsafe_b64encode(secrets.token_bytes(LINK_CODE_BYTES)).decode().rstrip("=")
        link_key = self._key(link)
        digits = new_hearing_code()
        while not await self._store.add(HEARING_CODES, self._key(digits), link_key.encode()):
            digits = new_hearing_code()
        codes = Codes(link=link, digits=digits)
        kept = Invitation(
            session=session, participant=participant, sealed=self._seal(codes), digits_key=self._key(digits)
        )
        await self._store.put(INVITATIONS, link_key, msgspec.json.encode(kept))
        await self._store.put(BY_SEAT, f"{session}.{participant}", link_key.encode())
        return codes

    async def find(self, code: str) -> Invitation:
        """The invitation of a link code or an eight-digit code (blanks and dashes ignored). Raises UserError
        `code-unknown`, `revoked`."""
        link_key = self._key(code.strip())
        if is_digits(code):
            raw_key = await self._store.get(HEARING_CODES, self._key(_bare(code)))
            link_key = raw_key.decode() if raw_key is not None else link_key
        raw = await self._store.get(INVITATIONS, link_key)
        if raw is None:
            raise code_unknown()
        invitation = msgspec.json.decode(raw, type=Invitation)
        if invitation.revoked:
            raise UserError("revoked", "您的邀请已被撤销，请联系书记员", "your invitation was revoked: ask the clerk")
        return invitation

    async def of_seat(self, session: str, participant: str) -> tuple[Codes, bool] | None:
        """(codes, revoked) of the seat's newest invitation, for the clerk; None when it never had one."""
        raw_key = await self._store.get(BY_SEAT, f"{session}.{participant}")
        raw = await self._store.get(INVITATIONS, raw_key.decode()) if raw_key is not None else None
        if raw is None:
            return None
        invitation = msgspec.json.decode(raw, type=Invitation)
        return self._unseal(invitation.sealed), invitation.revoked

    def codes(self, invitation: Invitation) -> Codes:
        """The codes of an invitation that was found."""
        return self._unseal(invitation.sealed)

    async def revoke(self, session: str, participant: str) -> bool:
        """End the seat's invitation; False when there is none that is open. Idempotent."""
        raw_key = await self._store.get(BY_SEAT, f"{session}.{participant}")
        raw = await self._store.get(INVITATIONS, raw_key.decode()) if raw_key is not None else None
        if raw is None or raw_key is None:
            return False
        invitation = msgspec.json.decode(raw, type=Invitation)
        if not invitation.revoked:
            revoked = msgspec.structs.replace(invitation, revoked=True)
            await self._store.put(INVITATIONS, raw_key.decode(), msgspec.json.encode(revoked))
        return not invitation.revoked

    async def _forget(self, session: str, participant: str) -> None:
        raw_key = await self._store.get(BY_SEAT, f"{session}.{participant}")
        if raw_key is None:
            return
        raw = await self._store.get(INVITATIONS, raw_key.decode())
        if raw is not None:
            await self._store.delete(HEARING_CODES, msgspec.json.decode(raw, type=Invitation).digits_key)
        await self._store.delete(INVITATIONS, raw_key.decode())

    def _key(self, code: str) -> str:
        return hmac.new(self._lookup_key, code.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _seal(self, codes: Codes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, msgspec.json.encode(codes), None)

    def _unseal(self, sealed: bytes) -> Codes:
        return msgspec.json.decode(self._cipher.decrypt(sealed[:12], sealed[12:], None), type=Codes)
