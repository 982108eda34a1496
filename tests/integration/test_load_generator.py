"""The C load generator against real servers: what it sends arrives, what it says is so."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

import pytest

from media_server import packets
from media_server.dataplane.ports import SrtpKeys, SrtpProfile
from media_server.dataplane.srtp import directions
from yunting.bench.load import build
from yunting.bench.load.engine import Engine, Link
from yunting.bench.load.least import LeastContender
from yunting.bench.load.measure import Load, measure
from yunting.bench.load.yunting_sfu import YuntingContender

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

HOST = "127.0.0.1"
TRANSPORT_CC_ID = 3


@pytest.mark.parametrize("profile", list(SrtpProfile))
async def test_a_real_sfu_gets_and_gives_every_packet(profile: SrtpProfile) -> None:
    load = Load(publishers=2, subscribers=4, pps=150, seconds=0.6, idle_s=0.1, warm_up_s=0.3)
    done = await measure(YuntingContender(HOST, "plain"), load, profile, HOST)
    assert done.delivered_percent == done.worst_percent == 100.0
    assert (done.gaps, done.auth_failures) == (0, 0)
    assert done.sent_percent > 20
    assert done.cpu_us_per_packet > 0
    assert 0 < done.delay_ms_p50 <= done.delay_ms_p99
    assert (done.contender, done.profile) == ("yunting plain", profile.value)


@pytest.mark.parametrize("held_ms", [0, 2])
@pytest.mark.parametrize("profile", list(SrtpProfile))
async def test_the_least_server_gives_every_packet_as_it_came(profile: SrtpProfile, held_ms: float) -> None:
    load = Load(publishers=2, subscribers=4, pps=150, seconds=0.5, idle_s=0.1, warm_up_s=0.3)
    done = await measure(LeastContender(HOST, profile, held_ms), load, profile, HOST)
    assert done.delivered_percent == done.worst_percent == 100.0
    assert (done.gaps, done.auth_failures, done.rtcp_to_clients) == (0, 0, 0)
    assert done.profile == profile.value


async def test_gaps_are_counted_and_feedback_tells_what_arrived() -> None:
    keys = SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, b"r" * 16, b"s" * 12, b"t" * 16, b"u" * 12)
    opener, sealer = directions(SrtpKeys(keys.profile, keys.tx_key, keys.tx_salt, keys.rx_key, keys.rx_salt))
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        server.bind((HOST, 0))
        client.bind((HOST, 0))
        client.connect(server.getsockname())
        client.setblocking(False)
        server.settimeout(5)
        await asyncio.to_thread(build.library)
        engine = Engine(sample_every=1)
        try:
            engine.add(Link(client, keys, transport_cc=TRANSPORT_CC_ID, own_ssrc=9))
            for number in range(65_530, 65_560):  # over the sequence number's end; three do not come
                if number % 10 == 7:
                    continue
                extension = bytes((TRANSPORT_CC_ID << 4 | 1,)) + struct.pack("!H", number & 0xFFFF) + b"\0"
                header = struct.pack("!BBHIIHH", 0x90, 96, number & 0xFFFF, number, 5, 0xBEDE, 1) + extension
                payload = bytes(20) + struct.pack("=q", time.monotonic_ns())
                nonce = (sealer.salt ^ (5 << 48) ^ number).to_bytes(12, "big")
                server.sendto(header + sealer.seal(nonce, payload, header), client.getsockname())
                await asyncio.sleep(0.001)
            statuses: dict[int, bool] = {}
            reports: list[packets.ReportBlock] = []
            deadline = time.monotonic() + 5
            while (
                len(statuses) < 30 or not any(r.highest_sequence == 65_559 for r in reports)
            ) and time.monotonic() < deadline:
                compound = opener.open_rtcp(await asyncio.to_thread(server.recv, 2048))
                for item in packets.parse(compound):
                    if isinstance(item, packets.TransportFeedback):
                        statuses |= _statuses(item.data)
                    if isinstance(item, packets.ReportBlock):
                        reports.append(item)
            got = engine.subscribed()
        finally:
            engine.close()
    assert statuses == {number & 0xFFFF: number % 10 != 7 for number in range(65_530, 65_560)}
    assert (got.received, got.gaps, got.auth_failures) == (27, 3, 0)
    assert reports[-1].ssrc == 5
    assert (reports[-1].highest_sequence, reports[-1].lost) == (65_559, 3)


def test_without_a_compiler_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    build.library.cache_clear()
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(build.NoCompiler, match="compiler"):
        build.library()
    build.library.cache_clear()


def _statuses(feedback: bytes) -> dict[int, bool]:
    """Sequence number -> whether it arrived, of one transport-cc packet; the deltas must fill it exactly."""
    base, count = struct.unpack_from("!HH", feedback, 12)
    symbols: list[int] = []
    at = 20
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", feedback, at)
        at += 2
        if chunk >> 14 == 3:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
    symbols = symbols[:count]
    padding = feedback[-1] if feedback[0] & 0x20 else 0
    assert at + sum(symbols) + padding == len(feedback)
    return {(base + number) & 0xFFFF: symbol > 0 for number, symbol in enumerate(symbols)}
