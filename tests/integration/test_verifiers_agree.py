"""Two verifiers of ballot logs, Python and TypeScript, say the same of the same files, word by word."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.made_ballot_log import Made, resigned
from tests.fakes.made_meeting import beginning_hidden, endless_draw, small
from tests.fakes.random_meetings import random_meeting
from voting.leaves import leaf_bytes
from voting.verify import verify_bytes

_PAGES = Path(__file__).parents[2] / "kiosk_client"
_SEEDS = int(os.environ.get("YUNTING_AGREE_SEEDS", "100"))

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (_PAGES / "node_modules" / "vitest").exists(), reason="the page tools are not installed"),
]


def _keep(folder: Path, name: str, data: bytes, receipt: Any = None) -> None:
    found = verify_bytes(data, None, receipt)
    expected = {field: found[field] for field in ("wrong", "ballots", "root", "results")}
    (folder / f"{name}.jsonl").write_bytes(data)
    (folder / f"{name}.expected").write_text(json.dumps(expected), "utf-8")
    if receipt is not None:
        (folder / f"{name}.receipt").write_text(json.dumps(receipt), "utf-8")


def _made(seed: int) -> Made:
    meeting = random_meeting(seed)
    made = Made(meeting.alg, meeting.meeting)
    made.leaves = [json.loads(leaf_bytes(leaf)) for leaf in meeting.leaves]
    made.rolls = {roll: [msgspec.to_builtins(each) for each in entries] for roll, entries in meeting.rolls.items()}
    return made


def _changed(made: Made, rng: random.Random) -> Made:
    """As a dishonest server would: something is other than it was, and everything is signed again."""
    made = made.copy()
    match rng.randrange(4):
        case 0:
            del made.leaves[rng.randrange(1, len(made.leaves))]
        case 1:
            at = rng.randrange(1, len(made.leaves))
            made.leaves.insert(at, {**rng.choice(made.leaves[1:]), "utc_ms": made.leaves[at - 1]["utc_ms"]})
        case 2:
            ballots = [leaf for leaf in made.leaves if leaf["kind"] == "ballot"]
            if ballots:
                rng.choice(ballots)["choice"] = rng.choice(["agree", "against", "abstain", "invalid"])
        case _:
            for leaf in rng.sample(made.leaves, min(3, len(made.leaves))):
                field = rng.choice(sorted(leaf))
                if type(leaf[field]) is int and field not in ("v", "seq"):
                    leaf[field] += rng.choice((-1, 1))
                elif type(leaf[field]) is str and field not in ("kind", "meeting"):
                    leaf[field] = rng.choice(made.leaves).get(field, leaf[field])
    return made.resealed()


def _run(folder: Path, **environment: str) -> None:
    command = ["node", "node_modules/vitest/vitest.mjs", "run", "src/verify/agree.test.ts"]
    told = {**os.environ, "YUNTING_MADE_LOGS": str(folder), **environment}
    done = subprocess.run(command, cwd=_PAGES, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.long
def test_agree_on_random_meetings_right_and_wrong(tmp_path: Path) -> None:
    for seed in range(_SEEDS):
        made, rng = _made(seed), random.Random(seed)
        _keep(tmp_path, f"{seed}-court", made.export("court"))
        _keep(tmp_path, f"{seed}-public", made.export("public"))
        changed = _changed(made, rng)
        _keep(tmp_path, f"{seed}-changed-court", changed.export("court"))
        _keep(tmp_path, f"{seed}-changed-public", changed.export("public"))
        at = rng.randrange(len(made.leaves))
        _keep(tmp_path, f"{seed}-receipt", made.export(), made.receipt(at, rng.randint(at + 1, len(made.leaves))))
        other = min(at, len(changed.leaves) - 1)
        _keep(tmp_path, f"{seed}-alarm", made.export(), changed.receipt(other, len(changed.leaves)))
    _run(tmp_path)


def test_agree_on_changed_bytes(tmp_path: Path) -> None:
    rng = random.Random(6)
    for alg in ("sha256", "sm3"):
        for edition in ("court", "public"):
            data = small(alg).export(edition, [7])
            (tmp_path / f"{alg}-{edition}.flips").write_bytes(data)
            for number in range(60):
                flipped = bytearray(data)
                flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
                _keep(tmp_path, f"{alg}-{edition}-{number}", bytes(flipped))
                _keep(tmp_path, f"{alg}-{edition}-{number}-sealed", resigned(bytes(flipped), alg))
    _run(tmp_path)


def test_agree_on_logs_made_to_mislead_them(tmp_path: Path) -> None:
    _keep(tmp_path, "endless", endless_draw().export())
    _keep(tmp_path, "hidden", beginning_hidden())
    _run(tmp_path)
