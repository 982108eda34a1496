"""ICE-TCP: frames cut as RFC 4571 says, strangers kept short, packets relayed both ways."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server import tcp
from media_server.dataplane.ports import Address
from media_server.tcp import MAX_FRAME_BYTES, Frames, TcpDoor, TcpLimits, framed

pytestmark = pytest.mark.unit

OpenDoor = Callable[..., Awaitable[tuple[TcpDoor, Address]]]

CHECK = b"\x00\x01" + bytes(18)
"""Begins as a STUN request does."""
PASSED = b"\x01\x01" + bytes(18)
REFUSED = b"\x01\x11" + bytes(18)
"""Begin as the answers to an authentic check and to another."""

FRAMED = st.builds(framed, st.binary(max_size=80).map(lambda body: CHECK[:2] + body) | st.binary(max_size=80))


class Media(asyncio.DatagramProtocol):
    """Stands for the media port: keeps what comes, answers when told."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.source: Address = ("", 0)
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.got.append(data)
        self.source = (str(addr[0]), addr[1])

    def answer(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.sendto(data, self.source)


@pytest.fixture
async def media() -> AsyncIterator[Media]:
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        Media, local_addr=("127.0.0.1", 0)
    )
    yield protocol
    transport.close()


@pytest.fixture
async def open_door(media: Media) -> AsyncIterator[OpenDoor]:
    doors: list[TcpDoor] = []

    async def make(limits: TcpLimits | None = None) -> tuple[TcpDoor, Address]:
        doors.append(TcpDoor(limits))
        assert media.transport is not None
        bound = await doors[-1].start("127.0.0.1", 0, media.transport.get_extra_info("sockname"))
        return doors[-1], bound

    yield make
    for door in doors:
        await door.close()
        await door.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
def test_any_cutting_of_the_stream_gives_the_same_frames(packets: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(framed, packets))
    frames, got = Frames(), []
    while stream:
        count = data.draw(st.integers(1, len(stream)))
        got += frames.feed(stream[:count])
        stream = stream[count:]
    assert got == [packet for packet in packets if packet]


def test_a_frame_longer_than_any_packet_is_refused() -> None:
    with pytest.raises(ValueError, match="1501"):
        Frames().feed(bytes((MAX_FRAME_BYTES + 1).to_bytes(2, "big")))


@given(st.lists(st.binary(max_size=2000) | st.binary(max_size=4), max_size=12))
def test_any_stream_is_frames_or_refused_and_little_is_held(pieces: list[bytes]) -> None:
    frames, seen = Frames(), 0
    for piece in pieces:
        seen += len(piece)
        try:
            got = frames.feed(piece)
        except ValueError:
            return
        assert all(0 < len(frame) <= MAX_FRAME_BYTES for frame in got)
        assert sum(map(len, got)) <= seen
        assert len(frames._rest) < 2 + MAX_FRAME_BYTES


@given(st.lists(st.lists(st.binary(max_size=60) | FRAMED, max_size=6), min_size=1, max_size=6))
def test_strangers_who_write_anything_leave_nothing_behind(strangers: list[list[bytes]]) -> None:
    async def visit(bound: Address, pieces: list[bytes]) -> None:
        _, writer = await asyncio.open_connection(*bound)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def visits() -> None:
        door = TcpDoor(TcpLimits(per_host=100))
        transport, heard = await asyncio.get_running_loop().create_datagram_endpoint(
            Media, local_addr=("127.0.0.1", 0)
        )
        bound = await door.start("127.0.0.1", 0, transport.get_extra_info("sockname"))
        await asyncio.gather(*(visit(bound, pieces) for pieces in strangers))
        await until(lambda: door.counters.accepted == len(strangers) and not door._connections)
        assert not door._hosts
        assert all(0 < len(packet) <= MAX_FRAME_BYTES for packet in heard.got)
        await door.close()
        transport.close()

    asyncio.run(visits())


async def test_packets_go_both_ways(media: Media, open_door: OpenDoor) -> None:
    door, bound = await open_door()
    reader, writer = await asyncio.open_connection(*bound)
    writer.write(framed(CHECK) + framed(b"\x80media"))
    await until(lambda: media.got == [CHECK, b"\x80media"])
    media.answer(b"\x01answer")
    assert await asyncio.wait_for(reader.readexactly(9), 5) == framed(b"\x01answer")
    writer.close()
    await until(lambda: not door._connections)


async def test_two_clients_are_two_addresses(media: Media, open_door: OpenDoor) -> None:
    _, bound = await open_door()
    sources = set()
    writers = []
    for _ in range(2):
        _, writer = await asyncio.open_connection(*bound)
        writers.append(writer)
        writer.write(framed(CHECK))
        await until(lambda: len(media.got) == len(writers))
        sources.add(media.source)
    assert len(sources) == 2
    for writer in writers:
        writer.close()


@pytest.mark.parametrize("sent", [framed(b"\x16dtls first"), b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff"])
async def test_what_does_not_begin_as_ice_is_cut_off(media: Media, open_door: OpenDoor, sent: bytes) -> None:
    _, bound = await open_door()
    reader, writer = await asyncio.open_connection(*bound)
    writer.write(sent)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    assert media.got == []
    writer.close()


async def test_who_says_nothing_is_cut_off(open_door: OpenDoor) -> None:
    _, bound = await open_door(TcpLimits(first_check_s=0.05))
    reader, writer = await asyncio.open_connection(*bound)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.close()


async def test_whose_checks_are_never_authentic_is_cut_off_however_much_he_sends(
    media: Media, open_door: OpenDoor
) -> None:
    door, bound = await open_door(TcpLimits(first_check_s=1.0))
    _, guest = await asyncio.open_connection(*bound)
    guest.write(framed(CHECK))
    await until(lambda: media.got)
    media.answer(PASSED)
    reader, stranger = await asyncio.open_connection(*bound)
    stranger.write(framed(CHECK))
    await until(lambda: len(media.got) == 2)
    media.answer(REFUSED)

    async def keep_sending() -> None:
        while True:
            stranger.write(framed(CHECK) + framed(b"\x80media"))
            await asyncio.sleep(0.01)

    sending = asyncio.create_task(keep_sending())
    with contextlib.suppress(ConnectionResetError):
        while await asyncio.wait_for(reader.read(1000), 5):
            pass
    sending.cancel()
    # The guest came first: his time was up before.
    assert len(door._connections) == 1
    guest.write(framed(b"\x80the guest"))
    await until(lambda: b"\x80the guest" in media.got)
    guest.close()
    stranger.close()


async def test_who_checks_no_more_is_cut_off(media: Media, open_door: OpenDoor) -> None:
    _, bound = await open_door(TcpLimits(first_check_s=0.5, idle_s=0.5))
    reader, writer = await asyncio.open_connection(*bound)
    writer.write(framed(CHECK))
    await until(lambda: media.got)
    media.answer(PASSED)
    assert await asyncio.wait_for(reader.readexactly(2 + len(PASSED)), 5) == framed(PASSED)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.close()


async def test_one_host_holds_only_so_many(open_door: OpenDoor) -> None:
    door, bound = await open_door(TcpLimits(per_host=2))
    writers = [(await asyncio.open_connection(*bound))[1] for _ in range(3)]
    await until(lambda: door.counters.refused == 1)
    assert door.counters.accepted == 2
    writers[0].close()
    await until(lambda: len(door._connections) <= 1 or door._hosts["127.0.0.1"] <= 1)
    for writer in writers:
        writer.close()


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_stranger_with_a_whole_ipv6_network_is_one_host(host: str, counted_as: str) -> None:
    assert tcp.neighbourhood(host) == counted_as


async def test_a_slow_client_loses_packets_and_holds_no_memory(
    media: Media, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "MAX_BUFFERED_BYTES", 10_000)
    door, bound = await open_door()
    _, writer = await asyncio.open_connection(*bound, limit=1000)
    writer.write(framed(CHECK))
    await until(lambda: media.got)
    for _ in range(20_000):
        media.answer(bytes(1200))
        if door.counters.dropped:
            break
        await asyncio.sleep(0)
    assert door.counters.dropped
    writer.close()
