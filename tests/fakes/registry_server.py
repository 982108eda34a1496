"""A real-name service that keeps the contract of `docs/registry.md`, and can be made to break it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.signed_service import SECRET, SignedService

__all__ = ["SECRET", "RegistryServer"]


@dataclass
class RegistryServer(SignedService):
    """Knows `people`: number -> name, photo. Fault of its own: `bad-photo`."""

    people: dict[str, tuple[str, bytes | None]] = field(default_factory=dict)

    async def answer(self, asked: dict[str, Any], fault: str) -> dict[str, Any]:
        name, photo = self.people.get(asked["number"], ("", None))
        if name != asked["name"]:
            return {"match": "no", "source": "fake"}
        said = {"match": "yes", "source": "fake"}
        if fault == "bad-photo":
            said["photo"] = "***"
        elif photo is not None:
            said["photo"] = base64.b64encode(photo).decode()
        return said
