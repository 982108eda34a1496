"""`yunting bench janus` at its smallest: Debian's Janus and Yunting in one namespace, nothing lost."""

from __future__ import annotations

import os
import shutil

import pytest

from yunting.bench.janus.side_by_side import JanusOptions, run
from yunting.bench.load.measure import Load

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SMALL = Load(seconds=0.6, idle_s=0.1, warm_up_s=0.4)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
@pytest.mark.skipif(shutil.which("janus") is None, reason="Janus is not installed: apt-get install janus")
def test_each_contender_delivers_and_is_compared() -> None:
    result = run(JanusOptions(subscribers=(2,), ciphers=("gcm",), rounds=1, load=SMALL, dataplane="plain"))
    assert result.failures == ()
    assert [row.contender for row in result.rows] == ["yunting plain", "floor", "janus shipped", "janus 1 loop"]
    for done in result.runs:
        assert (done.delivered_percent, done.auth_failures) == (100.0, 0)
        assert done.profile == "AEAD_AES_128_GCM"
    ours, floor, shipped = result.rows[:3]
    [least] = result.floors
    assert least.floor_us == floor.mean_us
    assert least.floor_ratio == pytest.approx(floor.mean_us / shipped.mean_us, abs=0.001)
    assert least.yunting_over_floor == pytest.approx(ours.mean_us / floor.mean_us, abs=0.01)
    assert result.ratios[0].ratio == pytest.approx(ours.mean_us / shipped.mean_us, abs=0.001)
    assert any("libsrtp" in note for note in result.notes)


@pytest.mark.parametrize(
    "options",
    [
        JanusOptions(ciphers=("rot13",)),
        JanusOptions(subscribers=(0,)),
        JanusOptions(subscribers=(3,), load=Load(publishers=2)),
        JanusOptions(libsrtp="/nowhere"),
    ],
)
def test_senseless_options_are_refused(options: JanusOptions) -> None:
    with pytest.raises(ValueError, match=r"positive|multiple|libsrtp"):
        run(options)
