"""What every event of the catalogue is, so that each part of the catalogue can be a file of its own."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Base of the catalogue; the `type` on the wire is the tag of the subclass."""
