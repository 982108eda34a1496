"""Every kind of corruption of a sealed package, twice: each is found and named, by both verifiers alike.

Repeat one: `YUNTING_CORRUPTIONS=from:to`, its seed being `from`. `make soak` does thousands.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes.corrupting import corrupt_many
from tests.fakes.corruptions import FOLDERS
from tests.fakes.zip_tricks import ZIPS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

KINDS = len(FOLDERS) + len(ZIPS)


def test_every_corruption_is_found_and_named(tmp_path: Path) -> None:
    first, _, end = os.environ.get("YUNTING_CORRUPTIONS", f"0:{2 * KINDS}").partition(":")
    seeds = range(int(first), int(end))
    done = corrupt_many(tmp_path, seeds)
    assert done.total() == len(seeds)
    assert len(done) == min(len(seeds), KINDS)
