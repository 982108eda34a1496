"""An exhibit that a session's record holds: a photograph of eight pixels."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from pathlib import Path

from hearing import events as ev
from hearing.exhibit_events import ExhibitHidden, ExhibitShown, ExhibitSubmitted, FileKind
from records.standalone.sm3 import new_hash

PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGPcoqHBgA0wYRUdtBIA0KwBFFratRQAAAAASUVORK5CYII="
)
EXHIBIT_FILE = "exhibits/01JDG0000000000000000000EX"


def shown_exhibit(
    from_ms: int, to_ms: int, data: bytes = PICTURE, kind: FileKind = "png"
) -> tuple[tuple[int, ev.AnyEvent, str], ...]:
    """What the plaintiff submitted and the judge showed: a photograph, or another file."""
    sha256 = hashlib.sha256(data).hexdigest()
    submitted = ExhibitSubmitted(
        number=1, name="现场照片", source="原告拍摄", purpose="证明交货", participant="P02", kind=kind,
        file=EXHIBIT_FILE, size_bytes=len(data), sha256=sha256, sm3=new_hash("sm3", data).hexdigest(),
    )  # fmt: skip
    return (
        (from_ms - 500, submitted, "P02"),
        (from_ms, ExhibitShown(number=1, sha256=sha256), "P01"),
        (to_ms, ExhibitHidden(number=1, sha256=sha256), "P01"),
    )


def keep_exhibit(recordings: Path, data: bytes = PICTURE) -> None:
    """Put its file where the log says that it lies."""
    file = recordings / EXHIBIT_FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
