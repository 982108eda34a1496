"""The load of `yunting bench ballots`: creditors in waves, each on a connection of its own, each with one ballot.

A process of its own (`python -m yunting.bench.ballot_load`): a `Load` as JSON on standard input, a `Wave` as a JSON
line for each wave. Open loop (`rate`): ballots leave by the clock whatever the server does, and a latency counts from
the moment that the ballot was due; closed loop: the next leaves when one is answered, `in_flight` at once.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from array import array
from pathlib import Path

import msgspec

from signaling.meetings.access import Access
from yunting.bench.ballot_phone import HttpPhone, SocketPhone, http_request, text_frame

OPENING_AT_ONCE = 200
SETTLE_S = 1.5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to do. The creditor ids are those of the roll, in order."""

    host: str
    port: int
    meeting: str
    motion: str
    transport: str
    """`ws` or `http`."""
    creditors: tuple[str, ...]
    connections: int
    in_flight: int
    rate: float
    """Ballots a second, open loop; 0: closed loop."""
    access_key: bytes
    utc_ms: int
    server_pid: int


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """One wave, as it was."""

    ballots: int
    accepted: int
    rejected: int
    connect_s: float
    connect_cpu_s: float
    """Of the server, for connections and their passes."""
    cast_s: float
    cast_cpu_s: float
    """Of the server, from the first ballot to the last receipt."""
    began_s: float
    """Monotonic, when the first ballot left."""
    ended_s: float
    latencies_us: tuple[int, ...]
    first_refusal: str
    answer_bytes: int
    """Of the longest answer."""


class _Round:
    """One wave's ballots on their way."""

    def __init__(self, phones: list[SocketPhone] | list[HttpPhone], frames: list[bytes], load: Load) -> None:
        self._phones = phones
        self._frames = frames
        self._load = load
        self._next = 0
        self._open = len(frames)
        self._done = asyncio.get_running_loop().create_future()
        self.latencies_us = array("Q", bytes(8 * len(frames)))
        self.accepted = 0
        self.refusal = ""
        self.answer_bytes = 0

    async def run(self) -> None:
        if self._load.rate:
            asyncio.get_running_loop().call_soon(self._by_the_clock, time.perf_counter())
        else:
            for _ in range(min(self._load.in_flight, len(self._frames))):
                self._send(time.perf_counter())
        await self._done

    def _by_the_clock(self, began_s: float) -> None:
        due = min(int((time.perf_counter() - began_s) * self._load.rate) + 1, len(self._frames))
        while self._next < due:
            self._send(began_s + self._next / self._load.rate)
        if self._next < len(self._frames):
            asyncio.get_running_loop().call_later(0.002, self._by_the_clock, began_s)

    def _send(self, due_s: float) -> None:
        number = self._next
        self._next += 1

        def answered(accepted: bool, answer: bytes) -> None:
            self.latencies_us[number] = int((time.perf_counter() - due_s) * 1e6)
            self.accepted += accepted
            self.answer_bytes = max(self.answer_bytes, len(answer))
            if not accepted and not self.refusal:
                self.refusal = answer[:300].decode("utf-8", "replace")
            self._open -= 1
            if self._open == 0:
                self._done.set_result(None)
            elif not self._load.rate and self._next < len(self._frames):
                self._send(time.perf_counter())

        self._phones[number].cast(self._frames[number], answered)


async def _wave(load: Load, access: Access, creditors: tuple[str, ...]) -> Wave:
    tokens = [access.new_pass(load.meeting, creditor, load.utc_ms) for creditor in creditors]
    ballots = [_ballot(load, creditor, re=load.transport == "ws") for creditor in creditors]
    began_s, cpu_s = time.perf_counter(), server_cpu_s(load.server_pid)
    phones: list[SocketPhone] | list[HttpPhone]
    if load.transport == "ws":
        phones = await _sockets(load, tokens)
        frames = [text_frame(ballot) for ballot in ballots]
    else:
        phones = await _https(load, len(creditors))
        path = f"/api/v1/meetings/{load.meeting}/ballots"
        frames = [http_request(path, token, ballot) for token, ballot in zip(tokens, ballots, strict=True)]
    connect_s = time.perf_counter() - began_s
    gc.collect()
    # The pages' first updates are connecting, not voting.
    await asyncio.sleep(SETTLE_S)
    connected_cpu_s = server_cpu_s(load.server_pid)
    cast = _Round(phones, frames, load)
    first_s = time.monotonic()
    await cast.run()
    last_s, voted_cpu_s = time.monotonic(), server_cpu_s(load.server_pid)
    for phone in phones:
        phone.close()
    return Wave(
        ballots=len(creditors),
        accepted=cast.accepted,
        rejected=len(creditors) - cast.accepted,
        connect_s=connect_s,
        connect_cpu_s=connected_cpu_s - cpu_s,
        cast_s=last_s - first_s,
        cast_cpu_s=voted_cpu_s - connected_cpu_s,
        began_s=first_s,
        ended_s=last_s,
        latencies_us=tuple(cast.latencies_us),
        first_refusal=cast.refusal,
        answer_bytes=cast.answer_bytes,
    )


async def _sockets(load: Load, tokens: list[str]) -> list[SocketPhone]:
    loop = asyncio.get_running_loop()
    phones: list[SocketPhone] = []
    for first in range(0, len(tokens), OPENING_AT_ONCE):
        some = []
        for token in tokens[first : first + OPENING_AT_ONCE]:
            enter = b'{"type":"enter","token":"%s","version":1}' % token.encode()
            some.append(SocketPhone(f"/meetings/{load.meeting}/ws", enter))
        await asyncio.gather(
            *(loop.create_connection(lambda phone=phone: phone, load.host, load.port) for phone in some)  # type: ignore[misc]
        )
        await asyncio.gather(*(phone.entered for phone in some))
        phones += some
    return phones


async def _https(load: Load, count: int) -> list[HttpPhone]:
    loop = asyncio.get_running_loop()
    phones: list[HttpPhone] = []
    for _ in range(count):
        _, phone = await loop.create_connection(HttpPhone, load.host, load.port)
        phones.append(phone)
    return phones


def _ballot(load: Load, creditor: str, *, re: bool) -> bytes:
    body = {"motion": load.motion, "round": 1, "choice": "agree", "idem": f"bench-{creditor}"}
    if re:
        body = {"type": "cast", "re": "1", **body}
    return msgspec.json.encode(body)


def server_cpu_s(pid: int) -> float:
    """User and system time of all threads of a process, ended ones too (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


async def _main(load: Load) -> None:
    access = Access(load.access_key, lambda meeting, person: 0)
    for first in range(0, len(load.creditors), load.connections):
        wave = await _wave(load, access, load.creditors[first : first + load.connections])
        sys.stdout.buffer.write(msgspec.json.encode(wave) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main(msgspec.json.decode(sys.stdin.buffer.read(), type=Load)))
