"""The pages of `yunting bench fanout`: connected creditors that note when a message of the meeting arrives.

A process of its own (`python -m yunting.bench.fanout_load`): a line with `Pages` as JSON on standard input, an
`Arrived` as a JSON line once all are connected and for each message.
"""

from __future__ import annotations

import asyncio
import gc
import ssl
import sys
import time

import msgspec

from signaling.meetings.access import Access
from yunting.bench.ballot_load import OPENING_AT_ONCE, SETTLE_S
from yunting.bench.ballot_phone import SocketPhone

MEETING = b'{"type":"meeting"'
PAGES_AN_ADDRESS = 1_000
"""A server takes 2,000 connections of one address."""
NO_MORE_S = 3.0
"""When no further page has heard of a message for so long, it was passed over."""


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to connect. `certificate`: of the server, for TLS; "" without."""

    port: int
    certificate: str
    meeting: str
    creditors: tuple[str, ...]
    access_key: bytes
    utc_ms: int
    rounds: int


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One message, by the machine's monotonic clock."""

    pages: int
    bytes: int = 0
    first_s: float = 0.0
    half_s: float = 0.0
    last_s: float = 0.0


class _Crowd:
    """All pages, and the message that is on its way to them."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self._bytes = 0
        self._at_s: list[float] = []
        self._all = asyncio.Event()

    def heard(self, size: int) -> None:
        """A page has it."""
        self._bytes = size
        self._at_s.append(time.monotonic())
        if len(self._at_s) == self._pages:
            self._all.set()

    def forget(self) -> None:
        """What came before is no message of the bench."""
        self._at_s.clear()
        self._all.clear()

    async def next(self) -> Arrived:
        """Once all have it, or no more of them get it."""
        while not self._all.is_set():
            before = len(self._at_s)
            try:
                await asyncio.wait_for(self._all.wait(), NO_MORE_S)
            except TimeoutError:
                if before and len(self._at_s) == before:
                    break
        at_s = list(self._at_s)
        self.forget()
        return Arrived(
            pages=len(at_s), bytes=self._bytes, first_s=at_s[0], half_s=at_s[len(at_s) // 2], last_s=at_s[-1]
        )


class _Page(SocketPhone):
    def __init__(self, path: str, enter: bytes, crowd: _Crowd) -> None:
        super().__init__(path, enter)
        self._crowd = crowd

    def _take(self, payload: bytes) -> None:
        if payload.startswith(MEETING):
            self._crowd.heard(len(payload))
        super()._take(payload)


async def _connected(pages: Pages, crowd: _Crowd) -> list[_Page]:
    loop = asyncio.get_running_loop()
    access = Access(pages.access_key, lambda meeting, person: 0)
    trust = await asyncio.to_thread(_trust, pages.certificate)
    path = f"/meetings/{pages.meeting}/ws"
    connected: list[_Page] = []
    for first in range(0, len(pages.creditors), OPENING_AT_ONCE):
        some = []
        for creditor in pages.creditors[first : first + OPENING_AT_ONCE]:
            token = access.new_pass(pages.meeting, creditor, pages.utc_ms).encode()
            some.append(_Page(path, b'{"type":"enter","token":"%s","version":1}' % token, crowd))
        place = (f"127.0.0.{2 + first // PAGES_AN_ADDRESS}", 0)
        await asyncio.gather(
            *(
                loop.create_connection(lambda page=page: page, "127.0.0.1", pages.port, ssl=trust, local_addr=place)
                for page in some
            )
        )
        await asyncio.gather(*(page.entered for page in some))
        connected += some
    return connected


def _trust(certificate: str) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=certificate) if certificate else None


async def _main(pages: Pages) -> None:
    crowd = _Crowd(len(pages.creditors))
    connected = await _connected(pages, crowd)
    gc.collect()
    gc.freeze()
    await asyncio.sleep(SETTLE_S)
    crowd.forget()
    _say(Arrived(pages=len(connected)))
    for _ in range(pages.rounds):
        _say(await crowd.next())


def _say(arrived: Arrived) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(arrived) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main(msgspec.json.decode(sys.stdin.buffer.readline(), type=Pages)))
