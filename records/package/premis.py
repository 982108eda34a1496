"""`premis.xml`: what a package holds and what was done to it, in the archives' own words (PREMIS 3.0).

An intellectual entity (the session), a file object with both digests for each file of the payload, and the events
that made them: capture, ingestion, digests, fixity check, signature, export. Vocabulary of event types: Library of
Congress.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

NAMESPACE = "http://www.loc.gov/premis/v3"
PATH = "premis.xml"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DIGESTS = (("sha512", "SHA-512"), ("sm3", "SM3"))
_FORMATS = {
    ".mkv": "video/x-matroska",
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".ofd": "application/ofd",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".wav": "audio/x-wav",
    ".tsr": "application/timestamp-reply",
}
_LOCAL, _COURT, _SOFTWARE, _KEY = "local", "court", "software", "court-key"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the payload; `digests` by `sha512` and `sm3`, hex."""

    path: str
    size_bytes: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Making:
    """What is said of the whole. Times are UTC ms; `captured` spans the recording, `seal` is as in `bag-info.txt`."""

    session: str
    case_no: str
    court: str
    edition: str
    seal: str
    actor: str
    software: str
    key: str
    opened_utc_ms: int
    closed_utc_ms: int
    made_utc_ms: int
    tracks: frozenset[str]
    """Paths of the files that are as they were recorded; the others were made from log and tracks."""


def write_premis(making: Making, files: Iterable[Stored]) -> bytes:
    """The document, UTF-8. Deterministic."""
    ET.register_namespace("premis", NAMESPACE)
    ET.register_namespace("xsi", _XSI)
    root = ET.Element(_q("premis"), {"version": "3.0"})
    stored = sorted(files, key=lambda file: file.path)
    root.append(_entity(making))
    root.extend(_file(making, file) for file in stored)
    root.extend(_events(making, [file.path for file in stored]))
    root.append(_agent(_COURT, making.court, "organization"))
    root.append(_agent(_SOFTWARE, making.software, "software"))
    root.append(_agent(_KEY, f"Ed25519 {making.key}", "software"))
    ET.indent(root, " ")
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entity(making: Making) -> ET.Element:
    made = ET.Element(_q("object"), {f"{{{_XSI}}}type": "premis:intellectualEntity"})
    _identifier(made, "object", making.session)
    _add(made, "originalName", making.case_no)
    return made


def _file(making: Making, file: Stored) -> ET.Element:
    made = ET.Element(_q("object"), {f"{{{_XSI}}}type": "premis:file"})
    _identifier(made, "object", file.path)
    told = _add(made, "objectCharacteristics")
    for name, algorithm in _DIGESTS:
        fixity = _add(told, "fixity")
        _add(fixity, "messageDigestAlgorithm", algorithm)
        _add(fixity, "messageDigest", file.digests[name])
        _add(fixity, "messageDigestOriginator", _SOFTWARE)
    _add(told, "size", str(file.size_bytes))
    shape = _add(_add(told, "format"), "formatDesignation")
    _add(shape, "formatName", _FORMATS.get(PurePosixPath(file.path).suffix, "application/octet-stream"))
    _add(made, "originalName", PurePosixPath(file.path).name)
    relation = _add(made, "relationship")
    _add(relation, "relationshipType", "structural")
    _add(relation, "relationshipSubType", "is part of")
    related = _add(relation, "relatedObjectIdentifier")
    _add(related, "relatedObjectIdentifierType", _LOCAL)
    _add(related, "relatedObjectIdentifierValue", making.session)
    return made


def _events(making: Making, paths: list[str]) -> Iterator[ET.Element]:
    tracks = [path for path in paths if path in making.tracks]
    rest = [path for path in paths if path not in making.tracks]
    number = iter(range(1, 10))
    if tracks:
        span = f"{_utc(making.opened_utc_ms)}/{_utc(making.closed_utc_ms)}"
        yield _event(next(number), "capture", span, "recorded as it was sent, without re-encoding", tracks)
        yield _event(
            next(number),
            "fixity check",
            _utc(making.made_utc_ms),
            "the byte ranges compared with the digests in the log that were taken while recording; "
            "a package in which one differs is not given out",
            tracks,
            outcome="pass",
        )
    yield _event(next(number), "creation", _utc(making.made_utc_ms), "made from log and tracks", rest)
    yield _event(next(number), "ingestion", _utc(making.made_utc_ms), "put into the package", paths)
    yield _event(next(number), "message digest calculation", _utc(making.made_utc_ms), "SHA-512 and SM3", paths)
    sealed = f"seal: {making.seal}" if making.seal else "an export beside the seals"
    signed = f"Ed25519 over both tag manifests; {sealed}"
    yield _event(
        next(number), "digital signature generation", _utc(making.made_utc_ms), signed, [making.session], agent=_KEY
    )
    exported = f"edition: {making.edition}; by {making.actor}"
    yield _event(next(number), "information package creation", _utc(making.made_utc_ms), exported, [making.session])


def _event(
    number: int,
    kind: str,
    when: str,
    detail: str,
    objects: Iterable[str],
    *,
    outcome: str = "",
    agent: str = _SOFTWARE,
) -> ET.Element:
    made = ET.Element(_q("event"))
    _identifier(made, "event", f"event-{number}")
    _add(made, "eventType", kind)
    _add(made, "eventDateTime", when)
    _add(_add(made, "eventDetailInformation"), "eventDetail", detail)
    if outcome:
        _add(_add(made, "eventOutcomeInformation"), "eventOutcome", outcome)
    linked = _add(made, "linkingAgentIdentifier")
    _add(linked, "linkingAgentIdentifierType", _LOCAL)
    _add(linked, "linkingAgentIdentifierValue", agent)
    for path in objects:
        linked = _add(made, "linkingObjectIdentifier")
        _add(linked, "linkingObjectIdentifierType", _LOCAL)
        _add(linked, "linkingObjectIdentifierValue", path)
    return made


def _agent(name: str, shown: str, kind: str) -> ET.Element:
    made = ET.Element(_q("agent"))
    _identifier(made, "agent", name)
    _add(made, "agentName", shown)
    _add(made, "agentType", kind)
    return made


def _identifier(parent: ET.Element, what: str, value: str) -> None:
    made = _add(parent, f"{what}Identifier")
    _add(made, f"{what}IdentifierType", _LOCAL)
    _add(made, f"{what}IdentifierValue", value)


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    made = ET.SubElement(parent, _q(name))
    if text:
        # XML 1.0 has no place for controls.
        made.text = "".join(c for c in text if c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    return made


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _utc(utc_ms: int) -> str:
    moment = datetime.datetime.fromtimestamp(utc_ms / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
