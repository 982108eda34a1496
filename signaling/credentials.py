"""Session credentials: what an opened WebSocket answers to when it resumes. One per participant, revocable."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from hearing.errors import UserError
from hearing.ids import is_ulid
from records.ports import KeyValueStore

TABLE = "session_credentials"


class Credentials:
    """Kept as SHA-256 in the store, so that a resume works across a restart and a stolen database opens nothing.

    A participant has at most one: issuing a new one ends the old.
    """

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store

    async def issue(self, session: str, participant: str) -> str:
        """A new credential, `session.participant.secret`; the former one ends."""
        secret = secrets.token_urlsafe(24)
        await self._store.put(TABLE, f"{session}.{participant}", _digest(secret))
        return f"{session}.{participant}.{secret}"

    async def check(self, credential: str) -> tuple[str, str]:
        """(session, participant) of a valid credential. Raises UserError `credential-invalid`."""
        session, _, rest = credential.partition(".")
        participant, _, secret = rest.partition(".")
        if is_ulid(session) and is_ulid(participant):
            kept = await self._store.get(TABLE, f"{session}.{participant}")
            if kept is not None and hmac.compare_digest(kept, _digest(secret)):
                return session, participant
        raise UserError("credential-invalid", "连接凭证已失效，请重新进入", "this credential has ended: enter again")

    async def revoke(self, session: str, participant: str) -> None:
        """End the participant's credential. Idempotent."""
        await self._store.delete(TABLE, f"{session}.{participant}")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest().encode()
