"""An edition may hold less than the record, but only where it says so, and its chain still holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from records import verify
from records.keys import CourtKey
from tests.fakes.bagged import bagged, chained, log_of, wrong
from tests.fakes.hearings import SEATS
from tests.fakes.minutes import Sitting, said

pytestmark = pytest.mark.unit
KEY = CourtKey.generate()
DERIVATION = "data/derivation.json"


def sitting() -> Sitting:
    sat = Sitting(SEATS).at(60_000)
    sat.note(said("没有异议。", 1_000))
    sat.note(said("同意。", 3_000))
    return sat


def derivation(log: list[dict[str, Any]], **other: Any) -> dict[str, bytes]:
    counted = {
        "withheld": sum("withheld" in entry for entry in log),
        "masked": sum("masked" in entry for entry in log),
    }
    told = {
        "format": "yunting-derivation/1",
        "edition": "party",
        "case": "",
        "court_manifest_sha512": "0" * 128,
        "files": [],
        "left_out": [],
        "entries": {"whole": len(log) - sum(counted.values()), **counted},
        **other,
    }
    return {DERIVATION: json.dumps(told).encode()}


def withheld(entry: dict[str, Any]) -> dict[str, Any]:
    return {**{name: entry[name] for name in ("session", "seq", "prev", "hash")}, "withheld": True}


def edition(folder: Path, change: Any, said_of_it: bool = True, **other: Any) -> list[tuple[str, str]]:
    entries = chained(sitting().room.entries)
    log = log_of(entries)
    log[-1] = change(log[-1])
    more = derivation(log, **other) if said_of_it else {}
    return wrong(bagged(folder, KEY, entries, log, more, {"Yunting-Edition": "party"} if said_of_it else {}), KEY)


def masked(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "event": {**entry["event"], "text": "＊＊＊"}, "masked": True}


@pytest.mark.parametrize("change", [dict, withheld, masked])
def test_withheld_and_masked_entries_keep_the_chain(change: Any, tmp_path: Path) -> None:
    assert edition(tmp_path, change) == []


@pytest.mark.parametrize("change", [withheld, masked])
def test_the_courts_own_package_hides_nothing(change: Any, tmp_path: Path) -> None:
    ((file, what),) = edition(tmp_path, change, said_of_it=False)
    assert file == verify.EVENTS
    assert "隐去" in what


def test_a_changed_entry_that_does_not_say_so_is_found(tmp_path: Path) -> None:
    ((file, what),) = edition(tmp_path, lambda entry: {**entry, "actor": "someone"})
    assert (file, "hash" in what) == (verify.EVENTS, True)


@pytest.mark.parametrize(
    "other",
    [
        {"edition": "public"},
        {"entries": {"whole": 1, "masked": 0, "withheld": 0}},
        {"format": "other"},
        {"files": [1]},
        {"left_out": None},
        {"files": [{"path": [], "how": "same"}]},
    ],
)
def test_an_edition_whose_statement_does_not_fit_is_named(other: dict[str, Any], tmp_path: Path) -> None:
    assert edition(tmp_path, withheld, **other)[0][0] == DERIVATION


def test_a_file_that_the_edition_names_has_to_be_there(tmp_path: Path) -> None:
    assert edition(tmp_path, withheld, files=[{"path": "data/x", "how": "same"}])[0][0] == "data/x"


def test_an_edition_without_its_statement_is_named(tmp_path: Path) -> None:
    folder = bagged(tmp_path, KEY, chained(sitting().room.entries), info={"Yunting-Edition": "public"})
    assert [file for file, _ in wrong(folder, KEY)] == [DERIVATION]
