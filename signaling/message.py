"""What every message of the WebSocket is, so that each part of the catalogue can be a file of its own."""

from __future__ import annotations

from typing import Annotated

import msgspec

RequestId = Annotated[str, msgspec.Meta(max_length=100)]
"""Chosen by the page; unique among its requests of this session."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """Base of both directions; `type` is the tag."""
