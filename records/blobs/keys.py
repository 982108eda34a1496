"""Names of blobs: which are names at all, and which may be removed."""

from __future__ import annotations

from hearing.errors import Refused
from records.file_names import is_safe_path

MAX_KEY_BYTES = 1_000
"""S3 takes 1,024 bytes with the prefix of the settings' address."""
SCRATCH = "scratch/"
"""Only what lies below may be removed: trials of a place. All else is the record."""


def check_key(key: str) -> None:
    """ValueError for a key that is no safe relative path."""
    if not is_safe_path(key) or len(key.encode()) > MAX_KEY_BYTES:
        raise ValueError(f"{key!r} is no name of a blob")


def check_deletable(key: str) -> None:
    """Refused `blob-kept` for what belongs to the record."""
    check_key(key)
    if not key.startswith(SCRATCH):
        raise Refused("blob-kept", "已归档的文件不能删除", "what is part of the record is not deleted")


def other_bytes(key: str) -> Refused:
    """The error of a second `put` with other bytes."""
    return Refused(
        "blob-exists", f"已存在内容不同的同名文件：{key}", f"other bytes are kept as {key}: nothing is replaced"
    )


def check_range(first_byte: int, end_byte: int | None) -> None:
    """ValueError for a range that is none."""
    if first_byte < 0 or (end_byte is not None and end_byte < first_byte):
        raise ValueError(f"bytes {first_byte} to {end_byte} are no range")
