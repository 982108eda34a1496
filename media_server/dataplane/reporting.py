"""When the plain data plane tells publishers of their arrivals: with the packets, at the latest by a timer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from media_server.dataplane.arrivals import LATEST_US
from media_server.dataplane.ports import PeerId
from media_server.dataplane.state import Peer


class Reporting:
    """Feedback that waits, of at most as many peers as there are. `send` takes a peer and an RTCP packet."""

    def __init__(self, send: Callable[[PeerId, bytes], None]) -> None:
        self._send = send
        self._timer: asyncio.TimerHandle | None = None
        self.waiting: dict[PeerId, Peer] = {}
        """Peers of whom something was noted; the data plane puts them in."""

    def report(self) -> None:
        """Send what is due; what is not is looked at again. Needs a running loop."""
        now_us = time.monotonic_ns() // 1000
        for number, peer in list(self.waiting.items()):
            arrivals = peer.arrivals
            if arrivals is None or arrivals.due(now_us):
                del self.waiting[number]
            if arrivals is not None and arrivals.due(now_us):
                for packet in arrivals.build(peer.arrivals_ssrc, peer.arrivals_media):
                    self._send(number, packet)
        if self.waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LATEST_US / 1_000_000, self._late)

    def forget(self, peer: PeerId) -> None:
        """The peer is gone. Idempotent."""
        self.waiting.pop(peer, None)

    def close(self) -> None:
        """Idempotent."""
        self.waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        self.report()
