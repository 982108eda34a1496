"""Where things lie in a package, and the few words that its checks share."""

from __future__ import annotations

import zipfile
import zlib

SIGNATURE_FILE = "signature/manifest.ed25519.sig"
STAMP_FILE = "signature/tagmanifest-sha512.txt.tsr"
"""In no manifest: it is made after the signature."""
KEY_FILE = "signature/court-key.pem"
ALGORITHMS = ("sha512", "sm3")
TAG_MANIFESTS = tuple(f"tagmanifest-{name}.txt" for name in ALGORITHMS)
MANIFESTS = tuple(f"manifest-{name}.txt" for name in ALGORITHMS)
TAG_FILES = ("bagit.txt", "bag-info.txt", *MANIFESTS, KEY_FILE, "verify.py", "VERIFY.md")
BAGIT_TXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
EVENTS = "data/events/events.jsonl"
HEADS = "data/events/heads.jsonl"
STAMPS = "data/events/stamps/"
BALLOTS = "data/ballot-log.jsonl"
"""In the package of a creditors' meeting, which has no log of events."""
DERIVATION = "data/derivation.json"
TRACKS = "data/media/tracks/"
EXHIBITS = "data/exhibits/"
EXHIBITS_CSV = "data/exhibits.csv"
TEXT = "data/text/"
SIGNATURES = f"{TEXT}signatures/"
TRANSCRIPT_TXT, TRANSCRIPT_JSON, TRANSCRIPT_VTT, TRANSCRIPT_SRT = (
    f"{TEXT}transcript.{ending}" for ending in ("txt", "json", "vtt", "srt")
)
UNHEARD = "（此处有发言，未能自动转写，须听录音核对）"
"""Stands in the minutes for speech that no engine could write."""
GENESIS = "0" * 64
CHUNK_BYTES = 1 << 20
MOST_READ_BYTES = 1 << 30
"""Of a file that is read as a whole: a log of days is smaller, what swells up out of a zip is not."""
UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""RuntimeError: encrypted, or packed in a way that this Python does not know."""
