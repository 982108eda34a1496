"""The final seal stands on the media seal, only additions follow it, and the judge signed the statements."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from records import verify
from records.canonical import canonical
from records.keys import CourtKey
from tests.fakes.bagged import bagged, raw_chain, wrong

pytestmark = pytest.mark.unit
KEY = CourtKey.generate()
MEDIA = "ab" * 64
Event = dict[str, Any]

CREATED: Event = {"type": "session.created"}
MEDIA_SEAL: Event = {"type": "seal.made", "step": "media", "manifest_sha512": MEDIA}
SEALED: Event = {"type": "session.state", "before": "signed", "after": "sealed"}
ORDERED: Event = {"type": "seal.ordered", "media_manifest_sha512": MEDIA}
FINAL = {"Yunting-Seal": "final", "Yunting-Media-Seal": MEDIA}
WHOLE = (CREATED, MEDIA_SEAL, SEALED, ORDERED)


def found(folder: Path, events: tuple[Event, ...], info: dict[str, str]) -> list[str]:
    return [file for file, _ in wrong(bagged(folder, KEY, log=raw_chain(events), info=info), KEY)]


def test_a_whole_chain_of_seals_holds(tmp_path: Path) -> None:
    additions = ({"type": "seal.made", "step": "final"}, {"type": "record.supplement"}, {"type": "identity.erased"})
    assert found(tmp_path / "1", (*WHOLE, *additions), FINAL) == []
    assert found(tmp_path / "2", (CREATED,), {"Yunting-Seal": "media"}) == []
    assert verify.verify_path(str(tmp_path / "1"))["seal"] == "final"


@pytest.mark.parametrize(
    ("events", "info"),
    [
        ((CREATED, SEALED, ORDERED), FINAL),
        ((CREATED, MEDIA_SEAL, ORDERED), FINAL),
        ((CREATED, MEDIA_SEAL, SEALED), FINAL),
        (WHOLE, {**FINAL, "Yunting-Media-Seal": "cd" * 64}),
        (WHOLE, {"Yunting-Seal": "final"}),
        ((*WHOLE[:3], {**ORDERED, "media_manifest_sha512": "cd" * 64}), FINAL),
        (WHOLE, {"Yunting-Seal": "other"}),
    ],
)
def test_a_final_seal_that_stands_on_nothing_is_named(
    events: tuple[Event, ...], info: dict[str, str], tmp_path: Path
) -> None:
    assert "bag-info.txt" in found(tmp_path, events, info)


@pytest.mark.parametrize("kind", ["transcript.edited", "recording.range", "session.state", "seal.ordered"])
def test_what_is_no_addition_may_not_follow_the_seal(kind: str, tmp_path: Path) -> None:
    assert verify.EVENTS in found(tmp_path, (*WHOLE, {"type": kind}), FINAL)


def incident(text: str, **other: Any) -> tuple[Event, Event]:
    private = ec.generate_private_key(ec.SECP256R1())
    stated = {
        "incident": 7,
        "participant": "judge",
        "signed_utc_ms": 5,
        "statement_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    der = private.sign(canonical({"session": "S", **stated}), ec.ECDSA(SHA256()))
    signed = {
        "type": "incident.signed",
        **stated,
        "public_key": private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex(),
        "signature": b"".join(number.to_bytes(32) for number in decode_dss_signature(der)).hex(),
        **other,
    }
    return {"type": "incident.explained", "incident": 7, "text": "停电五分钟"}, signed


def test_the_judges_signature_under_a_statement(tmp_path: Path) -> None:
    assert found(tmp_path / "1", (CREATED, *incident("停电五分钟")), {}) == []
    assert found(tmp_path / "2", (CREATED, *incident("停电一分钟")), {}) == [verify.EVENTS]
    assert found(tmp_path / "3", (CREATED, *incident("停电五分钟", participant="clerk")), {}) == [verify.EVENTS]
    assert found(tmp_path / "4", (CREATED, *incident("停电五分钟", signature=7)), {}) == [verify.EVENTS]
