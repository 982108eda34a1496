"""What an edition is made of: `data/derivation.json` names the court edition by the hash of its manifest and says of
each file whether it is the same, cut or made anew; the court's signature on the edition vouches for it.

What was left out must not be guessed from it, so files of the court edition are named by commitments: SHA-512 of
`<salt>\\n<SHA-512 of the file>  <path>\\n`, the salt being the SHA-256 of the court edition's `manifest-sm3.txt` in
hex. Who has the court edition can compute each of them, nobody else can try. `compare` does that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import av
import msgspec

from records import verify
from records.errors import UNREADABLE
from records.file_names import is_safe_path
from records.timeline import Span

FORMAT = "yunting-derivation/1"
PATH = "data/derivation.json"
How = Literal["same", "cut", "made"]


class DerivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the edition. `ranges` of session ms are not in it, `silent` ones have no sound; `court` is its
    counterpart's commitment."""

    path: str
    how: How
    ranges: list[tuple[int, int]]
    silent: list[tuple[int, int]]
    court: str | None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the court edition that is not in this one. `path` only where it says nothing that is withheld."""

    path: str | None
    court: str


class EntryCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Of the log's entries (see `records.editions.redaction`)."""

    whole: int
    masked: int
    withheld: int


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """The file. `margin_ms` on both sides of each range is missing too."""

    format: str
    edition: str
    case: str | None
    court_manifest_sha512: str
    margin_ms: int
    files: list[DerivedFile]
    left_out: list[LeftOut]
    entries: EntryCounts


class CourtFiles:
    """The manifests of a court edition: digests by path, commitments, and the manifest's own hash. Blocks. Raises
    OSError, ValueError for what is no package."""

    def __init__(self, folder: Path) -> None:
        text = (folder / verify.MANIFESTS[0]).read_bytes()
        self.manifest_sha512 = hashlib.sha512(text).hexdigest()
        self._salt = hashlib.sha256((folder / verify.MANIFESTS[1]).read_bytes()).hexdigest()
        self.digests = {path: digest for digest, path in (line.split("  ", 1) for line in text.decode().splitlines())}

    def commitment(self, path: str) -> str | None:
        """None for a path that the court edition has not."""
        digest = self.digests.get(path)
        if digest is None:
            return None
        return hashlib.sha512(f"{self._salt}\n{digest}  {path}\n".encode()).hexdigest()


def derive(
    court: CourtFiles,
    digests: Mapping[str, str],
    *,
    edition: str,
    case: str | None,
    ranges: Mapping[str, Sequence[Span]],
    silent: Mapping[str, Sequence[Span]],
    nameable: frozenset[str],
    entries: EntryCounts,
    margin_ms: int,
) -> Derivation:
    """The statement for an edition with these payload files (SHA-512 by path). `ranges` and `silent`
    are what was taken out of media files, `nameable` the paths of the court edition that may be named though they are
    left out."""
    files = [
        DerivedFile(
            path=path,
            how="same" if court.digests.get(path) == digest else "cut" if path in ranges else "made",
            ranges=_pairs(path, digest, court, ranges),
            silent=_pairs(path, digest, court, silent),
            court=court.commitment(path),
        )
        for path, digest in sorted(digests.items())
    ]
    left_out = [
        LeftOut(path=path if path in nameable else None, court=court.commitment(path) or "")
        for path in court.digests
        if path not in digests
    ]
    return Derivation(
        format=FORMAT,
        edition=edition,
        case=case,
        court_manifest_sha512=court.manifest_sha512,
        margin_ms=margin_ms,
        files=files,
        left_out=sorted(left_out, key=lambda item: item.court),
        entries=entries,
    )


def _pairs(path: str, digest: str, court: CourtFiles, spans: Mapping[str, Sequence[Span]]) -> list[tuple[int, int]]:
    return [(s.from_ms, s.to_ms) for s in spans.get(path, ()) if court.digests.get(path) != digest]


def write_derivation(statement: Derivation) -> bytes:
    """UTF-8, indented."""
    return msgspec.json.format(msgspec.json.encode(statement), indent=1) + b"\n"


def compare(edition: Path, court: Path) -> list[tuple[str, str]]:
    """(file, what is wrong) of an edition against the court edition that it says it was made from; nothing is wrong
    when the list is empty. The caller has verified the court edition; of the other nothing is taken for granted.
    Blocks. Raises OSError, ValueError."""
    try:
        return _compared(edition, court)
    except (*UNREADABLE, AttributeError, KeyError, TypeError, av.FFmpegError) as problem:
        raise ValueError(f"{edition.name}: {problem!r}") from problem


def _compared(edition: Path, court: Path) -> list[tuple[str, str]]:
    statement = msgspec.json.decode((edition / PATH).read_bytes(), type=Derivation)
    for file in statement.files:
        if not is_safe_path(file.path):
            return [(PATH, "names a path that is none 所列路径无效")]
    files = CourtFiles(court)
    if statement.court_manifest_sha512 != files.manifest_sha512:
        return [(PATH, "made from another court edition 不是由该法院版派生")]
    own = CourtFiles(edition).digests
    return [
        *_file_faults(statement, files, own),
        *_log_faults(edition, court),
        *(fault for file in statement.files if file.how == "cut" for fault in _cut_faults(edition, court, file)),
    ]


def _file_faults(statement: Derivation, court: CourtFiles, own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    told = {file.path for file in statement.files}
    for path in sorted(set(own) - told - {PATH}):
        yield path, "the derivation does not name it 派生说明未列出"
    named = [file.court for file in statement.files if file.court] + [item.court for item in statement.left_out]
    every = {court.commitment(path): path for path in court.digests}
    for commitment in set(every) - set(named):
        yield every[commitment], "neither in the edition nor named as left out 既未保留也未列为略去"
    if len(named) != len(set(named)) or set(named) - set(every):
        yield PATH, "names files that the court edition has not 所列文件在法院版中不存在"
    for file in statement.files:
        if file.court != court.commitment(file.path):
            yield file.path, "is not the counterpart that it is said to be 与法院版对应文件不符"
        if file.how == "same" and own.get(file.path) != court.digests.get(file.path):
            yield file.path, "is not the same as in the court edition 与法院版不同"


def _log_faults(edition: Path, court: Path) -> Iterator[tuple[str, str]]:
    shown = (edition / verify.EVENTS).read_bytes().splitlines()
    whole = (court / verify.EVENTS).read_bytes().splitlines()
    if len(shown) != len(whole):
        yield verify.EVENTS, "has another number of entries 事件条数不符"
        return
    for mine, theirs in zip(shown, whole, strict=True):
        if mine == theirs:
            continue
        one, other = msgspec.json.decode(mine), msgspec.json.decode(theirs)
        if not (one.get("masked") or one.get("withheld")) or one["hash"] != other["hash"]:
            yield verify.EVENTS, f"seq {other['seq']}: another entry than in the court edition 与法院版事件不符"
            return


def _cut_faults(edition: Path, court: Path, file: DerivedFile) -> Iterator[tuple[str, str]]:
    """A cut track is made of packets of the whole one, none of them within the ranges."""
    if not file.path.startswith(verify.TRACKS):
        return
    whole = set(_packets(court / file.path))
    for packet in _packets(edition / file.path):
        if packet not in whole:
            yield file.path, f"{packet[1]} ms: not a packet of the court edition's track 与法院版轨道数据不符"
            return
        barred = [*file.ranges, *(file.silent if packet[0] == "audio" else ())]
        if any(from_ms <= packet[1] < to_ms for from_ms, to_ms in barred):
            yield file.path, f"{packet[1]} ms: within a range that is said to be cut 应略去的片段仍在"
            return


def _packets(path: Path) -> Iterator[tuple[str, int, str]]:
    """(kind, session ms, SHA-256) of each packet."""
    with av.open(str(path)) as reader:
        for packet in reader.demux():
            if packet.pts is not None and packet.time_base is not None and packet.size:
                at_ms = round(packet.pts * packet.time_base * 1000)
                yield packet.stream.type, at_ms, hashlib.sha256(bytes(packet)).hexdigest()
