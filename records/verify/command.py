"""Verify a sealed record package of Yunting 云庭. Standard library only, no network, Python 3.8 or later.

    python3 verify.py [PATH] [--key FINGERPRINT] [--json]

PATH is the package's folder or its .zip; without it, the folder this file lies in. Exit code: 0 the package is whole,
1 it is not (each wrong file or event is named), 2 the call was wrong, 3 this machine lacks something.

What is checked, in the order of trust:
1. the court's signature (Ed25519, RFC 8032) over both tag manifests; with --key, that it is by that key;
2. tag manifests -> tag files, manifests -> payload, by SHA-512 and SM3 (GB/T 32905): nothing more, nothing less;
3. the event log: each entry carries the SHA-256 of the one before, signed heads, the last one on the last entry;
4. the byte ranges of the track files that the log sealed while the session was recorded;
5. what people signed (ECDSA with P-256): the minutes as they read then, by their picture and their own key;
6. the text: the lines of the minutes are made again from the log, and transcript.json, .txt, .vtt and .srt have to
   say exactly these words by these people (head and foot of the minutes are vouched for by the manifest only);
7. seals: the final one stands on the media seal and only additions follow it; statements on incidents are signed by
   the judge; time stamps (RFC 3161) are of this package and its heads (their authority: `openssl ts -verify`).
An edition for the parties or the public says itself what it lacks (`data/derivation.json`); its chain still holds.

A forged package can carry a forged verifier: take this program from the court, and compare the fingerprint of the
key with the one that the court publishes.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from records.verify.opened import NotAPackage
from records.verify.report import report
from records.verify.run import verify_path


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: see the top of the file."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify a sealed record package. 校验庭审卷宗包。")
    here = str(Path(__file__).resolve().parent)
    parser.add_argument("path", nargs="?", default=here, help="folder or .zip of the package (default: this folder)")
    parser.add_argument("--key", help="fingerprint of the court's key: any other key is wrong")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    arguments = parser.parse_args(argv)
    key = re.sub(r"[\s:]", "", arguments.key).lower() if arguments.key is not None else None
    if key is not None and not re.match(r"[0-9a-f]{64}\Z", key):
        sys.stderr.write("--key: 指纹应为 64 位十六进制 a fingerprint has 64 hexadecimal digits\n")
        return 2
    try:
        result = verify_path(arguments.path, key)
    except NotAPackage as error:
        sys.stderr.write(f"找不到卷宗包 no package: {error}\n")
        return 2
    except PermissionError as error:
        sys.stderr.write(f"无法读取 cannot read: {error}\n")
        return 3
    report(result, sys.stdout)
    if arguments.json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
