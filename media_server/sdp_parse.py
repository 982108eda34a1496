"""Read an SDP offer (RFC 8866, 8829, 8839, 8843, 8851): strict about limits, deaf to what we do not use."""

from __future__ import annotations

from media_server.sdp import Offer

MAX_OFFER_BYTES = 256 * 1024
MAX_MEDIA = 200
MAX_LINE_CHARACTERS = 4096


def parse_offer(text: str) -> Offer:
    """The offer as structs.

    Raises `hearing.errors.UserError` (`sdp-invalid`) naming the line, for anything malformed or over the limits.
    """
    raise NotImplementedError
