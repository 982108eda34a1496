"""No registry: a number is possible or not, whose it is only a clerk can say."""

from __future__ import annotations

from hearing.documents import Document
from identity.ports import RegistryAnswer


class OfflineRegistry:
    """Implements `identity.ports.Registry`: the check digit was right, more is not known."""

    async def verify(self, name: str, document: Document) -> RegistryAnswer:
        """Always `unknown`, so a clerk checks."""
        return RegistryAnswer("unknown", "offline")
