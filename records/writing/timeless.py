"""Zip files that say nothing of when they were made: the same contents give the same bytes."""

from __future__ import annotations

import io
import zipfile

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can name."""


def timeless(data: bytes) -> bytes:
    """The same zip with every date at `EARLIEST`, in the same order. Idempotent."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for item in before.infolist():
            named = zipfile.ZipInfo(item.filename, EARLIEST)
            named.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(named, before.read(item), compresslevel=6)
    return out.getvalue()
