"""The compiled data plane keeps the data plane's contract; its thread ends well and gives way."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest

from media_server.dataplane import make_data_plane, why_not_native
from media_server.dataplane.ports import DataPlane, PeerId, TapPacket
from tests.contracts.dataplane import DataPlaneContract
from tests.contracts.dataplane_world import GCM, PUBLISHER, Recorded, World
from tests.fakes.srtp_client import Rtp, keys

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(why_not_native() is not None, reason=f"no compiled data plane: {why_not_native()}"),
]

_LEFT_RUNNING = """
import asyncio
from media_server.dataplane import make_data_plane
from tests.contracts.dataplane_world import Recorded
plane = make_data_plane("native")
asyncio.run(plane.start("127.0.0.1", 0, Recorded()))
"""


class TestNative(DataPlaneContract):
    @pytest.fixture
    def plane(self) -> DataPlane:
        return make_data_plane("native")

    @pytest.mark.parametrize("how", ["mute", "hush", "pause"])
    async def test_silence_holds_when_the_call_returns(self, world: World, how: str) -> None:
        tapped: list[TapPacket] = []
        route = world.route()
        world.plane.add_tap(PUBLISHER, 1, tapped.append)
        done = threading.Event()

        def pour() -> None:
            number = 0
            while not done.is_set() and number < 60_000:
                number += 1
                world.publisher.send(Rtp(number, bytes(200)))
                if number % 16 == 0:
                    time.sleep(0.001)

        publisher = threading.Thread(target=pour)
        publisher.start()
        try:
            while not world.subscriber.received:
                await world.subscriber.read()
            if how == "mute":
                world.plane.mute(PUBLISHER, 1, True)
            elif how == "hush":
                world.plane.hush(PUBLISHER, 1, True)
            else:
                world.plane.pause_route(route, True)
            count = len(tapped)
            # What had left before may still lie in the client's socket; the report is the last to have left by then.
            world.plane.send_rtcp(PeerId(2), b"\x80\xc9\x00\x01\x00\x00\x00\x01")
            while not world.subscriber.received_rtcp:
                await world.subscriber.read()
            world.subscriber.received.clear()
            received = world.plane.stats().received
            while world.plane.stats().received < received + 100:
                await asyncio.sleep(0.001)
            assert how != "mute" or len(tapped) == count
        finally:
            done.set()
            publisher.join()
        assert await world.flow() == []

    async def test_calls_after_the_end_harm_nobody(self, plane: DataPlane) -> None:
        await plane.start("127.0.0.1", 0, Recorded())
        plane.add_peer(PUBLISHER)
        plane.set_keys(PUBLISHER, keys(16, GCM))
        plane.bind_address(PUBLISHER, ("127.0.0.1", 9))
        plane.send_to_address(PUBLISHER, ("127.0.0.1", 9))
        await plane.close()
        await plane.close()
        plane.send_rtcp(PUBLISHER, bytes(8))
        plane.send_raw(b"late", ("127.0.0.1", 9))
        plane.remove_peer(PUBLISHER)
        assert plane.stats().forwarded == 0

    async def test_a_forked_child_leaves_the_plane_alone(self, world: World) -> None:
        child = os.fork()
        if not child:
            try:
                world.plane.add_peer(PeerId(77))
            except RuntimeError:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode((await asyncio.to_thread(os.waitpid, child, 0))[1]) == 7
        world.route()
        world.publisher.send(Rtp(1, b"alive"))
        assert [packet.payload for packet in await world.flow()] == [b"alive"]


def test_an_interpreter_may_end_while_the_thread_runs() -> None:
    ended = subprocess.run([sys.executable, "-c", _LEFT_RUNNING], capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
