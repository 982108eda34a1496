"""Where an exhibit was shown the minutes say 【证据N】: once for a showing, not for its pages, not beside a note."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hearing import events as ev
from hearing.exhibit_events import ExhibitEvent, ExhibitHidden, ExhibitShown, ExhibitSubmitted
from hearing.exhibit_notes import noted
from hearing.state import Hearing, apply
from hearing.transcript import Transcript
from hearing.transcript_events import LineKind, LineStruck, LineWritten
from tests.fakes.hearings import created

pytestmark = pytest.mark.unit


class Court:
    """Keeps what follows from events on exhibits, a second each."""

    def __init__(self) -> None:
        self.hearing, self.transcript = Hearing(), Transcript()
        self.keep([created()])
        self.keep([submitted(number) for number in (1, 2)])

    def keep(self, events: Sequence[ev.AnyEvent]) -> None:
        for event in events:
            seq = self.hearing.last_seq + 1
            entry = ev.Entry(
                session="S", seq=seq, at_ms=seq * 1_000, utc_ms=0, actor="judge", event=event, prev="", hash=""
            )
            self.hearing = apply(self.hearing, entry)
            self.transcript.apply(entry)

    def do(self, *events: ExhibitEvent) -> None:
        self.keep(noted(self.hearing, self.transcript, events, self.hearing.last_at_ms))

    def write(self, text: str, kind: LineKind = LineKind.NOTE) -> None:
        at_ms = self.hearing.last_at_ms
        line = LineWritten(
            line=f"w{self.hearing.last_seq + 1}",
            kind=kind,
            participant=None,
            language="zh-CN",
            from_ms=at_ms,
            to_ms=at_ms,
            text=text,
        )
        self.keep([line])

    @property
    def minutes(self) -> list[str]:
        return [line.text for line in self.transcript.shown()]


def submitted(number: int) -> ExhibitSubmitted:
    return ExhibitSubmitted(
        number=number, name="病历", source="原告", purpose="证明伤情", participant="plaintiff", kind="pdf", file="f",
        size_bytes=1, sha256=str(number) * 64, sm3="b" * 64, pages=3,
    )  # fmt: skip


def shown(number: int, page: int = 1) -> ExhibitShown:
    return ExhibitShown(number=number, sha256=str(number) * 64, page=page)


def hidden(number: int) -> ExhibitHidden:
    return ExhibitHidden(number=number, sha256=str(number) * 64)


def test_a_showing_has_one_line_at_its_moment_whatever_pages_are_turned() -> None:
    court = Court()
    court.do(shown(1))
    court.do(shown(1, page=2))
    court.do(shown(1, page=3))
    (line,) = court.transcript.shown()
    assert (line.text, line.kind, line.participant, line.from_ms) == ("【证据1】", LineKind.EXHIBIT, None, 3_000)
    assert "病历" not in line.text, "an edition may leave the exhibit out"


def test_one_in_place_of_another_has_its_own_line() -> None:
    court = Court()
    court.do(shown(1))
    court.do(hidden(1), shown(2))
    court.do(hidden(2))
    assert court.minutes == ["【证据1】", "【证据2】"]


def test_there_is_no_second_line_behind_a_note_of_the_clerk_or_a_slip_of_the_hand() -> None:
    court = Court()
    court.write("【证据1】病历一份", LineKind.EXHIBIT)
    court.do(shown(1))
    court.do(hidden(1))
    court.do(shown(1))
    assert court.minutes == ["【证据1】病历一份"]
    court.do(hidden(1))
    court.write("被告质证")
    court.do(shown(1))
    assert court.minutes == ["【证据1】病历一份", "被告质证", "【证据1】"]


def test_what_the_clerk_strikes_stays_out() -> None:
    court = Court()
    court.do(shown(1))
    (line,) = court.transcript.shown()
    court.keep([LineStruck(line=line.id, revision=1, struck=True, reason="误操作")])
    court.do(shown(1, page=2))
    assert court.minutes == []
