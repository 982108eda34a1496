"""Two thousand random corruptions of a sealed package, with other seeds than those of every test run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.corrupting import corrupt_many

pytestmark = pytest.mark.soak


def test_two_thousand_corruptions_are_found_and_named(tmp_path: Path) -> None:
    done = corrupt_many(tmp_path, range(1_000, 3_000))
    print("\n".join(f"{count:5} {name}" for name, count in done.most_common()))  # noqa: T201
