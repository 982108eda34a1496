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


ONE, MAYBE, SOME, ANY = (1, 1), (0, 1), (1, None), (0, None)
_LINK = (("Type", ONE), ("Value", ONE))


def _identifier(name: str) -> tuple[tuple[str, tuple[int, int | None]], ...]:
    return tuple((f"{name}{end}", how_often) for end, how_often in _LINK)


SHAPE: dict[str, tuple[tuple[str, tuple[int, int | None]], ...]] = {
    "premis": (("object", SOME), ("event", ANY), ("agent", ANY), ("rights", ANY)),
    "object premis:intellectualEntity": (("objectIdentifier", SOME), ("originalName", MAYBE), ("relationship", ANY)),
    "object premis:file": (
        ("objectIdentifier", SOME),
        ("objectCharacteristics", SOME),
        ("originalName", MAYBE),
        ("relationship", ANY),
    ),
    "objectIdentifier": _identifier("objectIdentifier"),
    "objectCharacteristics": (("fixity", ANY), ("size", MAYBE), ("format", SOME)),
    "fixity": (("messageDigestAlgorithm", ONE), ("messageDigest", ONE), ("messageDigestOriginator", MAYBE)),
    "format": (("formatDesignation", ONE),),
    "formatDesignation": (("formatName", ONE), ("formatVersion", MAYBE)),
    "relationship": (("relationshipType", ONE), ("relationshipSubType", ONE), ("relatedObjectIdentifier", SOME)),
    "relatedObjectIdentifier": _identifier("relatedObjectIdentifier"),
    "event": (
        ("eventIdentifier", ONE),
        ("eventType", ONE),
        ("eventDateTime", ONE),
        ("eventDetailInformation", ANY),
        ("eventOutcomeInformation", ANY),
        ("linkingAgentIdentifier", ANY),
        ("linkingObjectIdentifier", ANY),
    ),
    "eventIdentifier": _identifier("eventIdentifier"),
    "eventDetailInformation": (("eventDetail", MAYBE),),
    "eventOutcomeInformation": (("eventOutcome", MAYBE),),
    "linkingAgentIdentifier": _identifier("linkingAgentIdentifier"),
    "linkingObjectIdentifier": _identifier("linkingObjectIdentifier"),
    "agent": (("agentIdentifier", SOME), ("agentName", ANY), ("agentType", MAYBE)),
    "agentIdentifier": _identifier("agentIdentifier"),
}
"""The elements of PREMIS 3.0 that are used here: children in their order, and how often each may stand (Data
Dictionary 3.0 of June 2015, premis.xsd of 18 January 2016, written down by hand: the schema is not in this tree)."""
TERMS = {
    "capture",
    "creation",
    "digital signature generation",
    "fixity check",
    "information package creation",
    "ingestion",
    "message digest calculation",
}
"""Of id.loc.gov/vocabulary/preservation/eventType."""


def misplaced(element: ET.Element) -> list[str]:
    """What PREMIS does not allow, by the name of the element."""
    name = element.tag.removeprefix(_N)
    kind = element.get("{http://www.w3.org/2001/XMLSchema-instance}type", "")
    shape = SHAPE.get(f"{name} {kind}".strip())
    if shape is None:
        return [name] if len(element) else []
    children = [each.tag.removeprefix(_N) for each in element]
    order = [child for child, _ in shape]
    wrong = [f"{name}: {child}" for child in children if child not in order]
    if not wrong and children != sorted(children, key=order.index):
        wrong.append(f"{name}: order")
    for child, (least, most) in shape:
        if not least <= children.count(child) <= (len(children) if most is None else most):
            wrong.append(f"{name}: {children.count(child)} {child}")
    return wrong + [fault for each in element for fault in misplaced(each)]


@pytest.mark.parametrize("paths", [[], [_TRACK], ["data/text/笔录.pdf"], [_TRACK, "data/events/events.jsonl"]])
@pytest.mark.parametrize("seal", ["", "media", "final"])
def test_every_element_stands_where_premis_wants_it(paths: list[str], seal: str) -> None:
    root = ET.fromstring(write_premis(making(seal=seal), map(stored, paths)))
    assert root.get("version") == "3.0"
    assert misplaced(root) == []
    assert set(texts(root, "eventType")) <= TERMS
    assert set(texts(root, "agentType")) <= {"organization", "software"}
    assert all(text for text in texts(root, "messageDigest"))


def test_what_premis_does_not_allow_is_found() -> None:
    root = ET.fromstring(write_premis(making(), [stored("data/x")]))
    event = next(root.iter(f"{_N}event"))
    event.append(event[0])
    event.remove(event[0])
    assert misplaced(root) == ["event: order"]
    event.remove(event[-1])
    assert misplaced(root) == ["event: 0 eventIdentifier"]
    ET.SubElement(event, f"{_N}eventDetail")
    assert "event: eventDetail" in misplaced(root)
