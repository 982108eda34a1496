"""How a creditor comes to a meeting: a link that is computed and not stored, and a pass for who has signed in.

118,738 links need no rows: the code in a link is a MAC over meeting, person and the person's generation. A link that
has to end gets its person a new generation, which ends the person's passes too.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from hashlib import blake2b

from hearing.errors import UserError

PASS_LIFETIME_MS = 12 * 3_600_000
_CODE_BYTES = 10
"""80 bits; guessing is also limited by the rate of tries."""
_MAC_BYTES = 16
_MOST_CHARACTERS = 200

Generation = Callable[[str, str], int]
"""(meeting, person) -> how often the person's link was replaced."""


class Access:
    """Makes and checks codes and passes of all meetings. Pure but for `generation`."""

    def __init__(self, key: bytes, generation: Generation) -> None:
        self._key = key
        self._generation = generation

    def code(self, meeting: str, person: str) -> str:
        """The code in the person's link: 16 characters of A-Z and 2-7. The same for the same generation."""
        mac = self._mac("code", meeting, person, size=_CODE_BYTES)
        return base64.b32encode(mac).decode("ascii")

    def is_code(self, meeting: str, person: str, code: str) -> bool:
        """Whether the code is that of the person's present link; blanks, hyphens and small letters are forgiven."""
        typed = code.replace("-", "").replace(" ", "").upper()
        return hmac.compare_digest(self.code(meeting, person).encode(), typed.encode("utf-8", "replace"))

    def new_pass(self, meeting: str, person: str, utc_ms: int) -> str:
        """A pass for `PASS_LIFETIME_MS`; whoever shows it acts as the person."""
        until = utc_ms + PASS_LIFETIME_MS
        return f"{person}~{until}~{self._mac('pass', meeting, person, str(until)).hex()}"

    def holder(self, meeting: str, token: str, utc_ms: int) -> str:
        """Whose pass this is. Raises UserError `credential-invalid`: forged, of elsewhere, expired, or ended."""
        person, _, rest = token[:_MOST_CHARACTERS].partition("~")
        until, _, mac = rest.partition("~")
        made = self._mac("pass", meeting, person, until).hex()
        if not hmac.compare_digest(made.encode(), mac.encode("utf-8", "replace")) or int(until) < utc_ms:
            raise UserError(
                "credential-invalid", "登录已失效，请重新签到", "this sign-in has ended: sign in to the meeting again"
            )
        return person

    def _mac(self, purpose: str, meeting: str, person: str, *more: str, size: int = _MAC_BYTES) -> bytes:
        words = (purpose, meeting, person, str(self._generation(meeting, person)), *more)
        text = "\x00".join(words).encode("utf-8", "replace")
        return blake2b(text, digest_size=size, key=self._key).digest()
