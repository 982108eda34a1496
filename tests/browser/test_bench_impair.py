"""`yunting bench impair` at its shortest: a viewer behind a lossy link and one beside it, through both SFUs."""

from __future__ import annotations

import os
import shutil

import pytest

from yunting.bench.impair.run import ImpairOptions, run

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(120)]


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed: apt-get install chromium")
@pytest.mark.skipif(shutil.which("janus") is None, reason="Janus is not installed: apt-get install janus")
def test_both_viewers_see_and_hear_and_only_one_link_loses() -> None:
    result = run(ImpairOptions(scenarios=("loss5",), scale=0.2, dataplane="plain"))
    assert result.failures == ()
    assert [(row.contender, row.viewer) for row in result.rows] == [
        ("yunting plain", "behind"),
        ("yunting plain", "beside"),
        ("janus shipped", "behind"),
        ("janus shipped", "beside"),
    ]
    for row in result.rows:
        assert row.frames_per_s > 3
        assert row.kbit_per_s > 20
        assert row.audio_gap_ms < 3000
        assert (row.link_lost_percent > 1) == (row.viewer == "behind")


@pytest.mark.parametrize(
    "options", [ImpairOptions(scenarios=("storm",)), ImpairOptions(contenders=("nobody",)), ImpairOptions(scale=0)]
)
def test_unknown_names_are_refused(options: ImpairOptions) -> None:
    with pytest.raises(ValueError, match="unknown"):
        run(options)
