"""The pictures of signatures, and whether what people signed still stands: minutes, picture and key together.

电子签名法 art 13: a later change of the signature or of what was signed must be seen.
"""

from __future__ import annotations

import datetime
import enum
import hashlib
import io
import warnings
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from PIL import Image

from hearing.errors import UserError
from hearing.events import Entry
from hearing.review_events import MinutesSigned
from hearing.signing import holds
from records.writing.draft import Draft

MAX_PICTURE_BYTES = 200_000
MIN_SIDE_PX, MAX_SIDE_PX = 40, 2_000
MIN_INK_PX = 100
"""Dark pixels below which nobody has written anything."""
_DARK = 128
_END = b"IEND\xaeB`\x82"


class Fault(enum.StrEnum):
    """Why a signature does not stand."""

    MINUTES = "minutes"
    """The text as the log gives it was another when it was signed."""
    PICTURE = "picture"
    """The picture is missing or another."""
    SIGNATURE = "signature"
    """The signature is not by this key over this statement."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A person's newest signature. `fault` is None when it stands; `current` says whether it is of the text as it
    reads now, or the person has to sign again."""

    participant: str
    seq: int
    fault: Fault | None
    current: bool


def check_signatures(
    entries: Iterable[Entry], pictures: Mapping[str, bytes], tz: datetime.tzinfo
) -> Sequence[Checked]:
    """Everybody's newest signature in a log, in order of signing; `pictures` by their SHA-256. Pure.

    ValueError when the log does not begin with `session.created`. The chain of the log is checked elsewhere.
    """
    draft = Draft(tz)
    found: dict[str, tuple[Entry, MinutesSigned, str]] = {}
    for entry in entries:
        if isinstance(entry.event, MinutesSigned):
            # The text as it stood when they signed: a later correction makes a signature old, not false.
            found.pop(entry.event.participant, None)
            found[entry.event.participant] = (entry, entry.event, draft.sha256)
        draft.apply(entry)
    now = draft.sha256 if found else ""
    return [
        Checked(
            participant=signed.participant,
            seq=entry.seq,
            fault=_fault(entry.session, signed, sha256, pictures.get(signed.image_sha256)),
            current=signed.minutes_sha256 == now,
        )
        for entry, signed, sha256 in found.values()
    ]


def _fault(session: str, signed: MinutesSigned, minutes_sha256: str, picture: bytes | None) -> Fault | None:
    if signed.minutes_sha256 != minutes_sha256:
        return Fault.MINUTES
    if picture is None or hashlib.sha256(picture).hexdigest() != signed.image_sha256:
        return Fault.PICTURE
    return None if holds(session, signed, picture) else Fault.SIGNATURE


def check_picture(data: bytes) -> None:
    """Whether these bytes may be somebody's handwriting: a whole PNG of bounded size with ink on it. Takes some
    milliseconds. Raises UserError `bad-picture`, `empty-picture`."""
    if len(data) > MAX_PICTURE_BYTES or not data.endswith(_END):
        raise _bad()
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
            warnings.simplefilter("ignore")
            sides = sorted(opened.size)
            # By the header, before anything is unpacked.
            if sides[0] < MIN_SIDE_PX or sides[1] > MAX_SIDE_PX or getattr(opened, "n_frames", 1) != 1:
                raise _bad()
            seen = opened.convert("RGBA")
    except UserError:
        raise
    except Exception:  # Pillow's readers raise whatever a damaged file makes of them
        raise _bad() from None
    paper = Image.new("RGBA", seen.size, "white")
    grey = Image.alpha_composite(paper, seen).convert("L")
    ink = sum(grey.histogram()[:_DARK])
    if ink < MIN_INK_PX or ink > seen.width * seen.height // 2:
        raise UserError("empty-picture", "请先手写签名", "write your name first")


def _bad() -> UserError:
    return UserError(
        "bad-picture",
        f"签名图片无效：须为不超过 {MAX_PICTURE_BYTES // 1000} KB 的 PNG",
        f"not a picture of a signature: a PNG of at most {MAX_PICTURE_BYTES // 1000} KB",
    )
