"""`data/text/signatures/` of a package: what everybody signed, with which picture and key, or that they refused.

{participant}.json    the newest word of one person, as the log has it, and where picture and text lie
{participant}.png     the picture of their handwriting
minutes-{...}.txt     the minutes as they were signed, where a correction has changed them since
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from hearing.events import Entry
from hearing.review_events import MinutesSigned, SigningRefused
from records import verify
from records.writing.draft import Draft

_HASH_SHOWN = 16
"""Hex digits of the hash in the name of an earlier text: paths stay short enough for Windows."""


class SignatureFile(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` is of the event in the log; `picture` and `minutes` are paths, null where the package lacks them."""

    participant: str
    seq: int
    minutes_sha256: str
    minutes: str | None
    picture: str | None
    image_sha256: str
    public_key: str
    signature: str
    verdict: str
    signed_utc_ms: int


class RefusalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A person who does not sign, and why (民诉法 150)."""

    participant: str
    seq: int
    minutes_sha256: str
    refused: str
    utc_ms: int


def signature_files(entries: Iterable[Entry], pictures: Mapping[str, bytes], tz: datetime.tzinfo) -> dict[str, bytes]:
    """Every file by its path; `pictures` by their SHA-256, among them the texts that were kept when they were signed.
    ValueError when the log does not begin with `session.created`."""
    draft = Draft(tz)
    words: dict[str, tuple[Entry, MinutesSigned | SigningRefused]] = {}
    texts: dict[str, bytes] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, MinutesSigned | SigningRefused):
            words[event.participant] = (entry, event)
            texts[draft.sha256] = draft.document().text().encode()
        draft.apply(entry)
    files: dict[str, bytes] = {}
    for participant, (entry, event) in words.items():
        path = f"{verify.SIGNATURES}{participant}"
        if isinstance(event, SigningRefused):
            told: SignatureFile | RefusalFile = RefusalFile(
                participant=participant,
                seq=entry.seq,
                minutes_sha256=event.minutes_sha256,
                refused=event.reason,
                utc_ms=entry.utc_ms,
            )
        else:
            # What was kept is what was signed, whatever today's program makes of the log.
            kept = pictures.get(event.minutes_sha256)
            text = kept if _is_text(kept, event) else texts.get(event.minutes_sha256)
            where = None
            if text is not None and event.minutes_sha256 == draft.sha256:
                where = verify.TRANSCRIPT_TXT
            elif text is not None:
                where = f"{verify.SIGNATURES}minutes-{event.minutes_sha256[:_HASH_SHOWN]}.txt"
                files[where] = text
            picture = pictures.get(event.image_sha256)
            if picture is not None:
                files[f"{path}.png"] = picture
            told = _signature_file(entry, event, where, f"{path}.png" if picture is not None else None)
        files[f"{path}.json"] = msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"
    return files


def _is_text(kept: bytes | None, event: MinutesSigned) -> bool:
    return kept is not None and hashlib.sha256(kept).hexdigest() == event.minutes_sha256


def _signature_file(entry: Entry, event: MinutesSigned, minutes: str | None, picture: str | None) -> SignatureFile:
    return SignatureFile(
        participant=event.participant,
        seq=entry.seq,
        minutes_sha256=event.minutes_sha256,
        minutes=minutes,
        picture=picture,
        image_sha256=event.image_sha256,
        public_key=event.public_key,
        signature=event.signature,
        verdict=event.verdict,
        signed_utc_ms=event.signed_utc_ms,
    )
