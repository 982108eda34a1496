"""Exhibits: who may submit, review, show and speak of them, and how the register follows."""

from __future__ import annotations

import msgspec
import pytest

from hearing import events as ev
from hearing import exhibit_events as xe
from hearing.errors import Refused
from hearing.exhibit_commands import (
    ExhibitCommand,
    GiveOpinion,
    HandedIn,
    MoveExhibit,
    OpenExhibit,
    ShowExhibit,
    SubmitExhibit,
)
from hearing.exhibit_events import ExhibitEvent, ExhibitState, View
from hearing.exhibit_rules import decide_exhibit, may_see_exhibit
from hearing.exhibits import fold, hidden_with
from hearing.participant import Presence
from hearing.session import Move, State
from hearing.state import Hearing, Person
from tests.fakes.hearings import created

pytestmark = pytest.mark.unit

FILE = HandedIn(file="exhibits/X", kind="pdf", size_bytes=9, sha256="a" * 64, sm3="b" * 64)
ADMIT = {"authenticity": View.ADMIT, "legality": View.RESERVE, "relevance": View.DENY}


def submit(**changes: object) -> SubmitExhibit:
    fields = {"sha256": FILE.sha256, "name": "购销合同", "source": "原告", "purpose": "证明欠款", **changes}
    return msgspec.convert(fields, SubmitExhibit)


class Court:
    """Does commands and folds their events, a second each."""

    def __init__(self, state: State = State.IN_SESSION) -> None:
        people = {seat.participant: Person(seat=seat, presence=Presence.PRESENT) for seat in created().seats}
        self.hearing = Hearing(session="s", state=state, people=people)
        self.at_ms = 0

    def do(self, who: str, command: ExhibitCommand, file: HandedIn | None = FILE) -> list[str]:
        events = decide_exhibit(self.hearing, who, command, file)
        self.at_ms += 1_000
        for event in events:
            register = fold(self.hearing.exhibits, event, self.at_ms)
            self.hearing = msgspec.structs.replace(self.hearing, exhibits=register)
        return [str(event.__struct_config__.tag) for event in events]

    def put_in(self, state: State) -> None:
        self.hearing = msgspec.structs.replace(self.hearing, state=state)

    def sees(self, who: str, number: int = 1) -> bool:
        return may_see_exhibit(self.hearing, self.hearing.people[who], self.hearing.exhibits.items[number])


def reviewed() -> Court:
    court = Court()
    court.do("plaintiff", submit())
    court.do("clerk", MoveExhibit(number=1, state=ExhibitState.REVIEWED))
    return court


def refusal(court: Court, who: str, command: ExhibitCommand) -> tuple[str, str] | None:
    try:
        court.do(who, command)
    except Refused as refused:
        return refused.code, refused.zh
    return None


def test_who_may_not_see_an_exhibit_cannot_tell_that_it_is_there() -> None:
    court, empty = Court(), Court()
    court.do("plaintiff", submit())
    for command in (
        MoveExhibit(number=1, state=ExhibitState.WITHDRAWN),
        ShowExhibit(number=1),
        OpenExhibit(number=1, public=True),
        GiveOpinion(number=1, **ADMIT),
        submit(number=1),
        submit(number=2),
    ):
        for who in ("defendant", "expert", "witness"):
            told = refusal(court, who, command)
            assert told == refusal(empty, who, command)
            assert told is not None
    assert court.hearing.exhibits.open_changes == 0
    assert court.do("defendant", submit()) == ["exhibit.submitted"], "each side may bring the same contract"
    assert refusal(court, "defendant", submit()) == ("exhibit-twice", "该文件已作为证据2提交")
    assert refusal(court, "clerk", submit(number=1)) == ("exhibit-number", "证据1已存在，请换一个编号")


def test_the_others_know_of_an_exhibit_once_the_court_has_let_it_pass() -> None:
    court = Court()
    assert court.do("plaintiff", submit()) == ["exhibit.submitted"]
    seen = [who for who in court.hearing.people if court.sees(who)]
    assert seen == ["judge", "judge-2", "clerk", "plaintiff", "operator"]
    with pytest.raises(Refused, match="unknown-exhibit"):
        court.do("defendant", GiveOpinion(number=1, **ADMIT))
    with pytest.raises(Refused, match="no-right"):
        court.do("plaintiff", MoveExhibit(number=1, state=ExhibitState.REVIEWED))
    court.do("clerk", MoveExhibit(number=1, state=ExhibitState.REVIEWED))
    assert court.sees("defendant")
    assert not court.sees("witness")
    assert not court.sees("observer")
    assert not court.sees("supervisor")


def test_showing_presents_it_and_hides_the_one_before() -> None:
    court = reviewed()
    court.do("defendant", submit(sha256="c" * 64), msgspec.structs.replace(FILE, sha256="c" * 64))
    court.do("judge", MoveExhibit(number=2, state=ExhibitState.REVIEWED))
    with pytest.raises(Refused, match="no-right"):
        court.do("plaintiff", ShowExhibit(number=1))
    assert court.do("judge", ShowExhibit(number=1)) == ["exhibit.state", "exhibit.shown"]
    assert court.do("judge", ShowExhibit(number=1)) == []
    assert court.do("clerk", ShowExhibit(number=2)) == ["exhibit.hidden", "exhibit.state", "exhibit.shown"]
    assert court.do("clerk", ShowExhibit(number=2, shown=False)) == ["exhibit.hidden"]
    first, second = court.hearing.exhibits.items.values()
    assert [(s.from_ms, s.to_ms) for s in first.shown] == [(5_000, 7_000)]
    assert [(s.from_ms, s.to_ms) for s in second.shown] == [(7_000, 8_000)]
    assert first.state is ExhibitState.PRESENTED
    assert court.hearing.exhibits.shown is None


def test_it_is_hidden_when_the_court_rises() -> None:
    court = reviewed()
    court.do("judge", ShowExhibit(number=1))
    risen = ev.StateChanged(move=Move.RECESS, before=State.IN_SESSION, after=State.ADJOURNED)
    broken = ev.StateChanged(move=Move.SUSPEND, before=State.IN_SESSION, after=State.SUSPENDED)
    assert hidden_with(court.hearing.exhibits, [risen]) == [xe.ExhibitHidden(number=1, sha256=FILE.sha256)]
    assert not hidden_with(court.hearing.exhibits, [broken])
    assert not hidden_with(reviewed().hearing.exhibits, [risen])


def test_opinions_are_of_the_other_side_and_the_newest_counts() -> None:
    court = reviewed()
    with pytest.raises(Refused, match="own-exhibit"):
        court.do("plaintiff", GiveOpinion(number=1, **ADMIT))
    with pytest.raises(Refused, match="no-right"):
        court.do("judge", GiveOpinion(number=1, **ADMIT))
    assert court.do("defendant", GiveOpinion(number=1, **ADMIT)) == ["exhibit.opinion"]
    assert court.do("clerk", GiveOpinion(number=1, participant="defendant", **ADMIT)) == []
    court.do("clerk", GiveOpinion(number=1, participant="defendant", text="看不清", **ADMIT))
    assert court.hearing.exhibits.items[1].opinions["defendant"].text == "看不清"


@pytest.mark.parametrize(
    ("code", "who", "command"),
    [
        ("no-right", "observer", submit()),
        ("no-right", "witness", submit()),
        ("no-right", "defendant", submit(participant="plaintiff")),
        ("unknown-participant", "clerk", submit(participant="nobody")),
        ("exhibit-number", "clerk", submit(number=1, participant="plaintiff")),
        ("exhibit-twice", "plaintiff", submit()),
        ("no-right", "plaintiff", submit(number=7)),
        ("no-file", "plaintiff", submit(sha256="f" * 64)),
        ("unknown-exhibit", "judge", ShowExhibit(number=3)),
        ("exhibit-state", "judge", MoveExhibit(number=1, state=ExhibitState.SUBMITTED)),
        ("no-right", "plaintiff", OpenExhibit(number=1, public=True)),
    ],
)
def test_what_is_refused(code: str, who: str, command: ExhibitCommand) -> None:
    with pytest.raises(Refused, match=code):
        reviewed().do(who, command)


def test_pages_are_turned_for_everybody_and_each_is_an_event() -> None:
    court = Court()
    court.do("plaintiff", submit(), msgspec.structs.replace(FILE, pages=3))
    court.do("clerk", MoveExhibit(number=1, state=ExhibitState.REVIEWED))
    assert court.do("judge", ShowExhibit(number=1)) == ["exhibit.state", "exhibit.shown"]
    assert court.do("judge", ShowExhibit(number=1, page=3)) == ["exhibit.shown"]
    assert court.do("clerk", ShowExhibit(number=1, page=3)) == []
    with pytest.raises(Refused, match="exhibit-page"):
        court.do("judge", ShowExhibit(number=1, page=4))
    assert court.do("judge", ShowExhibit(number=1, page=2)) == ["exhibit.shown"]
    assert court.do("judge", ShowExhibit(number=1, page=2, shown=False)) == ["exhibit.hidden"]
    assert court.do("judge", ShowExhibit(number=1, shown=False)) == []
    shown = court.hearing.exhibits.items[1].shown
    assert [(each.from_ms, each.to_ms, each.page) for each in shown] == [
        (3_000, 4_000, 1),
        (4_000, 6_000, 3),
        (6_000, 7_000, 2),
    ]


@pytest.mark.parametrize("page", [2, 9_999])
def test_what_has_no_pages_is_shown_as_one(page: int) -> None:
    court = reviewed()
    with pytest.raises(Refused, match="exhibit-page"):
        court.do("judge", ShowExhibit(number=1, page=page))


def test_an_exhibit_belongs_to_a_case_that_is_heard_here_or_to_all() -> None:
    court = Court()
    court.hearing = msgspec.structs.replace(
        court.hearing, case_no="（2026）粤01民初1号", joined=("（2026）粤01民初2号",)
    )
    with pytest.raises(Refused, match=r"本庭次不审理.*3号.*1号.*2号"):
        court.do("plaintiff", submit(case_no="（2026）粤01民初3号"))
    for letter, case_no in (("a", ""), ("b", "（2026）粤01民初1号"), ("c", "（2026）粤01民初2号")):
        file = msgspec.structs.replace(FILE, sha256=letter * 64)
        court.do("plaintiff", submit(case_no=case_no, sha256=file.sha256), file)
    assert [each.submitted.case_no for each in court.hearing.exhibits.items.values()][1:] == [
        court.hearing.case_no,
        *court.hearing.joined,
    ]


@pytest.mark.parametrize("changes", [{"name": ""}, {"name": "长" * 101}, {"purpose": "\u202e反"}, {"source": " "}])
def test_words_that_cannot_stand_in_the_record(changes: dict[str, str]) -> None:
    with pytest.raises(Refused):
        Court().do("plaintiff", submit(**changes))


@pytest.mark.parametrize("state", [State.CLOSED, State.TRANSCRIPT_REVIEW, State.SEALED, State.CANCELLED])
def test_nothing_changes_once_the_session_is_over(state: State) -> None:
    court = reviewed()
    court.put_in(state)
    for who, command in (
        ("plaintiff", submit()),
        ("judge", ShowExhibit(number=1)),
        ("clerk", MoveExhibit(number=1, state=ExhibitState.WITHDRAWN)),
        ("defendant", GiveOpinion(number=1, **ADMIT)),
    ):
        with pytest.raises(Refused, match="not-open"):
            court.do(who, command)


def test_a_withdrawn_exhibit_makes_room_for_its_file_and_is_seen_by_its_owner_and_the_court() -> None:
    court = reviewed()
    court.do("plaintiff", MoveExhibit(number=1, state=ExhibitState.WITHDRAWN))
    assert not court.sees("defendant")
    assert court.sees("plaintiff")
    assert court.do("plaintiff", submit()) == ["exhibit.submitted"]
    assert list(court.hearing.exhibits.items) == [1, 2]


@pytest.mark.parametrize(
    "logged",
    [
        b'{"type":"exhibit.shown","number":1,"sha256":"ab"}',
        b'{"type":"exhibit.submitted","number":1,"name":"a","source":"b","purpose":"c","participant":"p","kind":"pdf",'
        b'"file":"f","size_bytes":1,"sha256":"ab","sm3":"cd","case_no":""}',
    ],
)
def test_exhibits_of_older_logs_keep_their_hash(logged: bytes) -> None:
    event = msgspec.json.decode(logged, type=ExhibitEvent)
    assert msgspec.json.encode(event) == logged
