"""What consoles ask for every two seconds is kept as people come and go: it is what a look at everybody finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.meetings.find import CreditorIndex
from tests.fakes.meeting_driver import Driver
from tests.fakes.small_roll import ROLL
from voting.attendance import Board, RunningBoard
from voting.leaves import Count, Presence
from voting.roll import Roll
from voting.rolls import Registered
from voting.words import Channel, Group, Standing

pytestmark = pytest.mark.unit


def looked_at(present: set[str]) -> Board:
    """The board by going over the whole roll."""

    def count(creditors: set[str], group: Group | None = None) -> Count:
        rows = [each for each in ROLL if each.kind is not Standing.NONE and each.creditor in creditors]
        mine = [each for each in rows if group is None or each.group is group]
        return Count(sum(each.amount_fen for each in mine), len({each.creditor for each in mine}))

    everybody = {each.creditor for each in ROLL}
    groups = {each.group for each in ROLL if each.kind is not Standing.NONE}
    return Board(
        present=count(present),
        total=count(everybody),
        by_group={group: (count(present, group), count(everybody, group)) for group in Group if group in groups},
    )


STEPS = st.lists(st.tuples(st.sampled_from((*"abcdefg", "a stranger")), st.sampled_from(("in", "out"))), max_size=30)


@given(STEPS, st.integers(0, 30))
def test_the_board_is_what_a_look_at_everybody_finds(steps: list[tuple[str, str]], before: int) -> None:
    driver = Driver()
    board = RunningBoard(Roll("sha256", "roll-1", ROLL))
    for number, (attendee, state) in enumerate(steps):
        name = attendee.replace(" ", "-")
        size = len(driver.leaves)
        channel = (Channel.ONLINE, Channel.ONSITE)[number % 2]
        driver.attend(name, state, channel)
        if number < before:
            continue
        if number == before:
            for each in driver.meeting.present:
                board.came(each)
        for leaf in driver.leaves[size:]:
            assert isinstance(leaf, Presence)
            board.took(leaf)
        assert board.board() == looked_at(set(driver.meeting.present))


def person(creditor: str, name: str, number: str) -> Registered:
    return Registered(creditor=creditor, name=name, number_kind="other", number=number, phone="", salt="0" * 32)


TEXT = st.text("aAbB张三12-X", max_size=4)


@given(st.dictionaries(st.text("C123", min_size=1, max_size=3), st.tuples(TEXT, TEXT), max_size=12), TEXT)
def test_the_index_finds_whom_a_look_at_everybody_finds(people: dict[str, tuple[str, str]], words: str) -> None:
    register = {creditor: person(creditor, *texts) for creditor, texts in people.items()}
    wanted = words.strip().upper()
    by_hand = [
        creditor
        for creditor, each in register.items()
        if any(wanted in text.upper() for text in (creditor, each.name, each.number))
    ]
    assert CreditorIndex(register).find(words, 100) == by_hand
    assert CreditorIndex(register).find(words, 3) == by_hand[:3]


def test_what_stands_between_people_finds_nobody() -> None:
    index = CreditorIndex({"C1": person("C1", "张三", "1"), "C2": person("C2", "李四", "2")})
    assert index.find("1\nC2", 9) == index.find("C1\x00张三", 9) == []
    assert index.find("  李 ", 9) == ["C2"]
