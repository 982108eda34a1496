"""What a package says of the seal that it is, and the time stamps that go with it.

bag-info.txt                            Yunting-Seal: media | final
                                        Yunting-Media-Seal: SHA-512 of the media seal's manifest-sha512.txt (final)
                                        Yunting-Time-Stamp: address of the authority that is asked (RFC 3161)
data/events/stamps/{seq}.tsr            answer of the authority over the head of that seq in heads.jsonl (its line,
                                        without the line feed), made at a recess or at 闭庭
signature/tagmanifest-sha512.txt.tsr    the same over that file; made after the signature, so that it is in no
                                        manifest

openssl ts -verify -in signature/tagmanifest-sha512.txt.tsr -data tagmanifest-sha512.txt -CAfile ca.pem
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hearing.events import Head
from hearing.seal_events import SealStep
from records import verify

STAMPED = "tagmanifest-sha512.txt"
TAG_STAMP = f"signature/{STAMPED}.tsr"
STAMPS = "data/events/stamps/"
_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Seal:
    """`media_manifest_sha512` is empty in a media seal. `stamped_by`: who is asked to stamp it, empty for nobody."""

    step: SealStep
    media_manifest_sha512: str = ""
    stamped_by: str = ""


def seal_info(seal: Seal | None) -> dict[str, str]:
    """The lines of `bag-info.txt`."""
    if seal is None:
        return {}
    lines = {
        "Yunting-Seal": seal.step,
        "Yunting-Media-Seal": seal.media_manifest_sha512,
        "Yunting-Time-Stamp": seal.stamped_by,
    }
    return {name: text for name, text in lines.items() if text}


def stamp_files(stamps: Mapping[int, bytes], heads: Sequence[Head]) -> dict[str, bytes]:
    """Files in the package by path: the stamps over those heads that are in it."""
    there = {head.seq for head in heads}
    return {f"{STAMPS}{seq}.tsr": token for seq, token in sorted(stamps.items()) if seq in there}


def add_tag_stamp(package: Path, token: bytes) -> None:
    """Put the stamp into a finished package, read-only as the rest. Blocks. Idempotent. Raises OSError."""
    folder = (package / TAG_STAMP).parent
    before = folder.stat().st_mode
    folder.chmod(before | stat.S_IWUSR)
    try:
        draft = package / f"{TAG_STAMP}.draft"
        draft.unlink(missing_ok=True)
        with draft.open("xb") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod((package / verify.SIGNATURE_FILE).stat().st_mode & 0o777)
        draft.rename(package / TAG_STAMP)
    finally:
        folder.chmod(stat.S_IMODE(before))


def make_read_only(folder: Path) -> None:
    """Take everybody's right to write from a folder and all that is in it, whatever is added to it included. Blocks.
    Idempotent. Raises OSError."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_WRITE)
