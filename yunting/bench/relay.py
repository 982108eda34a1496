"""`yunting bench relay`: CPU per forwarded packet of a data plane, with real SRTP in and out over loopback UDP.

The server runs in a process of its own (`relay_server`), pinned to the first core, and reports the CPU time of all
its threads. Publishers and subscribers are the C load generator (`load/`), pinned to the other cores. With `extras`
(the default) the server does what a hearing makes it do: sender reports, receiver reports and transport-cc feedback
both ways, transport-wide numbers and send times on every packet out, the packet cache, and a tap that gets every
packet. `floor_us` is measured in the server process afterwards, in C: encrypt and send with UDP_SEGMENT, no more.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import platform
import socket
import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from media_server.dataplane.ports import SrtpProfile
from media_server.dataplane.wire import open_socket
from yunting.bench.cores import pinned
from yunting.bench.load.build import library
from yunting.bench.load.engine import FRAMES_PER_S, SLOT_PACKETS, Engine, Link, Sending
from yunting.bench.relay_server import (
    ABS_SEND_TIME_ID,
    FIRST_SUBSCRIBER,
    HOST,
    PAYLOAD_TYPE,
    TRANSPORT_CC_ID,
    Measured,
    keys_of,
    serve,
    ssrc_of,
)

_WARM_UP_S = 1.0
_SETTLE_S = 0.2
_SETTLE_STEPS = 10


class RelayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. `pps` is per publisher; `size` is the whole RTP packet in bytes before encryption."""

    publishers: int = 1
    subscribers: int = 10
    pps: int = 500
    size: int = 1100
    pacing: str = "browser"
    """browser: 4 packets every 5 ms; burst: a whole frame at once. 30 frames a second."""
    seconds: float = 8.0
    dataplane: str = ""
    """plain, native; empty: what a server would use here."""
    srtp_profile: str = "AEAD_AES_128_GCM"
    extras: bool = True
    """RTCP both ways, packet cache, transport-cc, recording tap; False: forwarding alone."""


class RelayResult(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of `yunting bench relay --json`."""

    cpu_us_per_packet: float
    forwarder_us_per_packet: float
    """The forwarding thread's share of it; 0 where the event loop forwards."""
    floor_us: float
    floor_ratio: float
    forwarded: int
    delivered_percent: float
    lost: int
    """Packets the subscribers should have got and did not."""
    auth_failures: int
    """Of the sample that was decrypted; anything but 0 is a fault."""
    added_latency_ms_p50: float
    added_latency_ms_p99: float
    server_core_percent: float
    client_core_percent: float
    """Near 100 the clients, not the server, made the delay."""
    tapped: int
    rtcp_to_server: int
    rtcp_to_clients: int
    dataplane: str
    srtp_profile: str
    cpus: int
    python: str
    seconds: float
    """Length of the measured window."""
    parameters: RelayOptions


def run(options: RelayOptions) -> RelayResult:
    """Run the benchmark once. ValueError for options that make no sense, NoCompiler without a C compiler."""
    if min(options.publishers, options.subscribers, options.pps) < 1 or not 64 <= options.size <= 1400:
        raise ValueError("publishers, subscribers and pps must be positive, size 64 to 1400 bytes")
    if options.pacing not in ("browser", "burst"):
        raise ValueError(f"pacing is browser or burst, not {options.pacing!r}")
    SrtpProfile(options.srtp_profile)
    library()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, options), daemon=True)
    with contextlib.ExitStack() as stack:
        stack.callback(_stop, server)
        stack.enter_context(ours)
        server.start()
        theirs.close()
        sockets = [stack.enter_context(open_socket(HOST, 0)) for _ in range(options.publishers + options.subscribers)]
        ours.send([sock.getsockname() for sock in sockets])
        address = ours.recv()
        stack.enter_context(pinned("clients"))
        engine = Engine()
        stack.callback(engine.close)
        for sock, link in zip(sockets, _links(options, sockets), strict=True):
            sock.connect(address)
            engine.add(link)
        _play(engine, _WARM_UP_S)
        ours.send("begin")
        ours.recv()
        engine.reset()
        busy_s = engine.busy_s()
        _play(engine, options.seconds)
        ours.send("end")
        measured: Measured = ours.recv()
        busy_s = engine.busy_s() - busy_s
        floor_us: float = ours.recv()
        return _result(options, engine, measured, floor_us, busy_s)


def packets_at_once(pacing: str, pps: int) -> int:
    """Packets of a publisher that leave together: 0 = a whole frame."""
    return max(SLOT_PACKETS, -(-pps // 200)) if pacing == "browser" else 0


def group_of(pacing: str, pps: int) -> int:
    """The longest run of packets to one subscriber, as the pacing makes them."""
    return packets_at_once(pacing, pps) or max(1, round(pps / FRAMES_PER_S))


def _links(options: RelayOptions, sockets: Sequence[socket.socket]) -> list[Link]:
    at_once = packets_at_once(options.pacing, options.pps)
    links = []
    for number, sock in enumerate(sockets):
        publishing = number < options.publishers
        peer = number if publishing else FIRST_SUBSCRIBER + number - options.publishers
        sending = Sending(ssrc_of(peer), PAYLOAD_TYPE, options.pps, options.size, at_once) if publishing else None
        keys = keys_of(peer, options.srtp_profile, ours=False)
        link = Link(sock, keys, sending, feedback=options.extras, own_ssrc=ssrc_of(peer))
        if options.extras:
            link = replace(link, transport_cc=TRANSPORT_CC_ID, abs_send_time=ABS_SEND_TIME_ID)
        links.append(link)
    return links


def _play(engine: Engine, seconds: float) -> None:
    engine.media(True)
    time.sleep(seconds)
    engine.media(False)
    before = -1
    for _ in range(_SETTLE_STEPS):
        received = engine.subscribed().received
        if received == before:
            break
        before = received
        time.sleep(_SETTLE_S)


def _stop(server: multiprocessing.context.SpawnProcess) -> None:
    if server.pid is None:
        return
    server.join(5)
    if server.is_alive():
        server.terminate()


def _result(options: RelayOptions, engine: Engine, measured: Measured, floor_us: float, busy_s: float) -> RelayResult:
    sent, got = engine.published(), engine.subscribed()
    expected = sent.sent * options.subscribers
    cpu_us = measured.cpu_us / max(1, got.received)
    return RelayResult(
        cpu_us_per_packet=round(cpu_us, 2),
        forwarder_us_per_packet=round(measured.forwarder_us / max(1, got.received), 2),
        floor_us=round(floor_us, 2),
        floor_ratio=round(cpu_us / floor_us, 2),
        forwarded=measured.forwarded,
        delivered_percent=round(100 * got.received / max(1, expected), 3),
        lost=expected - got.received,
        auth_failures=got.auth_failures + sent.auth_failures,
        added_latency_ms_p50=round(engine.delay_ms(0.5), 3),
        added_latency_ms_p99=round(engine.delay_ms(0.99), 3),
        server_core_percent=round(measured.cpu_us / measured.wall_s / 10_000, 1),
        client_core_percent=round(100 * busy_s / measured.wall_s, 1),
        tapped=measured.tapped,
        rtcp_to_server=sent.rtcp_out + got.rtcp_out,
        rtcp_to_clients=sent.rtcp_in + got.rtcp_in,
        dataplane=measured.dataplane,
        srtp_profile=options.srtp_profile,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        seconds=round(measured.wall_s, 2),
        parameters=options,
    )
