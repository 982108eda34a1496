"""IPv6 only: pages, WebSocket and media on a dual-stack server."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.fakes.hall import hall
from tests.fakes.serving import PASSWORD
from yunting.demo import party as synthetic
from yunting.demo.client import Api
from yunting.demo.party import Cast, Party

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def ipv6_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic.aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["::1"])


async def test_media_and_signaling_over_ipv6_alone(tmp_path: Path) -> None:
    both = {"YUNTING_HTTP_HOST": "::", "YUNTING_MEDIA_HOST": "::", "YUNTING_MEDIA_ANNOUNCED": "127.0.0.1, ::1"}
    async with hall(tmp_path, "plaintiff-1", **both) as court:
        trust = ssl.create_default_context(cafile=str(tmp_path / "tls" / "server.crt"))
        async with Api(f"https://[::1]:{court.server.port}", trust) as bench:
            await bench.sign_in("bench", PASSWORD)
            judge = Party(bench, Cast("甲", (90, 60, 50), 110.0, 1))
            running = asyncio.ensure_future(judge.run(await bench.staff_ticket(court.session)))
            await asyncio.wait_for(judge.on_air.wait(), 20)
            await judge.presence.close()
            await running
