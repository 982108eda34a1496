"""Fifteen things that are always true of a vote, and the tests that would fail if one were not.

| | Always | Held by |
|---|---|---|
| 1 | At most one ballot counts for a motion, round, creditor and group | meeting_machine, ballots |
| 2 | The running count is the recount is the verifier's | any_meeting, verify, log_export, meeting_machine |
| 3 | Agree, against, abstain, invalid and silent are those present, the rest absent | any_meeting, statute, tally |
| 4 | The order of ballots between opening and closing changes nothing | any_meeting, statute |
| 5 | The same request has the same receipt, byte for byte, after a restart too | receipts, sequencer |
| 6 | A receipt proves its leaf under every later head; heads agree; no flipped bit passes | receipts, merkle |
| 7 | Agreeing instead never turns a pass into a failure | monotonic, statute |
| 8 | Thresholds are exact at ties, for amounts up to 10^15 fen | tally, statute |
| 9 | Who is excluded, secured or without an amount changes nothing where they are barred | statute, units |
| 10 | A plan passes iff each of its groups does | statute, any_meeting |
| 11 | No ballot after the closing counts and none before it is lost, wherever it dies | receipts, vote_kill |
| 12 | A proxy for n principals is n ballots of their own | ballots |
| 13 | Paper counts iff two different clerks agree | papers, meeting_machine |
| 14 | Ballots are deemed iff the option, the court and the resolution say so | statute, any_meeting |
| 15 | Every step that is not defined is refused and leaves no trace | meeting_machine |

The statute they come from is in docs/ballot-log.md, sections 4 to 6. Each was seen to fail on a changed rule.
"""

from __future__ import annotations

import pytest

from tests.fakes.named_tests import is_there

pytestmark = pytest.mark.unit

HELD_BY: dict[int, tuple[str, ...]] = {
    1: (
        "unit/voting/test_meeting_machine.py::MeetingMachine",
        "unit/voting/test_ballots.py::test_whoever_acts_a_principal_votes_once",
    ),
    2: (
        "unit/voting/test_any_meeting.py::test_a_result_is_what_a_recount_of_the_log_gives",
        "unit/voting/test_verify.py::test_agrees_with_the_rules_on_a_random_meeting",
        "unit/voting/test_log_export.py::test_whatever_the_meeting_both_editions_are_right",
        "unit/voting/test_meeting_machine.py::MeetingMachine",
    ),
    3: (
        "unit/voting/test_any_meeting.py::test_every_head_and_fen_of_a_division_is_somewhere",
        "unit/voting/test_statute.py::test_who_is_not_counted_as_present_was_absent",
        "unit/voting/test_tally.py::test_everybody_is_counted_once",
    ),
    4: (
        "unit/voting/test_any_meeting.py::test_the_order_of_ballots_between_opening_and_closing_changes_nothing",
        "unit/voting/test_statute.py::test_where_the_last_ballot_counts_only_each_ones_own_order_matters",
    ),
    5: (
        "unit/voting/test_receipts.py::"
        "test_every_receipt_is_the_same_each_time_and_proves_its_ballot_under_every_later_head",
        "unit/voting/test_sequencer.py::test_a_receipt_is_the_same_bytes_after_a_restart",
    ),
    6: (
        "unit/voting/test_receipts.py::"
        "test_every_receipt_is_the_same_each_time_and_proves_its_ballot_under_every_later_head",
        "unit/voting/test_receipts.py::test_a_flipped_bit_of_any_leaf_is_found_even_when_the_file_is_signed_again",
        "unit/voting/test_merkle.py::test_every_consistency_is_proved_and_no_other",
    ),
    7: (
        "unit/voting/test_monotonic.py::test_agreeing_instead_never_makes_a_pass_fail",
        "unit/voting/test_statute.py::test_a_ballot_turned_into_agreement_never_makes_a_pass_fail",
        "unit/voting/test_statute.py::test_one_more_who_comes_and_votes_against_can_turn_a_pass_by_heads",
    ),
    8: (
        "unit/voting/test_tally.py::test_half_of_the_heads_is_not_enough_and_one_more_is",
        "unit/voting/test_tally.py::test_half_of_the_amount_is_enough_and_a_fen_less_is_not",
        "unit/voting/test_tally.py::test_two_thirds_of_the_amount_are_enough_and_a_fen_less_is_not",
        "unit/voting/test_statute.py::test_a_tie_of_amounts_passes_and_a_fen_less_fails_everywhere",
        "unit/voting/test_statute.py::test_a_tie_of_heads_fails_and_one_head_more_passes_everywhere",
    ),
    9: (
        "unit/voting/test_statute.py::test_who_is_barred_or_excluded_changes_nothing",
        "unit/voting/test_units.py::test_order_does_not_matter_and_who_is_excluded_changes_nothing",
    ),
    10: (
        "unit/voting/test_statute.py::test_a_plan_passes_iff_each_of_its_groups_does",
        "unit/voting/test_any_meeting.py::test_every_head_and_fen_of_a_division_is_somewhere",
    ),
    11: (
        "unit/voting/test_receipts.py::test_a_store_that_dies_at_any_write_loses_no_receipt_and_counts_nothing_late",
        "integration/test_vote_kill.py",
    ),
    12: ("unit/voting/test_ballots.py::test_a_proxy_for_n_principals_counts_as_n_ballots_of_their_own",),
    13: (
        "unit/voting/test_papers.py::test_a_paper_counts_iff_two_different_clerks_agree",
        "unit/voting/test_meeting_machine.py::MeetingMachine",
    ),
    14: (
        "unit/voting/test_statute.py::test_deeming_needs_the_court_and_the_resolution_and_nothing_else_may_name_them",
        "unit/voting/test_any_meeting.py::test_ballots_are_deemed_iff_the_option_and_the_court_say_so",
    ),
    15: ("unit/voting/test_meeting_machine.py::MeetingMachine",),
}


def test_the_table_has_all_fifteen() -> None:
    rows = [line for line in (__doc__ or "").splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert [int(row.split("|")[1]) for row in rows] == list(HELD_BY) == list(range(1, 16))


@pytest.mark.parametrize("number", HELD_BY)
def test_what_the_table_names_is_there(number: int) -> None:
    assert [named for named in HELD_BY[number] if not is_there(named)] == []
