"""Restricting parts of the record, lifting it, and hearing cases together."""

from __future__ import annotations

import msgspec
import pytest

from hearing.access import Restrictions, join_case, lift, restrict
from hearing.access_events import Access, AccessRestricted, CaseJoined, Ground
from hearing.errors import Refused
from hearing.session import State
from hearing.state import Hearing, Person
from tests.fakes.hearings import chained_events, created

pytestmark = pytest.mark.unit


def hearing(state: State = State.IN_SESSION) -> Hearing:
    people = {seat.participant: Person(seat=seat) for seat in created().seats}
    return Hearing(session="s", state=state, people=people, last_seq=6)


def known(*events: object) -> Restrictions:
    return Restrictions(chained_events("s", [created(), *events]))  # type: ignore[list-item]


def test_a_restriction_holds_until_it_is_lifted() -> None:
    before = known()
    (event,) = restrict(hearing(), before, from_ms=5, to_ms=9, access=Access.COURT, ground=Ground.TRADE_SECRET)
    assert isinstance(event, AccessRestricted)
    now = known(event)
    assert now.marks == {"r7": event}
    (lifted,) = lift(hearing(), now, "r7", "公开")
    assert not known(event, lifted).marks
    with pytest.raises(Refused, match="unknown-mark"):
        lift(hearing(), before, "r7", "")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("bad-time", {"to_ms": 5}),
        ("bad-time", {"from_ms": -1}),
        ("unknown-participant", {"participant": "nobody"}),
        ("unknown-case", {"case_no": "(2026)粤01民初9号"}),
        ("too-long", {"reason": "长" * 501}),
    ],
)
def test_what_makes_no_sense_is_refused(code: str, changes: dict[str, object]) -> None:
    wanted = {"from_ms": 5, "to_ms": 9, "access": Access.COURT, "ground": Ground.OTHER, **changes}
    with pytest.raises(Refused, match=code):
        restrict(hearing(), known(), **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [State.SCHEDULED, State.WAITING, State.SEALED])
def test_nothing_is_restricted_before_the_opening_or_after_the_seal(state: State) -> None:
    with pytest.raises(Refused, match="not-open"):
        restrict(hearing(state), known(), from_ms=0, to_ms=None, access=Access.COURT, ground=Ground.OTHER)


def test_a_case_joins_once() -> None:
    (joined,) = join_case(hearing(), known(), "(2026)粤01民初9号", "借款合同纠纷")
    assert joined == CaseJoined(case_no="(2026)粤01民初9号", cause="借款合同纠纷")
    now = known(joined)
    assert list(now.cases) == [created().case_no, "(2026)粤01民初9号"]
    assert join_case(hearing(), now, "(2026)粤01民初9号", "借款合同纠纷") == []
    (closed,) = restrict(
        hearing(), now, from_ms=0, to_ms=9, access=Access.PARTIES, ground=Ground.OTHER, case_no="(2026)粤01民初9号"
    )
    assert msgspec.to_builtins(closed)["case_no"] == "(2026)粤01民初9号"
