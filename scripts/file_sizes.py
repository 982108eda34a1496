"""Fails for a source file over 400 lines. Exempt: generated files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIMIT = 400
SOURCES = ("*.py", "*.ts", "*.tsx", "*.css", "*.c", "*.h")
EXEMPT = ("kiosk_client/dist/", "kiosk_client/src/protocol/messages.ts")


def main() -> int:
    """Print each file that is too long; 1 when there is one."""
    listed = subprocess.run(["git", "ls-files", *SOURCES], capture_output=True, text=True, check=True).stdout
    long = [
        f"{name}: {lines} lines (at most {LIMIT})"
        for name in listed.splitlines()
        if not name.startswith(EXEMPT) and (lines := _lines(Path(name))) > LIMIT
    ]
    sys.stdout.write("".join(f"{line}\n" for line in long))
    return 1 if long else 0


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
