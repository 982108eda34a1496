"""`yunting verify` and the standalone `verify.py` beside each other: what both say of a package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from typer.testing import CliRunner

from records import verify
from yunting.cli import app

_DRIVER = """
import contextlib, io, json, runpy, sys
program = runpy.run_path(sys.argv[1])
for line in sys.stdin:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = program["main"](json.loads(line))
    print(json.dumps([code, out.getvalue()]), flush=True)
"""


class TwoVerifiers:
    """The standalone one runs in a Python without site-packages, started once for many packages."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "verify.py"
        self._program.write_bytes(verify.source())
        self._cli = CliRunner()

    def __enter__(self) -> TwoVerifiers:
        self._alone = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _DRIVER, str(self._program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.defpath, "PYTHONIOENCODING": "utf-8"},
            cwd="/",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._alone.kill()
        self._alone.communicate()

    def ask(self, path: Path, key: str) -> tuple[int, dict[str, Any], str]:
        """Exit code, result and the words of both; AssertionError when they differ in anything but the time."""
        words = [str(path), "--key", key, "--json"]
        cli = self._cli.invoke(app, ["verify", *words])
        assert cli.exception is None or isinstance(cli.exception, SystemExit), cli.exception
        assert self._alone.stdin
        assert self._alone.stdout
        self._alone.stdin.write(json.dumps(words) + "\n")
        self._alone.stdin.flush()
        code, said = json.loads(self._alone.stdout.readline())
        own, other = _result(cli.output), _result(said)
        assert (cli.exit_code, own) == (code, other)
        return code, own, said


def _result(said: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(said.splitlines()[-1])
    del result["seconds"]
    return result
