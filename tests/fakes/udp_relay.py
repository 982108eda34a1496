"""A bad network in user space: a UDP relay that loses, delays, rate-limits and re-addresses datagrams, with a seed.

relay = UdpRelay(loss_up=0.05, loss_down=0.05, seed=7)
await relay.start(server_address)
answer = relay.rewrite(answer)        # the client now talks to the relay
relay.rate_down_bps = 500_000         # a narrow link towards the clients, behind a queue of `queue_ms`
relay.move()                          # every client appears from a new address, as after a network change
await relay.close()
"""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

Address = tuple[str, int]
_Take = Callable[[bytes, Address], None]


@dataclass(slots=True)
class Counts:
    """Datagrams of one direction."""

    passed: int = 0
    dropped: int = 0
    busy_until_s: float = 0.0
    """When the limited link has sent all that waits before it."""


class UdpRelay:
    """See the module text. Losses 0..1; `delay_ms` is added each way; all may be changed while it runs.

    A rate of None is no limit. The queue before a limited link drops what would wait longer than `queue_ms`."""

    def __init__(
        self,
        *,
        loss_up: float = 0.0,
        loss_down: float = 0.0,
        delay_ms: float = 0.0,
        rate_up_bps: int | None = None,
        rate_down_bps: int | None = None,
        queue_ms: float = 250.0,
        seed: int = 1,
    ) -> None:
        self.loss_up = loss_up
        self.loss_down = loss_down
        self.delay_ms = delay_ms
        self.rate_up_bps = rate_up_bps
        self.rate_down_bps = rate_down_bps
        self.queue_ms = queue_ms
        self.up = Counts()
        self.down = Counts()
        self.address: Address | None = None
        self._random = random.Random(seed)
        self._server: Address | None = None
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[Address, asyncio.DatagramTransport] = {}
        self._waiting: dict[Address, list[bytes]] = {}
        self._opening: set[asyncio.Task[None]] = set()

    async def start(self, server: Address, host: str = "127.0.0.1") -> Address:
        """Listen for clients on any free port of `host`; returns that address."""
        self._server = server
        self._front = await _open((host, 0), self._from_client)
        name: Address = self._front.get_extra_info("sockname")
        self.address = (name[0], name[1])
        return self.address

    def rewrite(self, sdp: str) -> str:
        """The answer with the relay's port in the server's place."""
        assert self._server is not None
        assert self.address is not None
        changed, count = re.subn(
            rf"(a=candidate:.* ){self._server[1]} typ host", rf"\g<1>{self.address[1]} typ host", sdp
        )
        assert count, "no candidate of the server in the SDP"
        return changed

    def seen_as(self, client: Address) -> Address:
        """The address that the server sees of this client. KeyError before its first datagram."""
        name: Address = self._backs[client].get_extra_info("sockname")
        return name[0], name[1]

    def move(self) -> None:
        """Give every client a new address towards the server; datagrams to the old ones are lost."""
        for back in self._backs.values():
            back.close()
        self._backs.clear()

    async def close(self) -> None:
        """Stop; idempotent."""
        for task in list(self._opening):
            task.cancel()
        self.move()
        if self._front:
            self._front.close()
        await asyncio.sleep(0)

    def _from_client(self, data: bytes, client: Address) -> None:
        if self._lost(self.loss_up, self.up):
            return
        back = self._backs.get(client)
        if back is not None:
            self._queue(back, data, self._server, self.rate_up_bps, self.up)
        elif client in self._waiting:
            self._waiting[client].append(data)
        else:
            self._waiting[client] = [data]
            task = asyncio.get_running_loop().create_task(self._connect(client))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _connect(self, client: Address) -> None:
        def from_server(data: bytes, _: Address) -> None:
            if self._front and not self._lost(self.loss_down, self.down):
                self._queue(self._front, data, client, self.rate_down_bps, self.down)

        back = await _open(("127.0.0.1", 0), from_server)
        self._backs[client] = back
        for data in self._waiting.pop(client, []):
            self._later(back, data, self._server)

    def _queue(
        self,
        transport: asyncio.DatagramTransport,
        data: bytes,
        target: Address | None,
        rate_bps: int | None,
        counts: Counts,
    ) -> None:
        if rate_bps is None:
            self._later(transport, data, target)
            return
        now_s = asyncio.get_running_loop().time()
        begin_s = max(now_s, counts.busy_until_s)
        if (begin_s - now_s) * 1000 > self.queue_ms:
            counts.dropped += 1
            return
        # IP and UDP headers pass the link too.
        counts.busy_until_s = begin_s + (len(data) + 28) * 8 / rate_bps
        self._later(transport, data, target, counts.busy_until_s - now_s)

    def _later(
        self, transport: asyncio.DatagramTransport, data: bytes, target: Address | None, wait_s: float = 0.0
    ) -> None:
        wait_s += self.delay_ms / 1000
        if not wait_s:
            transport.sendto(data, target)
            return

        def send() -> None:
            if not transport.is_closing():
                transport.sendto(data, target)

        asyncio.get_running_loop().call_later(wait_s, send)

    def _lost(self, share: float, counts: Counts) -> bool:
        lost = self._random.random() < share
        if lost:
            counts.dropped += 1
        else:
            counts.passed += 1
        return lost


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, take: _Take) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._take(data, (addr[0], addr[1]))


async def _open(local: Address, take: _Take) -> asyncio.DatagramTransport:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Protocol(take), local_addr=local
    )
    made: socket.socket = transport.get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return transport
