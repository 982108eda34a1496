"""The compiled data plane. Optional: without a C compiler the installation goes on and the pure-Python one runs.

What the package is stands in pyproject.toml. The module needs nothing but libc at build time (libcrypto is opened at
run time) and fits every CPython from 3.11 on.
"""

from pathlib import Path

from setuptools import Extension, setup

NATIVE = Path("media_server/dataplane/native")

setup(
    ext_modules=[
        Extension(
            "media_server.dataplane.native._plane",
            sources=sorted(map(str, NATIVE.glob("*.c"))),
            depends=sorted(map(str, NATIVE.glob("*.h"))),
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            # No contraction: both congestion estimators must round alike.
            extra_compile_args=["-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden", "-pthread"],
            libraries=["dl", "m", "pthread"],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
