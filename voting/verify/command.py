"""Verify the ballot log of a creditors' meeting of Yunting 云庭. Standard library only, no
network, Python 3.8 or later.

    python3 verify_ballots.py ballot-log.jsonl [--key FINGERPRINT] [--receipt FILE] [--json]
                                               [--anchors anchors.jsonl [--anchors-to FOLDER]]

Exit code: 0 the log is right, 1 it is not (each wrong line or leaf is named, the first first), 2 the call was wrong.

Written from docs/ballot-log.md alone; section numbers below are those of that page. What is checked:
1. the last line: hash and signature of the whole file; with --key, that it is signed by that key (9);
2. counts of lines, and that each is canonical JSON of exactly the fields the page names (1, 2, 9);
3. the tree, each signed head and each anchor on it (1, 8); the rolls and their roots (3);
4. the order of the leaves and who may do what in it (2, 4, 5), the draws (7);
5. in a `court` edition each round is counted again from rolls and ballots and has to give the very result with its
   alternatives (4 to 6); in a `public` edition the result has to follow from its own sums;
6. with --anchors, that each anchor of the log has its evidence in that file, and each evidence is of a head of this
   log (10). Of a time stamp the imprint is compared, not its signature, which needs the authority's certificate:
   --anchors-to writes each stamp beside its head, for `openssl ts -verify -in N.tsr -data N.json -CAfile ca.pem`;
7. with --receipt, that the ballot you were given a receipt for is in this log; if it is not, that is an alarm.

A forged log can carry a forged verifier: take this program from the court, and compare the key's fingerprint with the
one that the court publishes.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from records.standalone.canonical import canonical_bytes, canonical_text, parse_object
from voting.verify.fields import is_hash
from voting.verify.report import report
from voting.verify.run import verify_bytes


def write_stamps(proofs: Iterable[dict[str, Any]], folder: Path) -> None:
    """Each time stamp and its head as files that `openssl ts -verify` reads. OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for proof in proofs:
        if proof["anchor"] == "rfc3161":
            size = proof["head"]["size"]
            (folder / f"{size}.json").write_bytes(canonical_bytes(proof["head"]))
            (folder / f"{size}.tsr").write_bytes(bytes.fromhex(proof["evidence"]))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="verify_ballots.py", description="Verify a ballot log. 校验债权人会议表决日志。"
    )
    parser.add_argument("path", help="ballot-log.jsonl")
    parser.add_argument("--key", help="fingerprint of the court's key: a file signed by any other is wrong")
    parser.add_argument("--receipt", help="file of a receipt that has to be in the log")
    parser.add_argument("--anchors", help="anchors.jsonl: the evidence of the log's anchors")
    parser.add_argument("--anchors-to", help="folder to write the time stamps to, for `openssl ts -verify`")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: see the top of the file."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    arguments = _arguments(argv)
    key = re.sub(r"[\s:]", "", arguments.key).lower() if arguments.key is not None else None
    if key is not None and not is_hash(key):
        sys.stderr.write("--key: 指纹应为 64 位十六进制 a fingerprint has 64 hexadecimal digits\n")
        return 2
    receipt = anchors = None
    try:
        data = Path(arguments.path).read_bytes()
        if arguments.receipt is not None:
            receipt = json.loads(Path(arguments.receipt).read_text("utf-8"))
            if type(receipt) is not dict:
                raise ValueError("a receipt is one JSON object")
        if arguments.anchors is not None:
            anchors = Path(arguments.anchors).read_bytes()
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"无法读取 cannot read: {error}\n")
        return 2
    result = verify_bytes(data, key, receipt, anchors)
    report(result, sys.stdout)
    if arguments.anchors_to is not None and anchors is not None and result["ok"]:
        proofs = [parse_object(line) or {} for line in anchors.splitlines()]
        write_stamps(proofs, Path(arguments.anchors_to))
    if arguments.json:
        sys.stdout.write(canonical_text(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
