"""The lines of the minutes, made from the events of the log alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from records.verify.names import UNHEARD


def fold_lines(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the transcript, by time, from the events of the log in their order."""
    lines: dict[str, dict[str, Any]] = {}
    for seq, event in enumerate(events):
        _fold_line(lines, event, seq)
    for line in lines.values():
        line["shown"] = not line["struck"] and line["joined_to"] is None
    return sorted(lines.values(), key=lambda line: line["order"])


def _fold_line(lines: dict[str, dict[str, Any]], event: dict[str, Any], seq: int) -> None:
    kind = event.get("type")
    if kind in ("transcript.heard", "transcript.written"):
        made = {
            "id": event["utterance"] if kind == "transcript.heard" else event["line"],
            "kind": event.get("kind", "speech"),
            "order": (event["from_ms"], seq),
            "struck": False,
            "joined_to": None,
            "revision": 0,
            "trouble": event.get("trouble", ""),
        }
        made.update({name: event[name] for name in ("participant", "language", "from_ms", "to_ms", "text")})
        lines.setdefault(made["id"], made)
        return
    line = lines.get(event.get("line", ""))
    if line is None or not str(kind).startswith("transcript."):
        return
    if kind == "transcript.edited":
        line["text"] = event["text"]
    elif kind == "transcript.assigned":
        line["participant"] = event["participant"]
    elif kind == "transcript.struck":
        line["struck"] = event["struck"]
    elif kind == "transcript.split":
        at, at_ms = event["at"], event["at_ms"]
        rest = dict(line, id=event["second"], from_ms=at_ms, text=line["text"][at:], revision=0, order=(at_ms, seq))
        lines.setdefault(rest["id"], rest)
        line.update(text=line["text"][:at], to_ms=min(line["to_ms"], at_ms))
    elif kind == "transcript.merged" and event["second"] in lines:
        second = lines[event["second"]]
        second["joined_to"] = line["id"]
        line.update(text=line["text"] + second["text"], to_ms=max(line["to_ms"], second["to_ms"]))
    line["revision"] = event["revision"]


def legible(text: str) -> str:
    """As the minutes show a text: on one line, without hidden characters."""

    def shows(character: str) -> bool:
        code = ord(character)
        no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
        return not no_character and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")

    return " ".join("".join(" " if c.isspace() else c for c in text if c.isspace() or shows(c)).split())


def paragraphs_of(line: dict[str, Any]) -> list[str]:
    """What the minutes show of a line; nothing of a mark and of what was struck out or joined to another."""
    if not line["shown"] or line["kind"] == "mark":
        return []
    texts = [text for text in map(legible, line["text"].splitlines()) if text]
    return texts or ([UNHEARD] if line["trouble"] else [])


def names_of(entries: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The name of each participant."""
    names = {}
    for entry in entries:
        event = entry.get("event")
        if isinstance(event, dict) and event.get("type") in ("session.created", "participant.added"):
            seats = event.get("seats")
            for seat in seats if isinstance(seats, list) else [event.get("seat")]:
                if isinstance(seat, dict):
                    names[str(seat.get("participant"))] = legible(str(seat.get("name")))
    return names
