"""An open hearing with live media: judge and plaintiff (aiortc) see each other, the clerk looks on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCPeerConnection

from hearing import commands as cmd
from hearing.session import Move
from signaling import protocol as wire
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer
from tests.fakes.serving import PASSWORD
from yunting.demo.client import Api, Presence
from yunting.demo.party import Cast, Party

SEATS = (
    {"seat": "judge-1", "role": "presiding_judge", "name": "甲", "required": True, "account": "bench"},
    {"seat": "clerk-1", "role": "clerk", "name": "丙", "required": False, "account": "desk"},
    {"seat": "plaintiff-1", "role": "plaintiff", "name": "乙", "required": True},
)


class ClerkPage(Presence):
    """A page that keeps what it was last told of the recording."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.recording: wire.RecordingHealth | None = None

    async def _take(self, message: wire.FromServer) -> None:
        if isinstance(message, wire.RecordingHealth):
            self.recording = message
            await self._notify()
        await super()._take(message)


class LiveHearing:
    """See the module text."""

    def __init__(self, session: str, code: str, clerk: Api, bench: Api, phone: Api) -> None:
        self.session = session
        self.desk = clerk
        self._bench = bench
        self._phone = phone
        self._code = code
        self.viewers: list[RTCPeerConnection] = []
        self._running: list[asyncio.Future[None]] = []
        self._new_pages()

    def _new_pages(self) -> None:
        self.clerk = ClerkPage(self.desk)
        self.judge = Party(self._bench, Cast("甲", (90, 60, 50), 110.0, 1))
        self.plaintiff = Party(self._phone, Cast("乙", (50, 70, 100), 180.0, 2))

    async def come(self) -> None:
        """All three come in; the judge, who has nothing to wait for, is on air."""
        pages = (
            (self.clerk, await self.desk.staff_ticket(self.session)),
            (self.judge, await self._bench.staff_ticket(self.session)),
            (self.plaintiff, await self._phone.enter(self._code)),
        )
        self._running += [asyncio.ensure_future(page.run(ticket)) for page, ticket in pages]
        await self.plaintiff.presence.connected()
        await asyncio.wait_for(self.judge.on_air.wait(), 20)

    async def come_back(self) -> None:
        """New pages for all three, after their server was away; both parties are on air again."""
        await self.leave()
        self._new_pages()
        await self.come()
        await asyncio.wait_for(self.plaintiff.on_air.wait(), 20)

    async def leave(self) -> None:
        """Close every page and viewer. Idempotent."""
        for viewer in self.viewers:
            await viewer.close()
        self.viewers.clear()
        for presence in (self.judge.presence, self.plaintiff.presence, self.clerk):
            await presence.close()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    async def events(self, kind: str) -> list[dict[str, Any]]:
        """Events of this type in the log."""
        entries = await self.desk.call("GET", f"sessions/{self.session}/events?after=0")
        return [entry["event"] for entry in entries if entry["event"]["type"] == kind]

    async def until(self, kind: str, count: int, within_s: float = 30.0) -> list[dict[str, Any]]:
        """The events of this type once there are `count`."""
        async with asyncio.timeout(within_s):
            while len(found := await self.events(kind)) < count:
                await asyncio.sleep(0.2)
        return found

    async def received(self) -> list[int]:
        """Media packets that each of the two viewers has received."""
        return [await _packets_received(viewer) for viewer in self.viewers]

    async def sent(self) -> list[int]:
        """Media packets sent so far to each of the two viewers: by the other party."""
        return [await _packets_sent(party) for party in (self.plaintiff, self.judge)]

    async def watch_each_other(self) -> None:
        """Both parties receive each other's audio and video; returns when both do."""
        for presence in (self.judge.presence, self.plaintiff.presence):
            self.viewers.append(await _watch(presence))
        async with asyncio.timeout(20):
            while min(await self.received()) < 50:
                await asyncio.sleep(0.1)


@asynccontextmanager
async def live_hearing(api: Callable[[], Api]) -> AsyncIterator[LiveHearing]:
    """A hearing after 开庭, both on air; `api` makes clients of a server with the staff of `fakes.serving`."""
    clerk, bench, phone = api(), api(), api()
    async with clerk, bench, phone:
        await clerk.sign_in("desk", PASSWORD)
        await bench.sign_in("bench", PASSWORD)
        made = await clerk.call("POST", "sessions", _new_session())
        await clerk.call("POST", f"sessions/{made['id']}/gather")
        code = next(s["invitation"]["code"] for s in made["seats"] if s["seat"] == "plaintiff-1")
        hearing = LiveHearing(made["id"], code, clerk, bench, phone)
        try:
            await hearing.come()
            await hearing.judge.presence.do(cmd.MoveSession(move=Move.OPEN))
            await asyncio.wait_for(hearing.plaintiff.on_air.wait(), 20)
            yield hearing
        finally:
            await hearing.leave()


def _new_session() -> dict[str, Any]:
    return {
        "court": "测试法院",
        "case_no": "(2026)粤01民初7号",
        "hearing_no": "1",
        "cause": "借款合同纠纷",
        "title": "第一次庭审",
        "public": True,
        "scheduled_utc_ms": time.time_ns() // 1_000_000,
        "seats": SEATS,
    }


async def _watch(presence: Presence) -> RTCPeerConnection:
    await presence.wait_for(lambda _: len(presence.publications) == 2, timeout_s=20)
    viewer = new_client()
    for kind in ("audio", "video"):
        viewer.addTransceiver(kind, direction="recvonly")
    sdp = await offer_of(viewer)
    by_kind = {publication.kind: publication.id for publication in presence.publications}
    tracks = {str(t.mid): by_kind[t.kind] for t in viewer.getTransceivers()}
    await take_answer(viewer, (await presence.offer("receive", sdp, tracks)).sdp)
    return viewer


async def _packets_received(viewer: RTCPeerConnection) -> int:
    total = 0
    for receiver in viewer.getReceivers():
        stats = await receiver.getStats()
        total += sum(s.packetsReceived for s in stats.values() if s.type == "inbound-rtp")
    return total


async def _packets_sent(party: Party) -> int:
    assert party._peer is not None
    total = 0
    for sender in party._peer.getSenders():
        stats = await sender.getStats()
        total += sum(s.packetsSent for s in stats.values() if s.type == "outbound-rtp")
    return total
