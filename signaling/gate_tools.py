"""What the gate is handed by the program around it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from identity.ports import CodeSender, Documents, Matcher, Registry
from identity.vault import KEY_BYTES


@dataclass(frozen=True, slots=True)
class GateTools:
    """`documents`, `registry` and `matcher` may be missing: then a clerk decides. `codes`: level `code` cannot be
    chosen without."""

    wrapping_key: bytes = field(default_factory=lambda: os.urandom(KEY_BYTES), repr=False)
    """Of the vault, KEY_BYTES long. The default is of this process alone, for tests."""
    documents: Documents | None = None
    registry: Registry | None = None
    matcher: Matcher | None = None
    codes: CodeSender | None = None
