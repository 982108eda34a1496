"""C sources of the native data plane as a shared library that a test calls directly: twin against twin."""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

NATIVE = Path(__file__).parents[2] / "media_server" / "dataplane" / "native"
_FLAGS = ["-std=c11", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-Wall", "-Wextra"]


@functools.cache
def build(*sources: str) -> ctypes.CDLL:
    """Compile these files of `native/` (names without ".c") into a temporary folder. Skips without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler here")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "twin.so"
        files = [str(NATIVE / f"{source}.c") for source in sources]
        subprocess.run([compiler, *_FLAGS, "-o", str(library), *files, "-lm"], check=True)
        return ctypes.CDLL(str(library))
