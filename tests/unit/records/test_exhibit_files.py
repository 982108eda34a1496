"""The table of exhibits, the player's facts and the composite say when which page was shown."""

from __future__ import annotations

import csv
import io

import pytest

from hearing.exhibit_events import ExhibitHidden, ExhibitShown, ExhibitSubmitted
from records import timeline
from records.package.exhibit_files import exhibit_facts, exhibits_csv, register_of
from tests.fakes.hearings import chained_events, created

pytestmark = pytest.mark.unit

PDF = ExhibitSubmitted(
    number=1, name="合同", source="原告", purpose="证明欠款", participant="plaintiff", kind="pdf", file="exhibits/X",
    size_bytes=1, sha256="a" * 64, sm3="b" * 64, pages=3,
)  # fmt: skip


def test_each_page_has_its_own_time() -> None:
    shown = [ExhibitShown(number=1, sha256=PDF.sha256, page=page) for page in (1, 3)]
    entries = chained_events("S", [created(), PDF, *shown, ExhibitHidden(number=1, sha256=PDF.sha256)])
    line, register = timeline.read(entries), register_of(entries)
    (facts,) = exhibit_facts(register, line)
    assert facts.shown == [(3, 4, 1), (4, 5, 3)]
    row = list(csv.reader(io.StringIO(exhibits_csv(register, line).decode("utf-8-sig"))))[1]
    assert [each.rpartition(" ")[2] for each in row[9].split("; ")] == ["第1页", "第3页"]
    assert [(each.span.from_ms, each.exhibit.page) for each in line.exhibitions] == [(3, 1), (4, 3)]
