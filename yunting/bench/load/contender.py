"""What a benchmark asks of an SFU, and what an SFU's adapter asks of a client."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Protocol


class Negotiator(Protocol):
    """A client that can offer or answer: a peer of the load generator, or a page."""

    async def offer(self) -> str:
        """Our offer."""

    async def accept(self, answer: str) -> None:
        """The server's answer to it."""

    async def answer(self, offer: str) -> str:
        """Our answer to the server's offer."""


class Contender(Protocol):
    """One SFU in a process of its own, pinned to the server's core."""

    name: str
    pid: int
    """After `start`."""

    async def start(self) -> None:
        """Start the process. OSError when it cannot."""

    async def publish(self, number: int, client: Negotiator) -> None:
        """Negotiate publisher `number`."""

    async def subscribe(self, publisher: int, client: Negotiator) -> None:
        """Negotiate a viewer of all that this publisher sends."""

    async def close(self) -> None:
        """End it. Idempotent."""


def process_cpu_s(pid: int) -> float:
    """CPU time of all threads of a process so far, ended ones too: the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_mib(pid: int) -> float:
    """Resident memory of a process; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20)
    except OSError:
        return 0.0
