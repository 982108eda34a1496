"""双语对照: the minutes' lines in two columns, what was said and what the interpreter made of it.

For reading and print. What people sign is the 笔录 in one column; this page names its hash and says the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from hearing.interpretation import rows
from hearing.roles import Role
from hearing.transcript import Line, Transcript
from records.timeline import Timeline
from records.writing import words
from records.writing.minutes import Minutes, paragraphs_of

_STYLE = """
body{font:16px/1.7 "Noto Serif CJK SC","Source Han Serif SC","SimSun",serif;color:#111}
body{max-width:1080px;margin:40px auto;padding:0 24px}
h1{text-align:center;font-size:26px;letter-spacing:.2em}p{text-align:center}
table{border-collapse:collapse;width:100%;table-layout:fixed}
td,th{border:1px solid #555;padding:6px 10px;text-align:start;vertical-align:top;overflow-wrap:anywhere}
th{background:#f1f1ee;font-weight:600}col.at{width:6em}
b{font-weight:600}small{color:#555;overflow-wrap:anywhere}tr{break-inside:avoid}@media print{body{margin:0}}
"""


def write_bilingual(line: Timeline, transcript: Transcript, minutes: Minutes) -> bytes | None:
    """A self-contained HTML page without scripts; None where nobody interpreted anything."""
    interpreters = {name for name, seat in line.seats.items() if seat.role is Role.INTERPRETER}
    found = rows(transcript, interpreters)
    if not any(row.interpretations for row in found):
        return None
    parts = [
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>双语对照</title>",
        f"<style>{_STYLE}</style><h1>双语对照</h1>",
        f"<p>{escape(minutes.court)}　{escape(minutes.case_no)}<br>",
        f"<small>内容与笔录相同，签名以笔录为准。笔录 SHA-256 {minutes.sha256}</small></p>",
        "<table><colgroup><col class=at><col><col></colgroup>",
        "<thead><tr><th>时间</th><th>原话</th><th>翻译</th></tr></thead><tbody>",
    ]
    for row in found:
        original = "".join(_shown(line, row.original))
        made = "".join(text for each in row.interpretations for text in _shown(line, each))
        if original or made:
            parts.append(f"<tr><td>{words.clock(row.original.from_ms)}</td><td>{original}</td><td>{made}</td></tr>")
    return "\n".join([*parts, "</tbody></table></html>\n"]).encode()


def _shown(line: Timeline, said: Line) -> Iterator[str]:
    for paragraph in paragraphs_of(line, said):
        who = f"<b>{escape(paragraph.speaker)}：</b>" if paragraph.speaker else ""
        # Some languages are written from right to left.
        yield f'<div lang="{escape(said.language)}">{who}<span dir=auto>{escape(paragraph.text)}</span></div>'
