"""Whether the transcript's files say what the lines of the log say."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from records.verify.lines import paragraphs_of
from records.verify.names import TRANSCRIPT_JSON, TRANSCRIPT_SRT, TRANSCRIPT_TXT, TRANSCRIPT_VTT


def text_faults(
    data: dict[str, bytes | None], lines: Sequence[dict[str, Any]], names: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for each file that does not say what the lines of the log say."""
    differs = "与事件日志不符 / does not say what the log says"
    try:
        record = json.loads((data[TRANSCRIPT_JSON] or b"").decode("utf-8"))
        speakers = _speakers(record["lines"], lines, names)
        hashed = record["minutes_sha256"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield TRANSCRIPT_JSON, f"{differs}: {error}"
        return
    shown = [(line, text) for line in lines for text in [paragraphs_of(line)] if text]
    txt = data[TRANSCRIPT_TXT] or b""
    if hashlib.sha256(txt).hexdigest() != hashed:
        yield (
            TRANSCRIPT_TXT,
            "与 transcript.json 所列校验值不符 / not the text whose hash transcript.json names",
        )
    rest = iter(txt.decode("utf-8", "replace").split("\n"))
    for line, texts in shown:
        name = speakers[line["id"]]
        for text in [f"{name}：{texts[0]}" if name else texts[0], *texts[1:]]:
            # `in` consumes the iterator: the paragraphs have to stand there in this order.
            if text not in rest:
                yield TRANSCRIPT_TXT, f"{differs}: line {line['id']}"
                return
    cues = list(_vtt_cues(data[TRANSCRIPT_VTT] or b""))
    said: dict[str, str] = {}
    for line_id, _, name, text in cues:
        if name != speakers.get(line_id):
            yield TRANSCRIPT_VTT, f"发言人与事件日志不符 / another speaker than in the log: {line_id}"
            return
        said[line_id] = said.get(line_id, "") + text
    if said != {line["id"]: "".join(texts) for line, texts in shown}:
        yield TRANSCRIPT_VTT, differs
    elif list(_srt_cues(data[TRANSCRIPT_SRT] or b"")) != [
        (times, _narrow(f"{name}：{text}" if name else text)) for _, times, name, text in cues
    ]:
        yield TRANSCRIPT_SRT, "与 transcript.vtt 不符 / does not say what transcript.vtt says"


def unsaid_line(txt: bytes, lines: Sequence[dict[str, Any]], names: dict[str, str]) -> str | None:
    """The first line that is not in the text of the minutes, in order and under its speaker; None if all are."""
    rest = iter(txt.decode("utf-8", "replace").split("\n"))
    for line in lines:
        name = names.get(line["participant"], "")
        for number, text in enumerate(paragraphs_of(line)):
            if not any(_says(row, text, name if number == 0 else "") for row in rest):
                return str(line["id"])
    return None


def _says(row: str, text: str, name: str) -> bool:
    return row == text if not name else row.endswith(f"：{text}") and name in row[: -len(text)]


def _speakers(
    told: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], names: dict[str, str]
) -> dict[str, str]:
    """How each line names who spoke; ValueError at the first line that is not as the log has it."""
    if [line["id"] for line in told] != [line["id"] for line in lines]:
        raise ValueError("other lines")
    fields = ("kind", "participant", "language", "from_ms", "to_ms", "text", "revision", "shown", "joined_to")
    for line, own in zip(told, lines):
        for field in fields:
            if line[field] != own[field]:
                raise ValueError(f"line {own['id']}: {field}")
        if own["shown"] and list(line["paragraphs"]) != paragraphs_of(own):
            raise ValueError(f"line {own['id']}: paragraphs")
        if names.get(own["participant"], "") not in line["speaker"] or bool(own["participant"]) != bool(
            line["speaker"]
        ):
            raise ValueError(f"line {own['id']}: speaker")
    return {line["id"]: line["speaker"] for line in told}


def _vtt_cues(data: bytes) -> Iterator[tuple[str, str, str, str]]:
    """Line, times, speaker and text of each cue, without escapes."""
    for block in data.decode("utf-8", "replace").split("\n\n")[1:]:
        name, _, rest = block.partition("\n")
        times, _, text = rest.partition("\n")
        if name == "NOTE":
            continue
        voice = re.match(r"<v ([^>]*)>", text)
        text = text[voice.end() :] if voice else text
        line = re.sub(r"/[0-9]+\Z", "", name)
        yield line, times, html.unescape(voice.group(1)) if voice else "", html.unescape(text.replace("\n", ""))


def _srt_cues(data: bytes) -> Iterator[tuple[str, str]]:
    """Times (as WebVTT writes them) and text of each cue."""
    for block in filter(None, data.decode("utf-8", "replace").split("\n\n")):
        _, _, rest = block.partition("\n")
        times, _, text = rest.partition("\n")
        yield times.replace(",", "."), _narrow(text.replace("\n", ""))


def _narrow(text: str) -> str:
    """SRT has no escapes: marks of formatting stand there as their full-width twins."""
    return text.replace("＜", "<").replace("｛", "{")
