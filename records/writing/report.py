"""录音录像情况记录: the statement that goes with a recording (法释〔2017〕5号 art 4), made from the log alone."""

from __future__ import annotations

import datetime
from html import escape

from hearing import sealing as seals
from hearing.events import Entry, StateChanged
from hearing.session import Move
from records.coverage import Coverage
from records.timeline import Timeline
from records.writing import narrate, words

_STYLE = """
body{font:16px/1.7 "Noto Serif CJK SC","Source Han Serif SC","SimSun",serif;color:#111}
body{max-width:860px;margin:40px auto;padding:0 24px}
h1{text-align:center;font-size:26px;letter-spacing:.2em}h2{font-size:18px;margin:28px 0 8px}
table{border-collapse:collapse;width:100%}
td,th{border:1px solid #555;padding:6px 10px;text-align:left;vertical-align:top}
th{background:#f1f1ee;white-space:nowrap;font-weight:600}
.sign{margin-top:48px;display:flex;justify-content:space-between}
small{color:#555}@media print{body{margin:0}}
"""
_MOVES_LISTED = {Move.OPEN, Move.CLOSE, Move.REOPEN, Move.CONVERT_OFFLINE}


def write_report(
    timeline: Timeline, coverage: Coverage, entries: list[Entry], tz: datetime.tzinfo, keys: tuple[str, ...]
) -> bytes:
    """A self-contained HTML page for print: start, end, interruptions with reason and operator, gaps, incidents.

    `keys` are fingerprints: the key that signs the package, then others that had signed heads of this log."""
    created = timeline.created

    def wall(session_ms: int) -> str:
        return words.local(timeline.utc_at(session_ms), tz).strftime("%Y-%m-%d %H:%M:%S")

    def who(actor: str) -> str:
        return escape(narrate.person(timeline.seats, actor)[0])

    facts = [
        ("法院", created.court),
        ("案号", created.case_no),
        ("庭次", created.hearing_no),
        ("案由", created.cause),
        ("是否公开", "公开" if created.public else "不公开"),
        ("时长", words.clock(timeline.duration_ms)),
        ("应录时长", f"{words.clock(coverage.due_ms)}（已扣除依法中断 {words.clock(coverage.lawful_break_ms)}）"),
        ("实录时长", f"{words.clock(coverage.recorded_ms)}（{coverage.ppm / 10_000:.2f}%）"),
        ("法院密钥指纹", keys[0]),
    ]
    changed = "（庭审日志曾由此密钥签名；本卷宗包由现用密钥签署）"
    facts += [("曾用法院密钥", former + changed) for former in keys[1:]]
    course = [
        (entry.at_ms, narrate.tell(entry.event, timeline).zh, entry.actor)
        for entry in entries
        if isinstance(entry.event, StateChanged) and entry.event.move in _MOVES_LISTED
    ]
    parts = [
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>录音录像情况记录</title>",
        f"<style>{_STYLE}</style><h1>录音录像情况记录</h1><table>",
        *(f"<tr><th>{escape(name)}<td>{escape(text)}" for name, text in facts),
        "</table><h2>一、启动与停止</h2>",
        _table(
            ("时间", "庭审时钟", "事项", "操作人"),
            [(wall(at), words.clock(at), escape(text), who(actor)) for at, text, actor in course],
        ),
        "<h2>二、中断</h2>",
        _table(
            ("起止", "时长", "原因", "操作人"),
            [
                (
                    f"{wall(s.span.from_ms)}<br>{wall(s.span.to_ms)}",
                    words.clock(s.span.length_ms),
                    escape(
                        (words.PAUSES[s.pause][0] if s.pause else "闭庭后撤销")
                        + (f"：{s.reason}" if s.reason else "")
                    ),
                    who(s.actor),
                )
                for s in timeline.breaks
            ],
        ),
        "<h2>三、媒体缺口</h2>",
        _table(
            ("席位", "类型", "庭审时钟", "时长（秒）", "原因"),
            [
                (
                    escape(f"{narrate.person(timeline.seats, track.participant)[0]}（{track.file}）"),
                    _both(words.media(gap.kind)),
                    f"{words.clock(gap.span.from_ms, True)}–{words.clock(gap.span.to_ms, True)}",
                    f"{gap.span.length_ms / 1000:.2f}",
                    _both(words.cause(gap.cause)),
                )
                for track in timeline.tracks
                for gap in track.gaps
            ],
        ),
        "<h2>四、录制异常</h2>",
        _table(
            ("庭审时钟", "原因", "系统记录", "书面说明", "审判长签名"),
            [
                (
                    f"{words.clock(i.from_ms, True)}–{words.clock(i.to_ms, True) if i.to_ms is not None else '结束'}",
                    _both(words.cause(i.cause)),
                    escape(i.detail),
                    _statement(i, timeline),
                    _signature(i, timeline, tz),
                )
                for i in seals.of_log(entries).incidents.values()
            ],
        ),
        "<h2>五、未列明的缺失（超过200毫秒）</h2>",
        _table(
            ("轨道", "庭审时钟"),
            [
                (
                    escape(hole.track or "全部"),
                    f"{words.clock(hole.span.from_ms, True)}–{words.clock(hole.span.to_ms, True)}",
                )
                for hole in coverage.unlisted
            ],
        ),
        "<div class=sign><span>书记员：________________</span><span>审判长：________________</span></div>",
        "<p><small>本记录由云庭根据事件日志自动生成；日志及其签名见 data/events/。</small></html>",
    ]
    return "\n".join(parts).encode()


def _statement(incident: seals.Incident, timeline: Timeline) -> str:
    """What the clerk wrote, and who that was."""
    if not incident.statement:
        return "（尚未说明）"
    lines = "<br>".join(escape(line) for line in incident.statement.splitlines())
    return f"{lines}<br><small>{escape(narrate.person(timeline.seats, incident.written_by)[0])}</small>"


def _signature(incident: seals.Incident, timeline: Timeline, tz: datetime.tzinfo) -> str:
    """Who signed the statement and when, with the hash of what was signed."""
    signed = incident.signed
    if signed is None:
        return "（尚未签名）"
    when = words.local(signed.signed_utc_ms, tz).strftime("%Y-%m-%d %H:%M:%S")
    who = escape(narrate.person(timeline.seats, signed.participant)[0])
    return f"{who}<br><small>{when}<br>SHA-256 {signed.statement_sha256[:16]}…</small>"


def _both(pair: tuple[str, str]) -> str:
    """Chinese, and English below it in small print."""
    return f"{escape(pair[0])}<br><small>{escape(pair[1])}</small>"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Cells are HTML already; an empty table is the word 无."""
    if not rows:
        return "<p>无</p>"
    lines = ["<table><tr>" + "".join(f"<th>{escape(cell)}" for cell in head)]
    lines += ["<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows]
    return "\n".join([*lines, "</table>"])
