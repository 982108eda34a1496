"""Compile the C load generator with this system's compiler and open it.

It needs a C compiler and libcrypto, and no headers of either OpenSSL or Python: where the compiled data plane builds,
this builds. Nothing is left behind.
"""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from yunting.bench.load.structs import Counts, LeastPeer, Plan


class NoCompiler(Exception):
    """There is no C compiler here, or it refuses; the text says which."""


@functools.cache
def library() -> ctypes.CDLL:
    """The load generator, compiled once a process. Raises NoCompiler."""
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if compiler is None:
        raise NoCompiler("no C compiler: install one (cc), or set CC")
    sources = sorted(str(path) for path in Path(__file__).parent.glob("*.c"))
    with tempfile.TemporaryDirectory(prefix="yunting-load-") as folder:
        made = Path(folder) / "load.so"
        command = [compiler, "-O2", "-fPIC", "-shared", *sources, "-o", str(made), "-lpthread", "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoCompiler(f"{compiler} failed:\n{done.stderr.strip()}")
        # An open library stays when its file goes.
        return _typed(ctypes.CDLL(str(made)))


def _typed(made: ctypes.CDLL) -> ctypes.CDLL:
    handle, number, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
    signatures = {
        "load_new": (handle, [number]),
        "load_add": (number, [handle, ctypes.POINTER(Plan)]),
        "load_media": (None, [handle, number]),
        "load_reset": (None, [handle]),
        "load_counts": (number, [handle, number, ctypes.POINTER(Counts)]),
        "load_delay_us": (number, [handle, real]),
        "load_busy_us": (ctypes.c_uint64, [handle]),
        "load_free": (None, [handle]),
        "load_floor": (real, [number] * 5),
        "least_new": (handle, [number, ctypes.POINTER(LeastPeer), number, number]),
        "least_run": (None, [handle]),
        "least_stop": (None, [handle]),
        "least_free": (None, [handle]),
        "crypto_open": (ctypes.c_char_p, []),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(made, name)
        function.restype, function.argtypes = result, arguments
    missing = made.crypto_open()
    if missing is not None:
        raise NoCompiler(f"the system's libcrypto cannot be used: {missing.decode()} is missing")
    return made
