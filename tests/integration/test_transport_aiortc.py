"""Real aiortc clients through our transport and data plane: ICE, DTLS, SRTP, forwarding, restart, loss of consent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from media_server import stun
from media_server.dataplane.ports import Route
from media_server.ports import LossReason
from media_server.sdp import Fingerprint, IceCredentials, OutgoingTrack
from media_server.sdp_answer import choose_codec
from media_server.sdp_parse import parse_offer
from media_server.transport import TransportSettings
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.mini_sfu import MiniSfu, picture_loss, until

pytestmark = pytest.mark.integration

WRONG = Fingerprint("sha-256", ":".join(["00"] * 32))


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MiniSfu]:
    use_loopback(monkeypatch)
    server = MiniSfu(TransportSettings(consent_timeout_s=6.0))
    server.address = await server.plane.start("127.0.0.1", 0, server)
    yield server
    await server.hub.close()
    await server.plane.close()


@pytest.fixture
async def clients() -> AsyncIterator[Callable[[], RTCPeerConnection]]:
    made: list[RTCPeerConnection] = []

    def make() -> RTCPeerConnection:
        made.append(new_client())
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def test_a_sender_is_heard_and_seen_by_a_receiver(
    server: MiniSfu, clients: Callable[[], RTCPeerConnection]
) -> None:
    sender = clients()
    sender.addTrack(AudioStreamTrack())
    sender.addTrack(VideoStreamTrack())
    publisher, answer = server.answer(await offer_of(sender))
    await take_answer(sender, answer)
    await until(lambda: len({packet.ssrc for packet in server.received}) >= 2)
    assert server.connected == [publisher.id]
    types = {packet.ssrc: packet.payload_type for packet in server.received}

    receiver = clients()
    receiver.addTransceiver("audio", direction="recvonly")
    receiver.addTransceiver("video", direction="recvonly")
    tracks: dict[str, MediaStreamTrack] = {}
    receiver.on("track", lambda track: tracks.__setitem__(track.kind, track))
    sending = {
        "audio": OutgoingTrack("judge", "judge-audio", "judge", 1111),
        "video": OutgoingTrack("judge", "judge-video", "judge", 2222, 2223),
    }
    subscriber, answer = server.answer(await offer_of(receiver), sending=sending)
    offered = {media.kind: media for media in parse_offer(receiver.localDescription.sdp).media}
    for ssrc, payload_type in types.items():
        audio = payload_type == 96
        codec = choose_codec(offered["audio" if audio else "video"], ("opus", "vp8"))
        assert codec is not None
        server.plane.add_route(
            Route(
                in_peer=publisher.id,
                in_ssrc=ssrc,
                out_peer=subscriber.id,
                out_ssrc=1111 if audio else 2222,
                clock_rate_hz=codec.codec.clock_rate_hz,
                payload_types={payload_type: codec.codec.payload_type},
                codec=codec.codec.name,
                keyframe_first=not audio,
            )
        )
    await take_answer(receiver, answer)
    await until(lambda: subscriber.id in server.connected)
    for ssrc in types:
        server.plane.send_rtcp(publisher.id, picture_loss(ssrc))
    async with asyncio.timeout(15):
        audio_frame = await tracks["audio"].recv()
        video_frame = await tracks["video"].recv()
    assert audio_frame.sample_rate == 48000
    assert video_frame.width == 640
    await until(lambda: server.rtcp)
    assert server.plane.stats().dropped_auth == 0


async def test_a_certificate_that_is_not_the_sdps_is_refused(
    server: MiniSfu, clients: Callable[[], RTCPeerConnection]
) -> None:
    client = clients()
    client.addTrack(AudioStreamTrack())
    peer, answer = server.answer(await offer_of(client), fingerprints=(WRONG,))
    await take_answer(client, answer)
    await until(lambda: server.lost)
    assert server.lost == [(peer.id, LossReason.DTLS)]
    assert not server.connected


async def test_a_client_that_hangs_up_is_told_as_closed(
    server: MiniSfu, clients: Callable[[], RTCPeerConnection]
) -> None:
    client = clients()
    client.addTrack(AudioStreamTrack())
    peer, answer = server.answer(await offer_of(client))
    await take_answer(client, answer)
    # Whoever has not seen the end of the handshake yet cannot say goodbye.
    await until(lambda: server.connected and client.connectionState == "connected")
    await client.close()
    await until(lambda: server.lost)
    assert server.lost == [(peer.id, LossReason.CLOSED)]


async def test_strangers_datagrams_disturb_nobody(server: MiniSfu, clients: Callable[[], RTCPeerConnection]) -> None:
    client = clients()
    client.addTrack(AudioStreamTrack())
    _, answer = server.answer(await offer_of(client))
    await take_answer(client, answer)
    await until(lambda: server.received)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in (b"", b"\0", b"\x16", b"\x15\xfe\xfd" + bytes(12), b"\x80" * 60, b"\0\1" + bytes(18)) * 20:
            stranger.sendto(data, server.address)
    heard = len(server.received)
    await until(lambda: len(server.received) > heard + 10)
    assert server.lost == []
    assert client.connectionState == "connected"
    assert server.plane.stats().dropped_unbound >= 80


async def test_an_ice_restart_keeps_media_and_keys(server: MiniSfu, clients: Callable[[], RTCPeerConnection]) -> None:
    """aiortc cannot restart: after the restart its place is taken by checks of our own from another address."""
    client = clients()
    client.addTrack(AudioStreamTrack())
    peer, answer = server.answer(await offer_of(client))
    await take_answer(client, answer)
    await until(lambda: server.received)
    old = peer.local
    new = peer.restart(IceCredentials("moved", "m" * 24))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as moved:
        moved.bind(("127.0.0.1", 0))
        moved.setblocking(False)
        check = stun.request(b"transaction!", f"{new.ufrag}:moved", new.pwd, use_candidate=True)
        moved.sendto(check, server.address)
        reply = await asyncio.get_running_loop().sock_recv(moved, 2048)
        assert stun.parse(reply).mapped_address == moved.getsockname()
        server.plane.send_rtcp(peer.id, picture_loss(1))
        sealed = await asyncio.get_running_loop().sock_recv(moved, 2048)
        assert sealed[1] == 206, "after USE-CANDIDATE everything goes to the new address"
    assert old.ufrag not in peer.ice.ufrags
    heard = len(server.received)
    await until(lambda: len(server.received) > heard + 5)
    assert server.connected == [peer.id]
    assert server.lost == []


async def test_a_client_that_vanishes_is_lost_and_may_come_back(
    server: MiniSfu, clients: Callable[[], RTCPeerConnection]
) -> None:
    server.hub.settings = TransportSettings(consent_timeout_s=1.0)
    client = clients()
    client.addTrack(AudioStreamTrack())
    peer, answer = server.answer(await offer_of(client))
    await take_answer(client, answer)
    await until(lambda: server.connected)
    # aiortc checks every five seconds only: for this server it is gone in between.
    await until(lambda: server.lost)
    assert server.lost[0] == (peer.id, LossReason.CONSENT)
    assert not peer.connected
    await until(lambda: len(server.connected) == 2)
    assert peer.connected
