"""Strangers' datagrams at the media port of a running hearing: nobody is cut off, nobody is slowed."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import aioice.ice
import pytest

from media_server import stun
from tests.fakes.aiortc_clients import use_loopback
from tests.fakes.live_hearing import LiveHearing, live_hearing
from tests.fakes.serving import ServerProcess, serving

pytestmark = pytest.mark.integration

FLOOD_S = 3.0
ROUND_S = 0.02
STRANGERS = 60
MAX_CPU_S_PER_DATAGRAM = 0.0005
"""Generous for two shared cores; what refuses a datagram by work that grows with the flood is far beyond."""
MAX_GROWTH_KIB = 30_000
LATE_S = 10.0
"""What was sent has arrived by then or is lost."""


class Captured:
    """What the parties' clients sent, as somebody on the path saw it."""

    def __init__(self) -> None:
        self.checks: list[bytes] = []
        self.others: deque[bytes] = deque(maxlen=400)
        self.dtls: list[bytes] = []
        self.ports: set[int] = set()

    def took(self, data: bytes, protocol: aioice.ice.StunProtocol) -> None:
        self.ports.add(protocol.transport.get_extra_info("sockname")[1])
        if data[0] < 4:
            self.checks.append(data)
        elif 20 <= data[0] < 64:
            self.dtls.append(data)
        else:
            self.others.append(data)


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> Captured:
    use_loopback(monkeypatch)
    seen = Captured()
    send_data, send_stun = aioice.ice.StunProtocol.send_data, aioice.ice.StunProtocol.send_stun

    async def data_seen(self: aioice.ice.StunProtocol, data: bytes, addr: tuple[str, int]) -> None:
        await send_data(self, data, addr)
        seen.took(data, self)

    def stun_seen(self: aioice.ice.StunProtocol, message: aioice.stun.Message, addr: tuple[str, int]) -> None:
        send_stun(self, message, addr)
        seen.took(bytes(message), self)

    monkeypatch.setattr(aioice.ice.StunProtocol, "send_data", data_seen)
    monkeypatch.setattr(aioice.ice.StunProtocol, "send_stun", stun_seen)
    return seen


class Strangers:
    """Many sockets, and, where raw sockets are allowed, the parties' own addresses."""

    def __init__(self, port: int, captured: Captured) -> None:
        self._server = ("127.0.0.1", port)
        self._captured = captured
        self._random = random.Random(5)
        self._stack = ExitStack()
        self._sockets = [self._open(f"127.0.0.{2 + n % 20}") for n in range(STRANGERS)]
        self._raw = self._open_raw()
        self.sent = 0

    def __enter__(self) -> Strangers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, host: str) -> socket.socket:
        sock = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.setblocking(False)
        sock.bind((host, 0))
        return sock

    def _open_raw(self) -> socket.socket | None:
        try:
            raw = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP))
        except PermissionError:
            return None
        raw.bind(("127.0.0.1", 0))
        raw.setblocking(False)
        return raw

    async def flood(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            for data in self._round():
                self._throw(lambda data=data: self._random.choice(self._sockets).sendto(data, self._server))
                if self._raw is not None and self._captured.ports:
                    self._throw(lambda data=data: self._forge(self._raw, data))
            await asyncio.sleep(ROUND_S)

    def media_heard(self) -> int:
        """Datagrams that came to strangers and are no STUN answers."""
        heard = 0
        for sock in self._sockets:
            for data in _waiting(sock):
                heard += data[0] >= 4
        return heard

    def _throw(self, send: Callable[[], object]) -> None:
        try:
            send()
        except BlockingIOError:
            return
        self.sent += 1

    def _forge(self, raw: socket.socket | None, data: bytes) -> None:
        """From a party's own address and port, as on a network that lets forged sources pass."""
        assert raw is not None
        source = self._random.choice(sorted(self._captured.ports))
        header = struct.pack("!HHHH", source, self._server[1], 8 + len(data), 0)
        raw.sendto(header + data, self._server)

    def _round(self) -> Iterator[bytes]:
        pick, noise = self._random.choice, self._random.randbytes
        seen = self._captured
        yield from (
            b"",
            b"\0",
            b"\x16",
            b"\x80",
            b"\x80\xc8\0\0",
            b"\x15\xfe\xfd" + bytes(12),
            noise(60),
            noise(1400),
        )
        yield b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x40" + noise(64)
        yield b"\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\x02\x02\x28"  # a fatal alert that nobody authenticated
        yield b"\x80\x60" + noise(1000)
        yield b"\x80\xc8" + noise(60)
        check = stun.parse(pick(seen.checks))
        assert check.username is not None
        yield stun.request(noise(12), check.username, "not the password", use_candidate=True)
        yield stun.request(noise(12), "nobody:at-all", "not the password", use_candidate=True)
        yield b"\0\1\0\0\x21\x12\xa4\x42" + noise(12)
        assert check.integrity_at is not None
        bare = check.raw[20 : check.integrity_at]
        yield b"\0\1" + len(bare).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + noise(12) + bare
        yield pick(seen.checks)
        yield pick(seen.dtls)
        media = pick(seen.others)
        yield media
        at = self._random.randrange(12, len(media))
        yield media[:at] + bytes([media[at] ^ 1]) + media[at + 1 :]
        yield media[:at]


def _waiting(sock: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            data = sock.recv(2048)
        except BlockingIOError:
            return
        if data:
            yield data


def _cpu_s(server: ServerProcess) -> float:
    assert server.pid is not None
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_kib(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


async def _arrived(hearing: LiveHearing, seconds: float) -> list[int]:
    """For each viewer: packets that came in the next seconds. Fails if a tenth of what was sent then never comes; a
    busy machine may be late."""
    sent, received = await hearing.sent(), await hearing.received()
    await asyncio.sleep(seconds)
    went = [now - then for now, then in zip(await hearing.sent(), sent, strict=True)]
    async with asyncio.timeout(LATE_S):
        while True:
            came = [now - then for now, then in zip(await hearing.received(), received, strict=True)]
            if all(c > 0.9 * w for c, w in zip(came, went, strict=True)):
                return came
            await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
async def test_a_flood_of_bad_datagrams_disturbs_no_hearing(tmp_path: Path, captured: Captured) -> None:
    async with serving(tmp_path) as server, live_hearing(server.api) as hearing:
        await hearing.watch_each_other()
        cpu_s = _cpu_s(server)
        await asyncio.sleep(2.0)
        quiet_cpu_s = (_cpu_s(server) - cpu_s) / 2.0 * FLOOD_S
        memory_kib = _memory_kib(server)
        with Strangers(server.port, captured) as strangers:
            cpu_s = _cpu_s(server)
            flood = asyncio.ensure_future(strangers.flood(FLOOD_S))
            during = await _arrived(hearing, FLOOD_S)
            asked_s = time.monotonic()
            await hearing.desk.call("GET", f"sessions/{hearing.session}")
            asked_s = time.monotonic() - asked_s
            await flood
            flood_cpu_s = _cpu_s(server) - cpu_s - quiet_cpu_s
            after = await _arrived(hearing, 2.0)
            heard = strangers.media_heard()
        assert strangers.sent > 2_000
        assert min(*during, *after) > 50, (during, after)
        assert heard == 0, "a stranger was sent something other than a STUN answer"
        assert flood_cpu_s / strangers.sent < MAX_CPU_S_PER_DATAGRAM
        assert _memory_kib(server) - memory_kib < MAX_GROWTH_KIB
        assert asked_s < 1.0
        assert all(viewer.connectionState == "connected" for viewer in hearing.viewers)
        moved = [event["after"] for event in await hearing.events("participant.presence")]
        assert "dropped" not in moved
        assert await hearing.events("recording.gap") == []
