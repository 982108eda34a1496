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
from voting.words import ALL, Choice, Matter, Silent

pytestmark = pytest.mark.unit

UNITS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 6), min_size=1)


@given(UNITS, st.data(), st.sampled_from(Silent), st.sampled_from((Matter.ORDINARY, Matter.COMPOSITION)))
def test_agreeing_instead_never_makes_a_pass_fail(
    units: dict[str, int], data: st.DataObject, silent: Silent, matter: Matter
) -> None:
    threshold = rule_set("EBL2006+JI3").matters[matter].threshold
    choices = st.sampled_from((Choice.AGREE, Choice.AGAINST, Choice.ABSTAIN))
    ballots = {unit: data.draw(choices) for unit in units if data.draw(st.booleans())}
    options = Options(silent=silent)
    before = division_result(ALL, threshold, options, count_units(units, ballots, set(units)))
    changed = ballots | {data.draw(st.sampled_from(sorted(units))): Choice.AGREE}
    after = division_result(ALL, threshold, options, count_units(units, changed, set(units)))
    assert after.passed or not before.passed


def test_one_person_is_never_two_and_a_first_half_expires() -> None:
    waiting, act = Countersign(), CloseMotion(motion="m1", round=1)
    assert waiting.ask(act, "chair", 0) is None
    assert waiting.ask(act, "chair", 1) is None
    assert waiting.ask(CloseMotion(motion="m1", round=1, early=True), "administrator", 2) is None
    assert waiting.ask(act, "administrator", 3) == ("chair", "administrator")
    assert waiting.ask(act, "chair", 4) is None
    assert waiting.ask(act, "administrator", 4 + LIFETIME_MS) is None
