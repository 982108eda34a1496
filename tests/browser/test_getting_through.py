"""Phones in networks that are not made for it: no UDP at all, IPv6 only. Real namespaces, firewall, TURN server."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from playwright.async_api import Page

from hearing import commands as cmd
from hearing.session import Move
from tests.browser.sfu_stage import CHROMIUM
from tests.browser.visitors import chromium, consent_and_check, decodes_more, needs_chromium, visit
from tests.fakes import networks
from tests.fakes.networks import Networks, needs_networks
from tests.fakes.serving import PASSWORD, ServerProcess, serving
from yunting.demo.client import Api
from yunting.demo.party import Cast, Party

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium, needs_networks]

SECRET = "a-secret-of-the-tests"
TURN_PORT = 443

# What pair of candidates each connection of the page uses.
_PAIRS = """
async () => {
  const found = [];
  for (const peer of window.peers) {
    if (peer.connectionState !== 'connected') continue;
    const stats = await peer.getStats();
    for (const transport of stats.values()) {
      if (transport.type !== 'transport') continue;
      const pair = stats.get(transport.selectedCandidatePairId);
      const local = stats.get(pair.localCandidateId), remote = stats.get(pair.remoteCandidateId);
      found.push({local: local.candidateType, protocol: local.protocol, relay: local.relayProtocol ?? null,
        address: remote.address, port: remote.port});
    }
  }
  return found;
}
"""


@pytest.fixture
def joined() -> Iterator[Networks]:
    with networks.joined() as both:
        yield both


async def _session(clerk: Api) -> dict[str, Any]:
    seats = [
        {"seat": "judge-1", "role": "presiding_judge", "name": "甲", "required": True, "account": "bench"},
        {"seat": "plaintiff-1", "role": "plaintiff", "name": "乙", "required": True},
    ]
    made: dict[str, Any] = await clerk.call(
        "POST",
        "sessions",
        {
            "court": "测试法院",
            "case_no": "(2026)粤01民初9号",
            "hearing_no": "1",
            "cause": "买卖合同纠纷",
            "title": "网络受限",
            "public": True,
            "scheduled_utc_ms": time.time_ns() // 1_000_000,
            "seats": seats,
        },
    )
    gathered: dict[str, Any] = await clerk.call("POST", f"sessions/{made['id']}/gather")
    return gathered


@asynccontextmanager
async def _hearing_with_phone(
    server: ServerProcess, both: Networks, folder: Path, host: str | None = None
) -> AsyncIterator[Page]:
    """A judge in the court's network and a phone's page in the other, in an open hearing; the phone knows the server
    under `host`."""
    async with contextlib.AsyncExitStack() as stack:
        clerk, bench = [await stack.enter_async_context(server.api()) for _ in range(2)]
        await clerk.sign_in("desk", PASSWORD)
        await bench.sign_in("bench", PASSWORD)
        session = await _session(clerk)
        judge = Party(bench, Cast("甲", (90, 60, 50), 110.0, 1))
        running = asyncio.ensure_future(judge.run(await bench.staff_ticket(session["id"])))
        stack.callback(running.cancel)
        browser = await stack.enter_async_context(
            chromium(both.phone_command(str(CHROMIUM), folder), "--ignore-certificate-errors")
        )
        seat = next(s for s in session["seats"] if s["seat"] == "plaintiff-1")
        url = urlsplit(seat["invitation"]["url"])
        if host is not None:
            url = url._replace(netloc=f"{host}:{url.port}")
        phone = await visit(browser, urlunsplit(url), 390, 844)
        await consent_and_check(phone)
        await phone.get_by_text("候审").first.wait_for()
        await asyncio.wait_for(judge.on_air.wait(), 20)
        await judge.presence.do(cmd.MoveSession(move=Move.OPEN))
        yield phone
        await judge.presence.close()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_phone_without_udp_comes_over_ice_tcp(joined: Networks, tmp_path: Path) -> None:
    joined.block_udp()
    tcp_port = 8444
    async with (
        serving(tmp_path, joined.court_ipv4, YUNTING_MEDIA_TCP_PORT=str(tcp_port)) as server,
        _hearing_with_phone(server, joined, tmp_path) as phone,
    ):
        await decodes_more(phone, 20)
        pairs = await phone.evaluate(_PAIRS)
        assert pairs
        assert {(pair["protocol"], pair["port"]) for pair in pairs} == {("tcp", tcp_port)}, pairs


@asynccontextmanager
async def _turn_server(folder: Path, host: str) -> AsyncIterator[None]:
    """Debian's coturn, TURN over TLS on 443 only, with the REST secret."""
    key, certificate = folder / "turn.key", folder / "turn.crt"
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}")
    made = await asyncio.create_subprocess_exec(
        "openssl", *words, "-keyout", str(key), "-out", str(certificate), stderr=asyncio.subprocess.DEVNULL
    )
    assert await made.wait() == 0
    log = (folder / "turn.log").open("wb")
    server = await asyncio.create_subprocess_exec(
        "turnserver",
        "-n",
        f"--listening-ip={host}",
        f"--relay-ip={host}",
        f"--tls-listening-port={TURN_PORT}",
        "--no-udp",
        "--no-tcp",
        "--no-cli",
        "--use-auth-secret",
        f"--static-auth-secret={SECRET}",
        "--realm=yunting.example",
        f"--cert={certificate}",
        f"--pkey={key}",
        f"--pidfile={folder / 'turn.pid'}",
        "--log-file=stdout",
        stdout=log,
        stderr=log,
    )
    log.close()
    try:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(host, TURN_PORT)
                    writer.close()
                    break
                await asyncio.sleep(0.05)
        yield
    finally:
        server.terminate()
        await server.wait()


@pytest.mark.skipif(not shutil.which("turnserver"), reason="needs: apt-get install coturn")
async def test_a_phone_without_udp_comes_through_turn_over_tls(joined: Networks, tmp_path: Path) -> None:
    joined.block_udp()
    url = f"turns:{joined.court_ipv4}:{TURN_PORT}?transport=tcp"
    async with (
        _turn_server(tmp_path, joined.court_ipv4),
        serving(tmp_path, joined.court_ipv4, YUNTING_ICE_URLS=url, YUNTING_ICE_SECRET=SECRET) as server,
        _hearing_with_phone(server, joined, tmp_path) as phone,
    ):
        await decodes_more(phone, 20)
        pairs = await phone.evaluate(_PAIRS)
        assert pairs
        assert {(pair["local"], pair["relay"]) for pair in pairs} == {("relay", "tls")}, pairs


@pytest.fixture
def without_ipv4() -> Iterator[Networks]:
    with networks.joined(ipv4=False) as both:
        yield both


async def test_a_phone_with_ipv6_only_comes_directly(without_ipv4: Networks, tmp_path: Path) -> None:
    async with (
        serving(tmp_path, without_ipv4.court_ipv6) as server,
        _hearing_with_phone(server, without_ipv4, tmp_path) as phone,
    ):
        await decodes_more(phone, 20)
        pairs = await phone.evaluate(_PAIRS)
        assert {(pair["protocol"], pair["port"]) for pair in pairs} == {("udp", server.port)}, pairs


@pytest.mark.skipif(not shutil.which("tayga"), reason="needs: apt-get install tayga")
async def test_a_phone_with_ipv6_only_reaches_an_ipv4_court_through_nat64(
    without_ipv4: Networks, tmp_path: Path
) -> None:
    with without_ipv4.nat64(tmp_path / "nat64") as prefix:
        translated = str(ipaddress.IPv6Network(prefix)[int(ipaddress.IPv4Address(without_ipv4.court_ipv4))])
        async with (
            serving(tmp_path, without_ipv4.court_ipv4, YUNTING_MEDIA_NAT64_PREFIXES=prefix) as server,
            _hearing_with_phone(server, without_ipv4, tmp_path, f"[{translated}]") as phone,
        ):
            await decodes_more(phone, 20)
            pairs = await phone.evaluate(_PAIRS)
            assert {(pair["protocol"], pair["port"]) for pair in pairs} == {("udp", server.port)}, pairs
