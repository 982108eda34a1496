"""Run a benchmark in a network namespace of its own: loopback and one address that is not loopback, nothing else.

libnice, and so Janus, takes no loopback address. The namespace has no name: it is gone with its last process.

On loopback the sender's core delivers what is sent, up to the receiver's socket: a server would pay for its clients'
network stacks, which between machines it does not. Receive packet steering (the kernel's networking/scaling.rst)
moves the deliveries to the clients' cores, for every server alike.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import subprocess
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from yunting.bench.cores import cores_of

HOST = "10.77.0.1"
"""Ours inside the namespace; its traffic goes through lo."""

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_STEERING = Path("/sys/class/net/lo/queues/rx-0/rps_cpus")
_COMMANDS = (
    "ip link set lo up",
    "ip link add bench0 type veth peer name bench1",
    "ip link set bench0 up",
    "ip link set bench1 up",
    f"ip addr add {HOST}/24 dev bench0",
    # /sys shows the devices of the namespace that mounted it.
    "mount --make-rprivate /",
    "mount -t sysfs none /sys",
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
    if libc.unshare(_CLONE_NEWNET | _CLONE_NEWNS):
        reason = os.strerror(ctypes.get_errno())
        raise NamespaceError(f"a network namespace is needed, and only root may make one: {reason}")
    for command in _COMMANDS:
        try:
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        except FileNotFoundError as fault:
            raise NamespaceError(f"the program {fault.filename} (iproute2, util-linux) is needed") from None
        if done.returncode:
            raise NamespaceError(f"{command}: {done.stderr.strip()}")
    _deliver_on(cores_of("clients"))


def _deliver_on(cores: set[int]) -> None:
    """What is sent over loopback is delivered by these cores."""
    mask = sum(1 << core for core in cores)
    # Groups of 32 bits, the highest first (the kernel's bitmap format).
    groups = [f"{mask >> shift & 0xFFFFFFFF:08x}" for shift in range(0, max(1, mask.bit_length()), 32)]
    try:
        _STEERING.write_text(",".join(reversed(groups)))
    except OSError as fault:
        raise NamespaceError(f"the kernel steers no received packets (CONFIG_RPS): {fault.strerror}") from None
