"""One-time codes by SMS (level `code`): six digits, five minutes, one use, to the case file's telephone only."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from hearing.errors import UserError
from hearing.ids import new_ulid
from identity.gate import GateStage
from identity.vault import Purpose
from signaling.gate.bodies import CodeSent
from signaling.gate.challenges import GateChallenges
from signaling.gate.log import GateLog, person_of
from signaling.limits import MOST_PEOPLE, Limiter

CODES = "identity_codes"
CODE_MS = 300_000
_MOST_SENT = 3
"""In ten minutes, to one person."""


class _Sent(msgspec.Struct, frozen=True, kw_only=True):
    code_hmac: str
    expires_utc_ms: int


class GateCodes:
    """One for the server. A code is kept as a keyed hash until it is used, replaced or has expired."""

    def __init__(self, log: GateLog, challenges: GateChallenges) -> None:
        self._log = log
        self._challenges = challenges
        self._key = log.services.derived_key("one-time codes")
        self._sent = Limiter(_MOST_SENT / 600, _MOST_SENT, log.services.sources.monotonic_us, max_keys=MOST_PEOPLE)
        self._checking: set[str] = set()
        log.when_released(self._sent.forget)

    async def send(self, session: str, participant: str) -> CodeSent:
        """Send a new code; the older one ends. Raises UserError `no-code-service`, `no-phone`, `too-many`,
        `code-not-sent`, and what the stage asks for."""
        hearing = (await self._log.ledger(session)).hearing
        self._log.check(hearing, person_of(hearing, participant), GateStage.CODE)
        if self._log.tools.codes is None:
            raise UserError("no-code-service", "未设置短信服务，请联系书记员", "no service for codes: ask the clerk")
        phone = await self._log.vault.get(session, participant, Purpose.PHONE)
        if phone is None:
            raise UserError(
                "no-phone",
                "案卷中没有您的手机号码，请联系书记员",
                "no telephone in the case file: ask the clerk",
            )
        if not self._sent.take(f"{session}.{participant}"):
            raise UserError("too-many", "验证码发送过于频繁，请稍后再试", "too many codes: wait a few minutes")
        code = f"{secrets.randbelow(10**6):06d}"
        now = self._log.now()
        sent = _Sent(code_hmac=self._hmac(session, participant, code), expires_utc_ms=now + CODE_MS)
        await self._log.services.store.put(CODES, f"{session}.{participant}", msgspec.json.encode(sent))
        number = phone.data.decode()
        await self._log.tools.codes.send(number, code, new_ulid(now))
        return CodeSent(phone_masked=_masked(number))

    async def check(self, session: str, participant: str, code: str) -> None:
        """A verdict for the right code; a failure, and UserError `code-wrong`, for a wrong or old one. One at a time
        (`too-many`): many guesses sent at once would all be compared before the code is used up."""
        name = f"{session}.{participant}"
        if name in self._checking:
            raise UserError(
                "too-many", "正在核对上一个验证码，请稍候", "the code before is being checked: one moment"
            )
        self._checking.add(name)
        try:
            await self._check(session, participant, code)
        finally:
            self._checking.discard(name)

    async def _check(self, session: str, participant: str, code: str) -> None:
        hearing = (await self._log.ledger(session)).hearing
        self._log.check(hearing, person_of(hearing, participant), GateStage.CODE)
        store, name = self._log.services.store, f"{session}.{participant}"
        raw = await store.get(CODES, name)
        sent = msgspec.json.decode(raw, type=_Sent) if raw is not None else None
        right = (
            sent is not None
            and self._log.now() < sent.expires_utc_ms
            and hmac.compare_digest(sent.code_hmac, self._hmac(session, participant, code))
        )
        # Used up either way: six digits must not be tried twice.
        await store.delete(CODES, name)
        await self._challenges.code_checked(session, participant, right=right)
        if not right:
            raise UserError("code-wrong", "验证码不正确或已失效，请重新获取", "wrong or old code: ask for a new one")

    async def sweep(self) -> int:
        """Forget codes that have expired; returns how many. Idempotent."""
        store, now = self._log.services.store, self._log.now()
        old = [
            name
            for name, raw in await store.items(CODES)
            if msgspec.json.decode(raw, type=_Sent).expires_utc_ms <= now
        ]
        for name in old:
            await store.delete(CODES, name)
        return len(old)

    def _hmac(self, session: str, participant: str, code: str) -> str:
        return hmac.new(self._key, f"{session}.{participant}.{code}".encode(), hashlib.sha256).hexdigest()


def _masked(phone: str) -> str:
    """Enough for its owner to know it; four digits at least stay hidden."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"****{phone[-2:]}"
