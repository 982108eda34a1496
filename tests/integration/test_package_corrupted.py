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


@pytest.mark.parametrize("time", [0, pytest.param(1, marks=pytest.mark.long)])
def test_every_corruption_is_found_and_named(tmp_path: Path, time: int) -> None:
    ours = f"{time * KINDS}:{(time + 1) * KINDS}"
    first, _, end = os.environ.get("YUNTING_CORRUPTIONS", ours).partition(":")
    seeds = range(int(first), int(end))
    done = corrupt_many(tmp_path, seeds)
    assert done.total() == len(seeds)
    assert len(done) == min(len(seeds), KINDS)
