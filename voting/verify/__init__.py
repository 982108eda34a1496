"""The verifier of ballot logs, written from docs/ballot-log.md alone. It imports nothing but the standard library and
what stands in `records.standalone`, so that `source()` can hand it out as one file, `verify_ballots.py`."""

from records.standalone.ed25519 import ed25519_verify
from records.standalone.stamp import imprint_of
from voting.verify.anchors import anchored
from voting.verify.command import main
from voting.verify.report import report
from voting.verify.run import verify_bytes
from voting.verify.shipped import sha256, source
from voting.verify.tree import hash_of

__all__ = [
    "anchored",
    "ed25519_verify",
    "hash_of",
    "imprint_of",
    "main",
    "report",
    "sha256",
    "source",
    "verify_bytes",
]
