"""The file that ships, and the hash of it that the court publishes."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from records.standalone.one_file import one_file


@functools.cache
def source() -> bytes:
    """The program `verify.py` of every package: the same bytes for the same version."""
    return one_file("records.verify", Path(__file__).parent)


def sha256() -> str:
    """What the court publishes, so that a forged verifier is recognised; lower-case hex."""
    return hashlib.sha256(source()).hexdigest()
