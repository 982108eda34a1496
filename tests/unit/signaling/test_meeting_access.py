"""Links and passes of creditors: only the right person of the right meeting, and only until they are ended."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import UserError
from signaling.meetings.access import PASS_LIFETIME_MS, Access

pytestmark = pytest.mark.unit

MEETING, OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"
NOW_MS = 1_800_000_000_000


def access() -> tuple[Access, dict[str, int]]:
    generations: dict[str, int] = defaultdict(int)
    return Access(b"k" * 32, lambda meeting, person: generations[person]), generations


def refused(doors: Access, meeting: str, token: str, utc_ms: int) -> bool:
    try:
        doors.holder(meeting, token, utc_ms)
    except UserError as problem:
        return problem.code == "credential-invalid"
    return False


def test_a_code_is_of_one_person_in_one_meeting() -> None:
    doors, generations = access()
    code = doors.code(MEETING, "C1")
    assert len(code) == 16
    assert doors.is_code(MEETING, "C1", f" {code[:4].lower()}-{code[4:]} ")
    assert not doors.is_code(MEETING, "C2", code)
    assert not doors.is_code(OTHER, "C1", code)
    generations["C1"] += 1
    assert not doors.is_code(MEETING, "C1", code)
    assert doors.is_code(MEETING, "C1", doors.code(MEETING, "C1"))


def test_a_pass_is_of_one_person_for_its_time() -> None:
    doors, generations = access()
    token = doors.new_pass(MEETING, "C1", NOW_MS)
    assert doors.holder(MEETING, token, NOW_MS + PASS_LIFETIME_MS) == "C1"
    assert refused(doors, MEETING, token, NOW_MS + PASS_LIFETIME_MS + 1)
    assert refused(doors, OTHER, token, NOW_MS)
    assert refused(doors, MEETING, token.replace("C1", "C2"), NOW_MS)
    generations["C1"] += 1
    assert refused(doors, MEETING, token, NOW_MS)


@given(st.text(max_size=300), st.integers(0, 60))
def test_whatever_is_shown_instead_of_a_pass_is_refused(noise: str, at: int) -> None:
    doors, _ = access()
    token = doors.new_pass(MEETING, "C1", NOW_MS)
    assert refused(doors, MEETING, noise, NOW_MS)
    changed = token[:at] + ("0" if token[at : at + 1] != "0" else "1") + token[at + 1 :]
    assert refused(doors, MEETING, changed, NOW_MS)
    assert not doors.is_code(MEETING, "C1", noise)
