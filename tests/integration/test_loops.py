"""What meets the event loop's own transports works on each loop that a server may run on."""

from __future__ import annotations

import asyncio
import socket

import pytest

from media_server.tcp import TcpDoor, framed
from yunting.loop import LOOPS, loop_factory

pytestmark = pytest.mark.integration

CHECK = b"\x00\x01" + bytes(18)
PASSED = b"\x01\x01" + bytes(18)


@pytest.mark.parametrize("name", LOOPS)
def test_the_first_packet_of_an_ice_tcp_client_arrives(name: str) -> None:
    pytest.importorskip(name)

    async def first_packet() -> None:
        loop = asyncio.get_running_loop()
        door = TcpDoor()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
            media.bind(("127.0.0.1", 0))
            media.setblocking(False)
            arrived = asyncio.Event()
            loop.add_reader(media, arrived.set)
            address = await door.start("127.0.0.1", 0, media.getsockname())
            reader, writer = await asyncio.open_connection(*address)
            writer.write(framed(CHECK))
            async with asyncio.timeout(20):
                await arrived.wait()
                got, source = media.recvfrom(2_000)
                assert got == CHECK
                media.sendto(PASSED, source)
                assert await reader.readexactly(len(framed(PASSED))) == framed(PASSED)
            loop.remove_reader(media)
            writer.close()
            await door.close()

    with asyncio.Runner(loop_factory=loop_factory(name)) as runner:
        runner.run(first_packet())
