"""The verifier of record packages. It imports nothing but the standard library, so that `source()` can put it into
every package as one file, `verify.py`."""

from records.standalone.ed25519 import ed25519_verify
from records.standalone.sm3 import new_hash
from records.verify.command import main
from records.verify.names import (
    ALGORITHMS,
    BAGIT_TXT,
    BALLOTS,
    EVENTS,
    EXHIBITS,
    EXHIBITS_CSV,
    HEADS,
    KEY_FILE,
    MANIFESTS,
    SIGNATURE_FILE,
    SIGNATURES,
    TAG_MANIFESTS,
    TEXT,
    TRACKS,
    TRANSCRIPT_JSON,
    TRANSCRIPT_SRT,
    TRANSCRIPT_TXT,
    TRANSCRIPT_VTT,
    UNHEARD,
)
from records.verify.run import verify_path
from records.verify.shipped import sha256, source

__all__ = [
    "ALGORITHMS",
    "BAGIT_TXT",
    "BALLOTS",
    "EVENTS",
    "EXHIBITS",
    "EXHIBITS_CSV",
    "HEADS",
    "KEY_FILE",
    "MANIFESTS",
    "SIGNATURES",
    "SIGNATURE_FILE",
    "TAG_MANIFESTS",
    "TEXT",
    "TRACKS",
    "TRANSCRIPT_JSON",
    "TRANSCRIPT_SRT",
    "TRANSCRIPT_TXT",
    "TRANSCRIPT_VTT",
    "UNHEARD",
    "ed25519_verify",
    "main",
    "new_hash",
    "sha256",
    "source",
    "verify_path",
]
