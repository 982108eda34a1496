"""`premis.xml`: each file with its digests, events whose links lead somewhere, and text that XML can carry."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.package.premis import NAMESPACE, Making, Stored, write_premis

pytestmark = pytest.mark.unit

_N = f"{{{NAMESPACE}}}"
_TRACK = "data/media/tracks/plaintiff-1_P_1.mkv"


def making(actor: str = "server", seal: str = "media") -> Making:
    return Making(
        session="01S",
        case_no="(2026)粤01民初118号",
        court="云庭区人民法院",
        edition="court",
        seal=seal,
        actor=actor,
        software="yunting 1",
        key="ab" * 32,
        opened_utc_ms=1_798_765_200_000,
        closed_utc_ms=1_798_768_800_000,
        made_utc_ms=1_798_768_860_000,
        tracks=frozenset({_TRACK}),
    )


def stored(path: str) -> Stored:
    return Stored(path, 7, {"sha512": "cd" * 64, "sm3": "ef" * 32})


def texts(root: ET.Element, name: str) -> list[str]:
    return [each.text or "" for each in root.iter(_N + name)]


def test_every_file_has_both_digests_and_every_link_leads_somewhere() -> None:
    paths = [_TRACK, "data/text/笔录.pdf", "data/events/events.jsonl"]
    root = ET.fromstring(write_premis(making(), map(stored, paths)))
    assert (root.tag, root.get("version")) == (f"{_N}premis", "3.0")
    objects = {texts(each, "objectIdentifierValue")[0] for each in root.iter(f"{_N}object")}
    assert objects == {"01S", *paths}
    assert texts(root, "messageDigestAlgorithm") == ["SHA-512", "SM3"] * 3
    assert texts(root, "size") == ["7"] * 3
    assert set(texts(root, "linkingObjectIdentifierValue")) <= objects
    assert set(texts(root, "linkingAgentIdentifierValue")) <= set(texts(root, "agentIdentifierValue"))
    kinds = texts(root, "eventType")
    assert {"capture", "ingestion", "fixity check", "digital signature generation"} <= set(kinds)
    assert len(set(texts(root, "eventIdentifierValue"))) == len(kinds)


def test_only_what_was_recorded_was_captured() -> None:
    root = ET.fromstring(write_premis(making(), [stored("data/events/events.jsonl")]))
    assert "capture" not in texts(root, "eventType")


def test_it_says_which_seal_it_is() -> None:
    assert "seal: final" in write_premis(making(seal="final"), []).decode()
    assert "beside the seals" in write_premis(making(seal=""), []).decode()


@given(st.text())
def test_any_name_is_carried(name: str) -> None:
    root = ET.fromstring(write_premis(making(actor=name), [stored("data/x")]))
    (detail,) = [text for text in texts(root, "eventDetail") if text.startswith("edition:")]
    shown = "".join(c for c in name if c >= " " and c not in "\ufffe\uffff")
    assert detail.endswith(shown.strip("\r\n")) or shown in detail
