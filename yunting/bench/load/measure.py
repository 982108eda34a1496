"""One measured run of one SFU: connect all, idle, warm up, count."""

from __future__ import annotations

import asyncio
import contextlib
import time

import msgspec

from media_server.dataplane.ports import SrtpProfile
from yunting.bench.cores import pinned
from yunting.bench.load.build import library
from yunting.bench.load.contender import Contender, process_cpu_s, resident_mib
from yunting.bench.load.engine import SLOT_PACKETS, Engine, Sending
from yunting.bench.load.peer import ClientPeer, PeerOptions

_JOINS_AT_ONCE = 8
_SETTLE_S = 0.2
_SETTLE_STEPS = 10
_PUBLISHER_S = 0.6
"""Between a publisher's connection and the first subscriber: Janus lists a feed only some time after."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What all contenders get alike. Subscriber i takes publisher i mod `publishers`."""

    publishers: int = 1
    subscribers: int = 30
    pps: int = 270
    """Of a publisher: 2.4 Mbit/s with 1100 bytes a packet, as frames of nine."""
    size: int = 1100
    pacing: str = "browser"
    seconds: float = 8.0
    idle_s: float = 2.0
    warm_up_s: float = 4.0
    """Long enough for a congestion control to find out that the path carries the stream."""
    transport_cc: bool = True
    """Offer transport-cc and, to be probed, RTX; who does not take them for subscribers (Janus) does nothing more."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one contender did with one load."""

    contender: str
    profile: str
    subscribers: int
    cpu_us_per_packet: float
    above_idle_us: float
    """The same without what the connected peers cost while nothing is sent."""
    delivered_percent: float
    worst_percent: float
    """Of the subscriber that got the fewest."""
    sent_percent: float
    """Of what the publishers should have sent: below 98 the run is not to be used."""
    gaps: int
    auth_failures: int
    delay_ms_p50: float
    delay_ms_p99: float
    core_percent: float
    idle_percent: float
    join_ms: float
    """The server's CPU for one connection."""
    set_up_s: float
    resident_mib: float
    client_core_percent: float
    rtcp_to_clients: int
    rtcp_to_server: int
    repeats: int
    """RTX packets, probes among them; not in `delivered_percent`."""


async def measure(contender: Contender, load: Load, profile: SrtpProfile, host: str) -> Run:
    """Start the contender, run the load, end it. OSError or TimeoutError when peers cannot connect."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(contender.close)
        await contender.start()
        stack.enter_context(pinned("clients"))
        clients: list[ClientPeer] = []
        stack.callback(_close, clients)
        await asyncio.to_thread(library)  # the compiler takes its time
        engine = Engine()
        stack.callback(engine.close)
        options = PeerOptions(host, profile, load.transport_cc, feedback=True)
        began, cpu_s = time.monotonic(), process_cpu_s(contender.pid)
        pairs = await _connect(contender, load, options, engine, clients)
        set_up_s, join_s = time.monotonic() - began, process_cpu_s(contender.pid) - cpu_s
        idle = await _share(contender.pid, load.idle_s)
        await _play(engine, load.warm_up_s)
        engine.reset()
        cpu_s, busy_s, began = process_cpu_s(contender.pid), engine.busy_s(), time.monotonic()
        await _play(engine, load.seconds)
        wall_s = time.monotonic() - began
        cpu_s, busy_s = process_cpu_s(contender.pid) - cpu_s, engine.busy_s() - busy_s
        sent, got = engine.published(), engine.subscribed()
        expected = sent.sent * load.subscribers / load.publishers
        received = max(1, got.received)
        return Run(
            contender=contender.name,
            profile=profile.value,
            subscribers=load.subscribers,
            cpu_us_per_packet=round(cpu_s * 1e6 / received, 2),
            above_idle_us=round((cpu_s - idle * wall_s) * 1e6 / received, 2),
            delivered_percent=round(100 * got.received / max(1, expected), 2),
            worst_percent=round(min(_percent(engine, *pair) for pair in pairs), 2),
            sent_percent=round(100 * sent.sent / (load.pps * load.seconds * load.publishers), 1),
            gaps=got.gaps,
            auth_failures=got.auth_failures + sent.auth_failures,
            delay_ms_p50=round(engine.delay_ms(0.5), 2),
            delay_ms_p99=round(engine.delay_ms(0.99), 2),
            core_percent=round(100 * cpu_s / wall_s, 1),
            idle_percent=round(100 * idle, 2),
            join_ms=round(1000 * join_s / (load.publishers + load.subscribers), 2),
            set_up_s=round(set_up_s, 2),
            resident_mib=round(await asyncio.to_thread(resident_mib, contender.pid), 1),
            client_core_percent=round(100 * busy_s / wall_s, 1),
            rtcp_to_clients=sent.rtcp_in + got.rtcp_in,
            rtcp_to_server=sent.rtcp_out + got.rtcp_out,
            repeats=got.repeats,
        )


async def _connect(
    contender: Contender, load: Load, options: PeerOptions, engine: Engine, clients: list[ClientPeer]
) -> list[tuple[int, int]]:
    """Connect everybody; returns each subscriber's number in the engine, with its publisher's."""
    # A browser's pacer sends four packets each 5 ms; a faster stream needs more.
    at_once = max(SLOT_PACKETS, -(-load.pps // 200)) if load.pacing == "browser" else 0
    publishers: list[int] = []
    pairs: list[tuple[int, int]] = []
    for number in range(load.publishers):
        sending = Sending(number + 1, 0, load.pps, load.size, at_once)
        peer = ClientPeer(options, number + 1, sending)
        clients.append(peer)
        await contender.publish(number, peer)
        publishers.append(engine.add(await peer.connect()))
    await asyncio.sleep(_PUBLISHER_S)
    places = asyncio.Semaphore(_JOINS_AT_ONCE)

    async def join(number: int) -> None:
        async with places:
            peer = ClientPeer(options, 1000 + number)
            clients.append(peer)
            publisher = number % load.publishers
            await contender.subscribe(publisher, peer)
            pairs.append((engine.add(await peer.connect()), publishers[publisher]))

    async with asyncio.TaskGroup() as group:
        for number in range(load.subscribers):
            group.create_task(join(number))
    return pairs


def _close(clients: list[ClientPeer]) -> None:
    for client in clients:
        client.close()


def _percent(engine: Engine, subscriber: int, publisher: int) -> float:
    """What the subscriber got of what its publisher sent."""
    return 100 * engine.totals(subscriber).received / max(1, engine.totals(publisher).sent)


async def _share(pid: int, seconds: float) -> float:
    """Share of a core that the process takes meanwhile."""
    if seconds <= 0:
        return 0.0
    cpu_s, began = process_cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (process_cpu_s(pid) - cpu_s) / (time.monotonic() - began)


async def _play(engine: Engine, seconds: float) -> None:
    engine.media(True)
    await asyncio.sleep(seconds)
    engine.media(False)
    # What is still under way counts, but a server that is far behind is not waited for.
    before = -1
    for _ in range(_SETTLE_STEPS):
        received = engine.subscribed().received
        if received == before:
            break
        before = received
        await asyncio.sleep(_SETTLE_S)
