"""An SMS service that keeps the contract of `docs/registry.md`, and can be made to break it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.signed_service import SECRET, SignedService

__all__ = ["SECRET", "SmsServer"]


@dataclass
class SmsServer(SignedService):
    sent: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Request -> phone and code: one message each, however often it was asked for."""

    async def answer(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        self.sent[asked["request"]] = asked["phone"], asked["code"]
        return {}
