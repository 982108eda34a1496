"""The standalone verifier of ballot logs: what it accepts, what it names, and that no changed byte passes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from tests.fakes.made_ballot_log import FINGERPRINT, Made, resigned, signed
from tests.fakes.made_meeting import beginning_hidden, cast, endless_draw, small
from tests.fakes.random_meetings import random_meeting
from voting.leaves import leaf_bytes
from voting.verify import ed25519_verify, hash_of, source, verify_bytes
from yunting.cli import app

pytestmark = pytest.mark.unit

_RESULT = 14


def wrong(data: bytes, **more: Any) -> str:
    """The first fault in English; "" for a log that is right."""
    result = verify_bytes(data, **more)
    assert result["ok"] == (not result["wrong"])
    return str(result["wrong"][0]["en"]) if result["wrong"] else ""


@pytest.mark.parametrize("alg", ["sha256", "sm3"])
@pytest.mark.parametrize("edition", ["court", "public"])
def test_a_right_log_passes_in_both_editions(alg: str, edition: str) -> None:
    made = small(alg)
    result = verify_bytes(made.export(edition, [2, 9]), FINGERPRINT)
    assert result["wrong"] == []
    assert result["ballots"] == (3 if edition == "court" else 0)
    assert result["results"] == [made.leaves[_RESULT]]
    assert result["root"] == made.head(len(made.leaves))["root"]


@pytest.mark.parametrize("alg", ["sha256", "sm3"])
@pytest.mark.parametrize("edition", ["court", "public"])
def test_no_changed_byte_passes(alg: str, edition: str) -> None:
    data = small(alg).export(edition, [7])
    rng = random.Random(f"{alg} {edition}")
    # All of them take minutes; here every twentieth, each time another bit.
    for place in range(rng.randrange(20), len(data), 20):
        flipped = bytearray(data)
        flipped[place] ^= 1 << rng.randrange(8)
        assert wrong(bytes(flipped)), place


def test_a_key_that_is_not_the_courts_is_named() -> None:
    assert "another key" in wrong(small().export(), key="0" * 64)


def test_a_receipt_is_found() -> None:
    made = small()
    assert wrong(made.export(), receipt=made.receipt(8, 9)) == ""
    assert wrong(made.export("public"), receipt=made.receipt(8, 9)) == ""


def test_a_receipt_that_is_not_in_the_log_is_an_alarm() -> None:
    made, other = small(), small()
    other.leaves[8]["choice"] = "against"
    assert "ALARM: the ballot" in wrong(made.export(), receipt=other.receipt(8, 9))
    other.leaves[8]["choice"], other.leaves[9]["choice"] = "agree", "against"
    assert "ALARM: the head" in wrong(made.export(), receipt=other.receipt(8, 10))
    cast(other, "c5", "agree", 300)
    assert "ALARM: the log is shorter" in wrong(made.export(), receipt=other.receipt(17, 18))


def test_a_forged_receipt_is_named() -> None:
    made = small()
    receipt = made.receipt(8, 9)
    receipt["head"]["root"] = "0" * 64
    assert "not valid" in wrong(made.export(), receipt=receipt)
    foreign = Made(meeting="01CKCX0000MADEBYHAND000002")
    foreign.leaves = [dict(leaf, meeting=foreign.meeting) for leaf in made.leaves]
    assert "another meeting" in wrong(made.export(), receipt=foreign.receipt(8, 9))


def test_a_late_receipt_is_held_to_its_closing() -> None:
    made = small()
    late = {"closed_seq": 13, "creditor": "c5", "division": "all", "idem": "late", "late": True}
    late |= {"meeting": made.meeting, "motion": "m1", "round": 1, "utc_ms": 1_790_000_020_000}
    assert wrong(made.export(), receipt=signed(late)) == ""
    assert "closing" in wrong(made.export(), receipt=signed({**late, "closed_seq": 12}))
    assert "late ballot is in" in wrong(made.export(), receipt=signed({**late, "idem": "idem-8"}))


def _amount(made: Made) -> None:
    made.leaves[8]["amount_fen"] = 401


def _choice(made: Made) -> None:
    made.leaves[8]["choice"] = "against"


def _dropped(made: Made) -> None:
    del made.leaves[8]
    made.leaves[-2]["result"] -= 1


def _after_closing(made: Made) -> None:
    leaf = cast(made, "c5", "agree", 300)
    made.leaves.insert(14, made.leaves.pop())
    leaf["utc_ms"] = made.leaves[13]["utc_ms"]
    made.leaves[-2]["result"] += 1


def _twice(made: Made) -> None:
    leaf = cast(made, "c1", "against", 400)
    made.leaves.insert(13, made.leaves.pop())
    leaf["utc_ms"] = made.leaves[12]["utc_ms"]
    made.leaves[-2]["result"] += 1


def _mandate(made: Made) -> None:
    made.leaves[9]["mandate"] = "w9"


def _agent(made: Made) -> None:
    made.leaves[9]["actor"] = "a2"


def _instruction(made: Made) -> None:
    made.leaves[9]["choice"] = "abstain"


def _one_clerk(made: Made) -> None:
    made.leaves[11]["clerk"] = made.leaves[10]["clerk"]


def _result(made: Made) -> None:
    made.leaves[14]["passed"] = True


def _alone(made: Made) -> None:
    made.leaves[13]["by"] = ["chair", "chair"]


def _back(made: Made) -> None:
    made.leaves[9]["utc_ms"] = made.leaves[8]["utc_ms"] - 1


def _roll(made: Made) -> None:
    made.rolls["r1"][0]["amount_fen"] = 500


@pytest.mark.parametrize(
    ("change", "says", "seq"),
    [
        (_amount, "its amount is 401 fen, by the roll 400", 8),
        (_choice, "the result is not what the ballots give", 14),
        (_dropped, "the result is not what the ballots give", 13),
        (_after_closing, "after the closing", 14),
        (_twice, "a second time", 13),
        (_mandate, "mandate does not stand", 9),
        (_agent, "another creditor or to another agent", 9),
        (_instruction, "not the one instructed", 9),
        (_one_clerk, "no two clerks", 12),
        (_result, "the result is not what the ballots give: passed", 14),
        (_alone, "wrong field by", 13),
        (_back, "before that of the leaf before", 9),
        (_roll, "its amount is 400 fen, by the roll 500", 8),
    ],
)
def test_what_a_lying_server_signs_is_named(change: Callable[[Made], None], says: str, seq: int) -> None:
    made = small()
    change(made)
    found = verify_bytes(made.resealed().export())["wrong"]
    assert says in found[0]["en"]
    assert (found[0]["seq"], found[0]["line"]) == (seq, seq + 2)


def test_a_draw_that_nobody_could_compute_is_named_at_once() -> None:
    (found,) = verify_bytes(endless_draw().export())["wrong"]
    assert "the places are not those that the draw gives" in found["en"]
    assert found["seq"] == 3


def test_a_public_edition_may_not_hide_how_the_log_begins() -> None:
    (found,) = verify_bytes(beginning_hidden())["wrong"]
    assert "meeting.created is the first leaf" in found["en"]
    assert (found["seq"], found["line"]) == (0, 2)


def test_a_roll_that_is_not_the_frozen_one_is_named() -> None:
    made = small()
    made.rolls["r1"][4]["amount_fen"] = 299
    assert "not the one that was frozen" in wrong(made.export())


def test_a_file_sealed_again_after_a_change_is_still_wrong() -> None:
    data = small().export("court", [7])
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-2]):
        for old, new in ((b"m1", b"m2"), (b'"utc_ms":17', b'"utc_ms":18'), (b"c1", b"c9"), (b":{", b": {")):
            if old in line:
                changed = [*lines[:number], line.replace(old, new, 1), *lines[number + 1 :]]
                assert wrong(resigned(b"\n".join(changed))), (number, old)


@pytest.mark.parametrize("seed", range(100))
def test_agrees_with_the_rules_on_a_random_meeting(seed: int) -> None:
    meeting = random_meeting(seed)
    made = Made(meeting.alg, meeting.meeting)
    made.leaves = [json.loads(leaf_bytes(leaf)) for leaf in meeting.leaves]
    made.rolls = {roll: [msgspec.to_builtins(each) for each in entries] for roll, entries in meeting.rolls.items()}
    results = [leaf for leaf in made.leaves if leaf["kind"] == "result"]
    for edition in ("court", "public"):
        found = verify_bytes(made.export(edition))
        assert found["wrong"] == []
        assert found["results"] == results


def test_sm3_and_ed25519_give_the_vectors_of_their_standards() -> None:
    # GB/T 32905-2016 A.1; RFC 8032 7.1 TEST 2.
    assert hash_of("sm3")(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519_verify(public, signature, b"\x72")
    assert not ed25519_verify(public, signature, b"\x73")
    assert not ed25519_verify(b"\xff" * 32, signature, b"\x72")


def test_the_script_alone_says_it_in_both_languages(tmp_path: Path) -> None:
    alone = tmp_path / "verify_ballots.py"
    alone.write_bytes(source())
    log, receipt = tmp_path / "ballot-log.jsonl", tmp_path / "receipt.json"
    made = small()
    log.write_bytes(made.export())
    receipt.write_text(json.dumps(made.receipt(8, 9)), "utf-8")

    def ran(*words: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-I", str(alone), *words], capture_output=True, check=False)
        return done.returncode, done.stdout.decode()

    code, said = ran(str(log), "--key", FINGERPRINT, "--receipt", str(receipt), "--json")
    assert code == 0
    assert "通过：日志完整" in said
    assert json.loads(said.splitlines()[-1])["ok"]
    _choice(made)
    log.write_bytes(made.export())
    code, said = ran(str(log))
    assert code == 1
    assert "结果与重新计票不符" in said
    assert "第 16 行 line 16 (seq 14)" in said
    assert ran(str(tmp_path / "none.jsonl"))[0] == 2
    assert ran(str(log), "--key", "12")[0] == 2


def test_yunting_verify_takes_a_ballot_log(tmp_path: Path) -> None:
    log, receipt = tmp_path / "ballot-log.jsonl", tmp_path / "receipt.json"
    made = small()
    log.write_bytes(made.export())
    receipt.write_text(json.dumps(made.receipt(8, 9)), "utf-8")
    run = CliRunner().invoke
    right = run(app, ["verify", str(log), "--key", FINGERPRINT, "--receipt", str(receipt)])
    assert (right.exit_code, "回执上的内容在日志中" in right.output) == (0, True)
    made.leaves[8]["choice"] = "against"
    log.write_bytes(made.export())
    assert run(app, ["verify", str(log)]).exit_code == 1
    assert run(app, ["verify", str(tmp_path / "none.jsonl")]).exit_code == 2
