"""A finished record as a supervisor reads it: nothing that the court keeps from them, and all the rest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hearing import events as ev
from hearing.access_events import Access, AccessRestricted, Ground
from hearing.supervision_events import RecordLooked
from records.chain import GENESIS, make_entry
from records.editions import supervised
from records.editions.withheld import NAMELESS
from records.writing import words
from tests.fakes import secret_session as secret

pytestmark = pytest.mark.unit

TZ = words.zone("Asia/Shanghai")
WITHHELD = ("配方阿尔法七号", "合议意见是驳回", "何宇航", "当事人可知的隐私")


def with_more(entries: Sequence[ev.Entry], *events: ev.Event) -> list[ev.Entry]:
    """The log with these at its end."""
    found = list(entries)
    for event in events:
        last = found[-1]
        found.append(
            make_entry(
                session=last.session,
                seq=last.seq + 1,
                at_ms=last.at_ms,
                utc_ms=last.utc_ms + 1,
                actor="P04",
                event=event,  # type: ignore[arg-type]
                prev=last.hash or GENESIS,
            )
        )
    return found


def open_log() -> list[ev.Entry]:
    """A session of which nothing is withheld."""
    return [
        entry
        for entry in secret.secret_log()
        if not isinstance(entry.event, AccessRestricted)
        and not (isinstance(entry.event, ev.StateChanged) and entry.event.reason == "合议意见是驳回")
        and getattr(entry.event, "before", None) != "deliberating"
    ]


def test_nothing_that_is_withheld_is_in_any_document() -> None:
    entries = secret.secret_log()
    minutes = supervised.minutes_of(entries, TZ)
    report = supervised.report_of(entries, TZ, ("ab",)).decode()
    for word in WITHHELD:
        assert word not in minutes.text(), word
        assert word not in report, word
    assert secret.OPEN_WORDS in minutes.text()
    assert supervised.EDITION_ZH in minutes.text()
    assert words.WITHHELD[0] in minutes.text(), "it says where something is missing"
    assert secret.NUMBER in minutes.text(), "a supervisor is of the court: numbers are not covered"


def test_its_lines_are_hidden_or_read_without_what_is_withheld() -> None:
    record = supervised.read(secret.secret_log())
    assert not record.whole
    assert not record.shut
    hidden = {"P02@3200", "P02@6000", "P03@8200"}
    assert hidden <= record.hidden
    assert "P01@1000" not in record.hidden | record.changed.keys()
    assert record.changed["P01@9000"].text == "证人×××说完了"
    assert NAMELESS in {seat.name for seat in record.seats}
    assert not [word for word in WITHHELD for said in record.changed.values() if word in said.text + said.speaker]


def test_what_is_open_is_whole() -> None:
    entries = open_log()
    record = supervised.read(entries)
    assert (record.whole, record.hidden, record.changed, record.restricted_utc_ms) == (True, frozenset(), {}, 0)
    assert supervised.EDITION_ZH not in supervised.minutes_of(entries, TZ).text()


@pytest.mark.parametrize("access", list(Access))
def test_a_record_that_is_closed_from_end_to_end_is_shut(access: Access) -> None:
    mark = AccessRestricted(mark="all", from_ms=0, to_ms=None, access=access, ground=Ground.STATE_SECRET)
    record = supervised.read(with_more(open_log(), mark))
    assert record.shut
    assert record.restricted_utc_ms > 0


def test_a_look_changes_nothing_and_a_restriction_does() -> None:
    look = RecordLooked(account="watch", name="督察", what="seal")
    mark = AccessRestricted(mark="m", from_ms=0, to_ms=9, access=Access.COURT, ground=Ground.OTHER)
    entries = with_more(open_log(), look, mark)
    assert [supervised.changes(entry) for entry in entries[-2:]] == [False, True]
