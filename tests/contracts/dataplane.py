"""The contract of every data plane: subclass `DataPlaneContract` and give it a `plane` fixture."""

from __future__ import annotations

import pytest

from media_server.dataplane.ports import (
    DataPlane,
    PeerId,
)
from tests.contracts.dataplane_arrivals import ArrivalsTold
from tests.contracts.dataplane_consent import Consent
from tests.contracts.dataplane_continuity import Continuity
from tests.contracts.dataplane_forwarding import Forwarding
from tests.contracts.dataplane_hop import Hop, Probing
from tests.contracts.dataplane_late import Late
from tests.contracts.dataplane_layers import LayersInside
from tests.contracts.dataplane_pacing import Pacing
from tests.contracts.dataplane_repair import Repair
from tests.contracts.dataplane_world import (
    CM,
    GCM,
    PUBLISHER,
    STUN,
    SUBSCRIBER,
    Recorded,
    World,
    receiver_report,
    steps,
    until,
)
from tests.fakes.srtp_client import Rtp, SrtpClient, keys


class DataPlaneContract(
    ArrivalsTold, Consent, Forwarding, Repair, Hop, Probing, Pacing, Late, LayersInside, Continuity
):
    """What every data plane promises. Subclasses give `plane`, not started."""

    async def test_forged_and_replayed_packets_change_nothing(self, world: World) -> None:
        world.route()
        first, second = world.publisher.seal(Rtp(1, b"a")), world.publisher.seal(Rtp(2, b"b"))
        forged = bytearray(world.publisher.seal(Rtp(30_000, b"far ahead")))
        forged[-1] ^= 1
        for datagram in (first, bytes(forged), first, second, second):
            world.publisher.send_raw(datagram)
        got = await world.flow()
        assert [packet.payload for packet in got] == [b"a", b"b"]
        assert world.plane.stats().dropped_auth == 3

    async def test_a_packet_far_behind_is_refused(self, world: World) -> None:
        world.route()
        late = world.publisher.seal(Rtp(1))
        world.publisher.send(Rtp(3000))
        world.publisher.send_raw(late)
        assert len(await world.flow()) == 1

    async def test_strangers_are_dropped_except_stun(self, world: World) -> None:
        world.route()
        stranger = SrtpClient()
        stranger.server = world.address
        sealed = world.publisher.seal(Rtp(1))
        for datagram in (b"", b"\x80", b"\x16", b"\xff" * 2000, sealed, b"\x16\xfe\xfd" + bytes(20), STUN):
            stranger.send_raw(datagram)
        await until(lambda: world.told.stun)
        assert world.told.stun == [(STUN, stranger.address)]
        assert world.told.dtls == []
        assert world.plane.stats().dropped_unbound >= 6
        world.publisher.send(Rtp(2, b"still here"))
        assert [packet.payload for packet in await world.flow()] == [b"still here"]
        stranger.close()

    @pytest.mark.parametrize("datagram", [b"", b"\x80", b"\x80" * 12, b"\x90" + b"\xff" * 40, b"\xc8" * 50])
    async def test_garbage_from_a_peer_harms_nobody(self, world: World, datagram: bytes) -> None:
        world.route()
        world.publisher.send_raw(datagram)
        world.publisher.send_raw(datagram[:1] + b"\xc9" + datagram[2:])
        world.publisher.send(Rtp(1, b"alive"))
        assert [packet.payload for packet in await world.flow()] == [b"alive"]

    async def test_dtls_goes_up_with_its_peer(self, world: World) -> None:
        record = b"\x16\xfe\xfd" + bytes(30)
        world.publisher.send_raw(record)
        await world.handled()
        assert world.told.dtls == [(PUBLISHER, record)]

    async def test_rtcp_is_opened_sealed_and_protected_from_replay(self, world: World) -> None:
        world.plane.send_rtcp(SUBSCRIBER, receiver_report(5))
        await world.subscriber.read()
        assert world.subscriber.received_rtcp == [receiver_report(5)]
        sealed = world.publisher._tx.protect_rtcp(receiver_report(6))
        forged = sealed[:-6] + bytes((sealed[-6] ^ 1,)) + sealed[-5:]
        for datagram in (forged, sealed, sealed, sealed[:11]):
            world.publisher.send_raw(datagram)
        await world.handled()
        assert world.told.rtcp.count((PUBLISHER, receiver_report(6))) == 1

    async def test_a_client_may_change_its_address(self, world: World) -> None:
        world.route()
        moved = SrtpClient()
        moved.server, moved._rx = world.address, world.subscriber._rx
        world.publisher.send(Rtp(1))
        assert len(await world.flow()) == 1
        world.plane.send_to_address(SUBSCRIBER, moved.address)
        world.publisher.send(Rtp(2))
        assert len(await world.flow()) == 1, "an address that is not bound must not be sent to"
        world.plane.bind_address(SUBSCRIBER, moved.address)
        world.plane.send_to_address(SUBSCRIBER, moved.address)
        world.publisher.send(Rtp(3))
        await moved.read()
        assert len(moved.received) == 1
        moved.close()

    async def test_without_an_address_routes_hold_their_numbers(self, world: World) -> None:
        world.route()
        world.publisher.send(Rtp(1))
        [first] = await world.flow()
        world.plane.send_to_address(SUBSCRIBER, None)
        world.publisher.send(Rtp(2), Rtp(3))
        await world.handled()
        world.plane.send_to_address(SUBSCRIBER, world.subscriber.address)
        world.publisher.send(Rtp(4))
        assert steps([first, *await world.flow()]) == [1]

    async def test_an_address_belongs_to_one_peer_and_the_oldest_goes(self, world: World) -> None:
        record = b"\x16\xfe\xfd" + bytes(30)
        world.plane.bind_address(SUBSCRIBER, world.publisher.address)
        world.publisher.send_raw(record)
        await until(lambda: world.told.dtls == [(SUBSCRIBER, record)])
        world.plane.bind_address(PUBLISHER, world.publisher.address)
        for number in range(8):
            world.plane.bind_address(PUBLISHER, ("127.0.0.1", 40_000 + number))
        world.plane.send_to_address(PUBLISHER, ("127.0.0.1", 40_007))
        dropped = world.plane.stats().dropped_unbound
        world.publisher.send_raw(record)
        await until(lambda: world.plane.stats().dropped_unbound == dropped + 1)

    async def test_new_keys_start_afresh_on_both_sides(self, world: World) -> None:
        world.route()
        world.publisher.send(Rtp(1), Rtp(40_000 - 10_000))
        before = await world.flow()
        for client, peer in ((world.publisher, PUBLISHER), (world.subscriber, SUBSCRIBER)):
            client.set_keys(keys(100 + peer, GCM))
            world.plane.set_keys(peer, keys(100 + peer, GCM))
        world.publisher.send(Rtp(1, b"again"), Rtp(2, b"and again"))
        got = await world.flow()
        assert len(before) == 2
        assert [packet.payload for packet in got] == [b"again", b"and again"]
        assert steps(got) == [1]

    async def test_an_outgoing_ssrc_used_again_goes_on_where_it_was(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1), Rtp(2))
        before = await world.flow()
        with pytest.raises(ValueError, match="in use"):
            world.route(in_ssrc=4)
        world.plane.remove_route(route)
        world.plane.remove_route(route)
        with pytest.raises(KeyError):
            world.plane.route_stats(route)
        assert world.plane.retransmit(route, [before[0].sequence]) == 0
        world.route()
        world.publisher.send(Rtp(3))
        assert steps([*before, *await world.flow()]) == [1, 1]

    async def test_a_removed_peer_is_gone(self, world: World) -> None:
        route = world.route()
        world.publisher.send(Rtp(1))
        await world.flow()
        world.plane.remove_peer(PUBLISHER)
        world.plane.remove_peer(PUBLISHER)
        with pytest.raises(KeyError):
            world.plane.route_stats(route)
        with pytest.raises(KeyError):
            world.route()
        dropped = world.plane.stats().dropped_unbound
        world.publisher.send(Rtp(2))
        await until(lambda: world.plane.stats().dropped_unbound == dropped + 1)
        world.plane.send_rtcp(PUBLISHER, receiver_report())

    async def test_raw_datagrams_go_out_as_they_are(self, world: World) -> None:
        world.plane.send_raw(STUN, world.subscriber.address)
        await world.subscriber.read()
        assert world.subscriber.other == [STUN]

    async def test_one_publisher_reaches_many(self, world: World) -> None:
        others = [SrtpClient() for _ in range(5)]
        world.route()
        for number, client in enumerate(others, 3):
            world.join(client, PeerId(number), CM if number % 2 else GCM)
            world.route(out_peer=PeerId(number), out_ssrc=number)
        world.publisher.send(*(Rtp(number, bytes(1000)) for number in range(20)))
        assert len(await world.flow()) == 20
        for client in others:
            while len(client.received) < 20:
                await client.read()
            assert set(steps(client.received)) == {1}
            client.close()

    async def test_one_port_serves_ipv4_and_ipv6(self, plane: DataPlane) -> None:
        told = Recorded()
        address = await plane.start("::", 0, told)
        for host in ("127.0.0.1", "::1"):
            client = SrtpClient(host)
            client.server = (host, address[1])
            client.send_raw(STUN)
            await until(lambda client=client: (STUN, client.address) in told.stun)
            plane.send_raw(b"\x01answer", client.address)
            await client.read()
            assert client.other == [b"\x01answer"]
            client.close()
        await plane.close()

    async def test_a_taken_port_is_an_error(self, plane: DataPlane, world: World) -> None:
        with pytest.raises(OSError, match=r"in use|taken"):
            await type(plane)().start("127.0.0.1", world.address[1], Recorded())
