"""Choose what we accept of an offer and write the answer (RFC 8829 5.3, 8839, 8843)."""

from __future__ import annotations

from collections.abc import Sequence

from media_server.sdp import AnsweredMedia, ChosenCodec, Local, Offer, OfferedMedia


def choose_codec(media: OfferedMedia, preference: Sequence[str]) -> ChosenCodec | None:
    """The first codec of `preference` (lower-case names) that the m-line offers and we can forward, with its RTX.

    H264: packetization-mode 1 only, constrained baseline 42e01f before baseline 42001f before any other profile
    (a decoder of a higher profile reads constrained baseline). For a subscriber pass the publication's codec only.
    None when nothing fits: reject the m-line.
    """
    raise NotImplementedError


def build_answer(offer: Offer, media: Sequence[AnsweredMedia], local: Local) -> str:
    """The answer's text. `media` holds one decision per m-line of the offer, by mid; a missing one is rejected.

    BUNDLE over the accepted m-lines, rtcp-mux, rtcp-rsize, ice-lite, setup:passive, all candidates at once.
    """
    raise NotImplementedError
