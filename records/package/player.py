"""The offline player: one HTML file with style, program and the session's facts inside, opened from file://."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from hearing.wording import reworded
from records.package.summary import Facts
from records.writing.legible import legible
from records.writing.transcript_json import LineRecord, TranscriptRecord

ASSETS = Path(__file__).parents[1] / "assets" / "player"
PROGRAM = ("words", "start", "sha512", "checking", "finding", "picture", "said", "exhibit", "proof", "page")
"""The parts of the program, in the order in which they need each other."""


class SaidLine(msgspec.Struct, frozen=True, array_like=True):
    """A line of the minutes for the player. The texts of `words` (text, from, to), joined, are its paragraphs."""

    line: str
    kind: str
    participant: str
    speaker: str
    from_ms: int
    to_ms: int
    words: tuple[tuple[str, int, int], ...]


def write_player(facts: Facts, transcript: TranscriptRecord | None = None, files: Iterable[str] = ()) -> bytes:
    """`data/player/index.html`; media are found relative to it. A policy inside forbids every network access.

    `files` are the paths in the package of further files that it offers (minutes, captions, the sound of each seat).
    Without a transcript there is the course of the session only.
    """
    style = (ASSETS / "player.css").read_text(encoding="utf-8")
    program = "".join((ASSETS / f"{part}.js").read_text(encoding="utf-8") for part in PROGRAM)
    page = (ASSETS / "index.html").read_text(encoding="utf-8")
    page = page.replace("{{style-hash}}", _csp_hash(style)).replace("{{program-hash}}", _csp_hash(program))
    lines = [said for said in map(_said, transcript.lines if transcript else ()) if said is not None]
    filled = {
        "style": style,
        "facts": _data(facts),
        "said": _data(lines),
        "files": _data([path.removeprefix("data/") for path in files]),
        "program": program,
    }
    # Cut at every mark before anything is put in: the data may contain any text, a mark too.
    parts = [page]
    for name in filled:
        parts[-1:] = parts[-1].split(f"{{{{{name}}}}}")
    inside = iter(filled.values())
    return (parts[0] + "".join(next(inside) + part for part in parts[1:])).encode()


def _said(line: LineRecord) -> SaidLine | None:
    """As the minutes show it, and a mark of the clerk, which is no speech but a moment; None for anything else."""
    text = "\n".join(line.paragraphs) or (legible(line.text) if line.kind == "mark" else "")
    if not line.shown or not (text or line.kind == "mark"):
        return None
    return SaidLine(
        line=line.id,
        kind=line.kind,
        participant=line.participant or "",
        speaker=line.speaker,
        from_ms=line.from_ms,
        to_ms=max(line.from_ms, line.to_ms),
        words=tuple((w.text, w.from_ms, w.to_ms) for w in reworded(line.words, text, line.from_ms, line.to_ms)),
    )


def _data(value: Any) -> str:
    """JSON in which "<" never appears raw, so that nothing in a name can end the element."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
