"""One more agreement never turns a pass into a failure; two persons are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.countersign import LIFETIME_MS, Countersign
from voting.leaves import Options
from voting.requests import CloseMotion
from voting.rules import rule_set
from voting.tally import count_units, division_result
from voting.words import ALL, Base, Choice, Group, Matter, Silent

pytestmark = pytest.mark.unit

UNITS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 6), min_size=1)


@given(UNITS, st.data(), st.sampled_from(Silent), st.sampled_from(Matter), st.sampled_from(Base))
def test_agreeing_instead_never_makes_a_pass_fail(
    units: dict[str, int], data: st.DataObject, silent: Silent, matter: Matter, base: Base
) -> None:
    """Against, abstention, silence in the hall and staying away alike; in every group of a plan."""
    rule = rule_set("EBL2006+JI3").matters[matter]
    choices = st.sampled_from((Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN))
    ballots = {unit: data.draw(choices) for unit in units if data.draw(st.booleans())}
    here = {unit for unit in units if data.draw(st.booleans())}
    options = Options(silent=silent, equity_base=base)
    changed = ballots | {data.draw(st.sampled_from(sorted(units))): Choice.AGREE}
    for division in (*map(str, Group),) if rule.by_group else (ALL,):
        threshold = rule.threshold_of(division)
        before = division_result(division, threshold, options, count_units(units, ballots, here))
        after = division_result(division, threshold, options, count_units(units, changed, here))
        assert after.passed or not before.passed


def test_one_person_is_never_two_and_a_first_half_expires() -> None:
    waiting, act = Countersign(), CloseMotion(motion="m1", round=1)
    assert waiting.ask(act, "chair", 0) is None
    assert waiting.ask(act, "chair", 1) is None
    assert waiting.ask(CloseMotion(motion="m1", round=1, early=True), "administrator", 2) is None
    assert waiting.ask(act, "administrator", 3) == ("chair", "administrator")
    assert waiting.ask(act, "chair", 4) is None
    assert waiting.ask(act, "administrator", 4 + LIFETIME_MS) is None
