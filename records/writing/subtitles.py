"""Captions as files: WebVTT (W3C Candidate Recommendation) and SRT, UTF-8.

WebVTT names the speaker in a voice span and can hold any text. SRT has no escapes: the speaker stands before the
text, and a mark that players take for formatting stands there as its full-width twin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from records.writing.captions import Cue
from records.writing.legible import legible

_SRT_MARKS = re.compile(r"<(?=[A-Za-z/!?])|\{(?=\\)")
_FULL_WIDTH = {"<": "＜", "{": "｛"}


def write_vtt(cues: Iterable[Cue], title: str = "") -> bytes:
    """`title` becomes a note at the head. The cue's id is that of the line and its number within it."""
    parts = ["WEBVTT\n"]
    if title:
        parts.append(f"NOTE\n{_escaped(legible(title))}\n")
    for cue in cues:
        voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker else ""
        text = "\n".join(map(_escaped, cue.rows))
        times = f"{_clock(cue.from_ms, '.')} --> {_clock(cue.to_ms, '.')}"
        parts.append(f"{cue_id(cue)}\n{times}\n{voice}{text}\n")
    return "\n".join(parts).encode()


def write_srt(cues: Iterable[Cue]) -> bytes:
    """Numbered from 1; every cue names its speaker, for two may speak at once."""
    parts = []
    for number, cue in enumerate(cues, 1):
        name = f"{cue.speaker}：" if cue.speaker else ""
        text = _SRT_MARKS.sub(lambda mark: _FULL_WIDTH[mark.group()], name + "\n".join(cue.rows))
        parts.append(f"{number}\n{_clock(cue.from_ms, ',')} --> {_clock(cue.to_ms, ',')}\n{text}\n")
    return "\n".join(parts).encode()


def cue_id(cue: Cue) -> str:
    """Unique within a session; on one line, without an arrow."""
    return f"{legible(cue.line).replace('-->', '')}/{cue.number}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{ms:03d}"
