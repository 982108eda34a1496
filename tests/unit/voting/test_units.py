"""Who votes on what, with what: the statute's rows, provisional amounts, security, blocs and exclusions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearing.errors import Refused
from tests.fakes.small_roll import ROLL
from voting.leaves import Bloc, Options
from voting.roll_entry import RollEntry
from voting.rules import rule_set
from voting.units import units_of
from voting.words import Group, Matter, Secured

pytestmark = pytest.mark.unit

RULES = rule_set("EBL2006+JI3").matters


def test_one_head_for_a_creditor_with_several_claims_and_none_without_a_vote() -> None:
    units = units_of(RULES[Matter.ORDINARY], Options(), (), ROLL)
    assert units == {"all": {"a": 107, "b": 0, "c": 100, "d": 11, "g": 50}}


def test_security_may_count_in_ordinary_matters_and_never_in_those_it_is_barred_from() -> None:
    include = Options(secured=Secured.INCLUDE)
    assert units_of(RULES[Matter.MANAGEMENT], include, (), ROLL)["all"]["b"] == 500
    for matter in (Matter.DISTRIBUTION, Matter.COMPOSITION):
        assert units_of(RULES[matter], include, (), ROLL) == {"all": {"a": 107, "c": 100, "d": 11, "g": 50}}


def test_a_plan_has_a_head_for_each_group_that_it_touches() -> None:
    groups = (Group.EQUITY, Group.SECURED, Group.WAGE)
    assert units_of(RULES[Matter.PLAN], Options(), groups, ROLL) == {
        "equity": {"e": 900},
        "secured": {"b": 500, "c": 300},
        "wage": {"a": 7, "d": 11},
    }


def test_a_bloc_is_one_head_with_all_amounts_and_leaves_its_creditors_their_other_claims() -> None:
    options = Options(bloc=(Bloc(Group.WAGE, "union"),))
    assert units_of(RULES[Matter.ORDINARY], options, (), ROLL)["all"] == {
        "a": 100,
        "bloc:wage": 18,
        "b": 0,
        "c": 100,
        "g": 50,
    }
    assert units_of(RULES[Matter.PLAN], options, (Group.WAGE,), ROLL, {"d"}) == {"wage": {"bloc:wage": 7}}
    assert units_of(RULES[Matter.PLAN], options, (Group.WAGE,), ROLL, {"a", "d"}) == {"wage": {}}


@given(st.permutations(ROLL), st.sets(st.sampled_from("abcdefg")), st.sampled_from(Matter))
def test_order_does_not_matter_and_who_is_excluded_changes_nothing(
    roll: list[RollEntry], excluded: set[str], matter: Matter
) -> None:
    groups = (Group.EQUITY, Group.ORDINARY, Group.SECURED, Group.WAGE) if matter is Matter.PLAN else ()
    without = [line for line in ROLL if line.creditor not in excluded]
    assert units_of(RULES[matter], Options(), groups, roll, excluded) == units_of(
        RULES[matter], Options(), groups, without
    )


def test_an_unknown_rule_set_is_refused() -> None:
    with pytest.raises(Refused, match="unknown-ruleset"):
        rule_set("EBL2049")
