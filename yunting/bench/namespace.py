"""Run a benchmark in a network namespace of its own: loopback and one address that is not loopback, nothing else.

libnice, and so Janus, takes no loopback address. The namespace has no name: it is gone with its last process.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import subprocess
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

HOST = "10.77.0.1"
"""Ours inside the namespace; its traffic goes through lo."""

_CLONE_NEWNET = 0x40000000
_COMMANDS = (
    "ip link set lo up",
    "ip link add bench0 type veth peer name bench1",
    "ip link set bench0 up",
    "ip link set bench1 up",
    f"ip addr add {HOST}/24 dev bench0",
)

Result = TypeVar("Result")


class NamespaceError(ValueError):
    """No namespace can be made here; the text says what is missing."""


def inside_namespace(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call `function` (of a module's top level) in a fresh namespace, in a process of its own.

    Raises NamespaceError without root, and what the function raises.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_body, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    try:
        good, result = ours.recv()
    except EOFError:
        raise RuntimeError("the benchmark's process has ended without a result") from None
    finally:
        process.join()
    if not good:
        raise result
    made: Result = result
    return made


def _body(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        _enter()
        pipe.send((True, function(*arguments)))
    except Exception as fault:
        pipe.send((False, fault))


def _enter() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        reason = os.strerror(ctypes.get_errno())
        raise NamespaceError(f"a network namespace is needed, and only root may make one: {reason}")
    for command in _COMMANDS:
        try:
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise NamespaceError("the program ip (iproute2) is needed") from None
        if done.returncode:
            raise NamespaceError(f"{command}: {done.stderr.strip()}")
