"""Somebody is removed while their page still negotiates; and a server that has file descriptors to spare."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest
from aiortc.mediastreams import AudioStreamTrack

from media_server.dataplane.plain import PlainDataPlane
from media_server.peer import Peer
from media_server.ports import Direction
from media_server.sfu import Sfu, SfuSettings
from tests.fakes.aiortc_clients import new_client, offer_of, use_loopback
from tests.fakes.room_listener import Told
from tests.fakes.serving import serving

pytestmark = pytest.mark.integration


async def test_an_offer_under_way_leaves_no_connection_of_the_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    close = Peer.close

    async def slowly(peer: Peer) -> None:
        await asyncio.sleep(0.05)
        await close(peer)

    monkeypatch.setattr(Peer, "close", slowly)
    sfu = Sfu(SfuSettings(), PlainDataPlane())
    await sfu.start()
    room = sfu.open_room("session", Told())
    client = new_client()
    client.addTrack(AudioStreamTrack())
    offer = await offer_of(client)
    await room.answer("plaintiff", Direction.SEND, offer, {"0": "microphone"})
    removing = asyncio.ensure_future(room.remove("plaintiff"))
    await asyncio.sleep(0)
    await room.answer("plaintiff", Direction.SEND, offer, {"0": "microphone"}, resource="late")
    await removing
    assert list(sfu.peers) == []
    await client.close()
    await sfu.close()


async def test_a_server_takes_the_file_descriptors_that_may_be_had(tmp_path: Path) -> None:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))
    try:
        async with serving(tmp_path, anew=True) as server:
            limits = await asyncio.to_thread(Path(f"/proc/{server.pid}/limits").read_text)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == [str(most)] * 2
