"""Exhibits in a package: `data/exhibits/{number}.{kind}`, the table `data/exhibits.csv`, and the player's facts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

from hearing.events import Entry
from hearing.exhibit_events import ExhibitOpinion, View
from hearing.exhibit_rules import STATE_LABELS
from hearing.exhibits import Exhibit, Register, of_log
from records import verify
from records.package.log_files import harmless
from records.timeline import Timeline
from records.writing import narrate, words

HEADER = (
    "编号 no.",
    "名称 name",
    "来源 source",
    "证明目的 purpose",
    "提交人 submitter",
    "文件 file",
    "SHA-256",
    "SM3",
    "状态 state",
    "出示（庭审时钟） shown from/to",
    "质证意见 opinions",
)
_VIEWS = {
    View.ADMIT: ("认可", "admit"),
    View.DENY: ("不认可", "deny"),
    View.RESERVE: ("保留", "reserve"),
}


class ExhibitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An exhibit for `session.json` and the player. `path` is relative to `data/`; `shown` are session ms, each from
    and to, and the page that was shown."""

    number: int
    name: str
    source: str
    purpose: str
    submitter: str
    kind: str
    path: str
    sha256: str
    state_zh: str
    state_en: str
    shown: list[tuple[int, int, int]]
    opinions: list[str]


def register_of(entries: Iterable[Entry]) -> Register:
    """The register by this log."""
    return of_log((entry.event, entry.at_ms) for entry in entries)


def path_of(exhibit: Exhibit) -> str:
    """Where its file lies in a package. By number alone: a name could give somebody away."""
    return f"{verify.EXHIBITS}{exhibit.number:04d}.{exhibit.submitted.kind}"


def exhibit_facts(register: Register, line: Timeline) -> list[ExhibitFacts]:
    """All of them by number."""
    return [_facts(each, line) for _, each in sorted(register.items.items())]


def exhibits_csv(register: Register, line: Timeline) -> bytes:
    """The table for a spreadsheet (UTF-8 with BOM), a row for each exhibit by number."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number, each in sorted(register.items.items()):
        facts = _facts(each, line)
        leafed = each.submitted.page_count > 1
        shown = "; ".join(
            f"{words.clock(start, True)}–{words.clock(end, True)}" + (f" 第{page}页" if leafed else "")
            for start, end, page in facts.shown
        )
        row = (
            str(number),
            facts.name,
            facts.source,
            facts.purpose,
            facts.submitter,
            facts.path,
            each.submitted.sha256,
            each.submitted.sm3,
            f"{facts.state_zh} {facts.state_en}",
            shown,
            "; ".join(facts.opinions),
        )
        writer.writerow(harmless(cell) for cell in row)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _facts(exhibit: Exhibit, line: Timeline) -> ExhibitFacts:
    told = exhibit.submitted
    zh, en = STATE_LABELS[exhibit.state]
    return ExhibitFacts(
        number=told.number,
        name=told.name,
        source=told.source,
        purpose=told.purpose,
        submitter=narrate.person(line.seats, told.participant)[0],
        kind=told.kind,
        path=path_of(exhibit).removeprefix("data/"),
        sha256=told.sha256,
        state_zh=zh,
        state_en=en,
        shown=[(s.from_ms, line.duration_ms if s.to_ms is None else s.to_ms, s.page) for s in exhibit.shown],
        opinions=[_opinion(each, line) for each in exhibit.opinions.values()],
    )


def _opinion(said: ExhibitOpinion, line: Timeline) -> str:
    qualities = (("真实性", said.authenticity), ("合法性", said.legality), ("关联性", said.relevance))
    views = " ".join(f"{name}{_VIEWS[view][0]}" for name, view in qualities)
    who = narrate.person(line.seats, said.participant)[0]
    return f"{who}：{views}" + (f"（{said.text}）" if said.text else "")
