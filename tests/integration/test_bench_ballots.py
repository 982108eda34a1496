"""The bench of ballots is whole: what it counts is what was receipted, before and after a restart."""

from __future__ import annotations

import asyncio

import pytest

from yunting.bench.ballots import BallotsOptions, run

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.mark.parametrize(("transport", "rate"), [("ws", 0.0), ("http", 400.0)])
def test_every_ballot_is_receipted_and_counted_once(
    transport: str, rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A roll as large as it has to be: the whole one takes half a minute to import.
    monkeypatch.setattr("yunting.bench.ballots.ROLL_ROWS", 500)
    options = BallotsOptions(creditors=300, transport=transport, connections=120, rate=rate)
    told = asyncio.run(run(options))
    assert (told.accepted, told.rejected, told.waves, told.refusal) == (300, 0, 3, "")
    assert told.p99_ms >= told.p50_ms > 0
