"""Say in one line which data plane was built: `python -m media_server.dataplane`."""

from __future__ import annotations

import shutil
import sys

from media_server.dataplane import why_not_native


def main() -> int:
    """Always 0: the plain data plane runs everywhere."""
    reason = why_not_native()
    if reason is None:
        line = "compiled data plane: built"
    elif not any(map(shutil.which, ("cc", "gcc", "clang"))):
        line = "no C compiler here: the plain data plane will run"
    else:
        line = f"compiled data plane: not usable ({reason}); the plain data plane will run"
    sys.stdout.write(f"setup: {line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
