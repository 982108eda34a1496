"""The bad input that a creditors' meeting has to stand, by name, and the tests that put it there."""

from __future__ import annotations

import pytest

from tests.fakes.named_tests import is_there

pytestmark = pytest.mark.unit

PUT_BY: dict[str, tuple[str, ...]] = {
    "duplicate ballots": (
        "unit/voting/test_ballots.py::test_a_second_ballot_is_refused_with_the_place_of_the_first",
        "unit/voting/test_ballots.py::test_whoever_acts_a_principal_votes_once",
    ),
    "late ballots": (
        "unit/voting/test_ballots.py::test_after_the_closing_the_refusal_has_what_a_late_receipt_needs",
        "unit/voting/test_papers.py::test_paper_received_in_time_counts_until_the_result_and_later_paper_is_late",
        "integration/test_meeting_robust.py::test_forged_replayed_foreign_and_late_ballots_by_https",
    ),
    "replayed ballots": (
        "unit/voting/test_ballots.py::test_the_same_request_again_gives_the_same_leaf_before_and_after_the_closing",
        "unit/voting/test_ballots.py::test_the_same_id_with_another_content_is_refused",
        "integration/test_meeting_robust.py::test_forged_replayed_foreign_and_late_ballots_by_https",
    ),
    "forged ballots": (
        "unit/signaling/test_meeting_access.py::test_whatever_is_shown_instead_of_a_pass_is_refused",
        "unit/voting/test_verify.py::test_a_forged_receipt_is_named",
        "integration/test_meeting_robust.py::test_forged_replayed_foreign_and_late_ballots_by_https",
    ),
    "ballots of another meeting": (
        "unit/voting/test_ballots.py::test_a_ballot_of_another_meeting_is_refused",
        "unit/signaling/test_meeting_access.py::test_a_pass_is_of_one_person_for_its_time",
    ),
    "the wrong group": (
        "unit/voting/test_ballots.py::test_a_plan_is_voted_on_in_the_groups_of_ones_claims",
        "unit/voting/test_ballots.py::test_what_is_wrong_with_a_ballot_is_said",
    ),
    "amounts beyond 10^15 fen": (
        "unit/voting/test_roll_files.py::test_amounts_beyond_the_roll_are_refused",
        "unit/voting/test_roll_files.py::test_a_bad_row_is_named_and_the_others_are_read",
    ),
    "bad ids, negative and fractional fen": (
        "unit/voting/test_roll_files.py::test_a_bad_row_is_named_and_the_others_are_read",
        "unit/voting/test_roll_files.py::test_fen_columns_take_whole_fen_only",
    ),
    "duplicate creditors": ("unit/voting/test_roll_files.py::test_contradictions_name_the_other_line",),
    "BOM and GBK": ("unit/voting/test_roll_files.py::test_encodings_and_delimiters",),
    "files of 200 MB": (
        "soak/test_large_table.py::test_a_csv_of_two_hundred_megabytes_is_read_to_its_end",
        "unit/voting/test_roll_files.py::test_a_table_that_is_too_large_is_refused_unread",
        "unit/voting/test_roll_files.py::test_what_an_xlsx_claims_to_unpack_to_is_not_believed",
    ),
    "a store that fails to commit": (
        "unit/voting/test_sequencer.py::test_a_failed_commit_stops_all_and_hands_out_nothing",
        "unit/voting/test_receipts.py::test_a_store_that_dies_at_any_write_loses_no_receipt_and_counts_nothing_late",
        "integration/test_meeting_store_fails.py",
    ),
    "clock steps": (
        "unit/voting/test_clock_steps.py::test_whatever_clocks_do_the_log_never_goes_back_and_nothing_closes_early",
        "unit/voting/test_clock_steps.py::test_a_step_of_the_wall_clock_moves_no_opening_no_extension_and_no_closing",
    ),
    "a client that opens 10,000 sockets": (
        "integration/test_meeting_robust.py::test_whoever_opens_thousands_of_sockets_takes_nobody_elses",
        "integration/test_meeting_robust.py::test_one_creditor_has_a_few_sockets_and_the_newest_stay",
    ),
    "names that are formulas": (
        "unit/voting/test_sheets.py::test_no_name_becomes_a_formula_or_a_link",
        "integration/test_meeting_robust.py::test_no_name_in_the_table_of_links_is_a_formula",
    ),
}


@pytest.mark.parametrize("named", PUT_BY)
def test_each_kind_of_bad_input_has_its_tests(named: str) -> None:
    assert [each for each in PUT_BY[named] if not is_there(each)] == []
