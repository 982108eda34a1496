"""The benches of a meeting are whole: what they count is what was receipted and heard."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(200)]


@pytest.mark.parametrize(("transport", "rate"), [("ws", 0), pytest.param("http", 400, marks=pytest.mark.long)])
def test_every_ballot_is_receipted_and_counted_once(transport: str, rate: int) -> None:
    words = f"--claims 500 --creditors 300 --connections 120 --transport {transport} --rate {rate} --json"
    done = subprocess.run(
        [sys.executable, "-m", "yunting", "bench", "ballots", *words.split()],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["accepted"], told["rejected"], told["waves"], told["refusal"]) == (300, 0, 3, "")
    assert told["p99_ms"] >= told["p50_ms"] > 0
    assert told["cpu_us_per_ballot"] > told["floor_us"] >= 0


def test_every_page_hears_every_message() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "yunting", "bench", "fanout", "--sockets", "50", "--rounds", "1", "--tls", "--json"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["sockets"], told["passed_over"], told["tls"]) == (50, 0, True)
    assert told["last_ms"] >= told["p50_ms"] >= told["first_ms"] > 0
