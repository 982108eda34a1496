"""Rooms end to end with aiortc as the client: real sockets, DTLS, SRTP and codecs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack

from hearing.errors import UserError
from media_server.dataplane.plain import PlainDataPlane
from media_server.peer import Peer
from media_server.ports import Direction, Kind, LossReason, PublicationInfo, SenderReport
from media_server.publication import Publication
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from media_server.subscription import Subscription
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.room_listener import Told

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


@dataclass(slots=True, eq=False)
class Recorder:
    """An inner subscriber that counts."""

    started: list[PublicationInfo] = field(default_factory=list)
    packets: dict[str, list[bytes]] = field(default_factory=dict)
    reports: list[tuple[str, SenderReport]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        self.started.append(publication)
        assert clock_rate_hz == (48_000 if publication.kind is Kind.AUDIO else 90_000)

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        self.packets.setdefault(publication_id, []).append(rtp)

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        self.reports.append((publication_id, report))

    def track_ended(self, publication_id: str) -> None:
        self.ended.append(publication_id)


@dataclass(slots=True)
class House:
    """A server with one room and the clients that were made."""

    sfu: Sfu
    plane: PlainDataPlane
    room: Room
    told: Told
    clients: list[RTCPeerConnection] = field(default_factory=list)
    frames: dict[str, int] = field(default_factory=dict)
    """Track id (a publication's) -> frames decoded."""
    readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def publish(self, who: str, *tracks: MediaStreamTrack) -> tuple[RTCPeerConnection, dict[str, str]]:
        client = new_client()
        self.clients.append(client)
        for track in tracks:
            client.addTransceiver(track, direction="sendonly")
        return client, await self.negotiate(client, who)

    async def negotiate(self, client: RTCPeerConnection, who: str) -> dict[str, str]:
        offer = await offer_of(client)
        sending = [t for t in client.getTransceivers() if t.direction == "sendonly"]
        sources = {t.mid: "microphone" if t.kind == "audio" else "camera" for t in sending}
        answer = await self.room.answer(who, Direction.SEND, offer, sources)
        await take_answer(client, answer.sdp)
        return dict(answer.tracks)

    async def subscribe(self, who: str, wanted: Sequence[PublicationInfo], resource: str = "page") -> dict[str, str]:
        client = new_client()
        self.clients.append(client)

        @client.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            task = asyncio.get_running_loop().create_task(self._read(track))
            self.readers.add(task)
            task.add_done_callback(self.readers.discard)

        wishes = []
        for info in wanted:
            client.addTransceiver(str(info.kind), direction="recvonly")
            wishes.append(info.id)
        offer = await offer_of(client)
        tracks = {t.mid: wish for t, wish in zip(client.getTransceivers(), wishes, strict=True)}
        answer = await self.room.answer(who, Direction.RECEIVE, offer, tracks, resource=resource)
        await take_answer(client, answer.sdp)
        return dict(answer.tracks)

    async def _read(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                self.frames[track.id] = self.frames.get(track.id, 0) + 1

    def parts(self) -> tuple[int, int, int]:
        """Peers, routes and addresses in the data plane."""
        return len(self.plane._peers), len(self.plane._routes), len(self.plane._bound)


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    use_loopback(monkeypatch)
    plane = PlainDataPlane()
    sfu = Sfu(SfuSettings(video_codecs=("vp8", "h264")), plane)
    await sfu.start()
    told = Told()
    made = House(sfu, plane, sfu.open_room("session", told), told)
    yield made
    await asyncio.gather(*(client.close() for client in made.clients))
    for task in list(made.readers):
        task.cancel()
    await asyncio.gather(*made.readers, return_exceptions=True)
    await sfu.close()


async def until(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def remembered() -> list[object]:
    """What is still held of connections and tracks, anywhere in the process."""
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, Peer | Publication | Subscription)]


async def test_aiortc_publishes_and_aiortc_watches(house: House) -> None:
    _, tracks = await house.publish("plaintiff", AudioStreamTrack(), VideoStreamTrack())
    await until(lambda: len(house.told.added) == 2)
    assert {info.id for info in house.told.added} == set(tracks.values())
    assert {info.codec for info in house.told.added} == {"opus", "vp8"}
    carried = await house.subscribe("judge", house.room.publications("judge"))
    assert sorted(carried.values()) == sorted(tracks.values())
    await until(lambda: len(house.frames) == 2 and min(house.frames.values()) > 20)
    assert house.told.connected == [("plaintiff", Direction.SEND), ("judge", Direction.RECEIVE)]


async def test_an_inner_subscriber_gets_every_packet_once_and_the_reports(house: House) -> None:
    recorder = Recorder()
    detach = house.room.attach(recorder)
    await house.publish("plaintiff", AudioStreamTrack(), VideoStreamTrack())
    await until(lambda: len(recorder.started) == 2 and len(recorder.reports) >= 2)
    late = Recorder()
    house.room.attach(late)
    assert {info.id for info in late.started} == {info.id for info in recorder.started}
    await until(lambda: min(map(len, late.packets.values()), default=0) > 30)
    for packets in recorder.packets.values():
        sequences = [int.from_bytes(packet[2:4], "big") for packet in packets]
        assert len(set(sequences)) == len(sequences)
    known = {info.id for info in recorder.started}
    assert {publication for publication, _ in recorder.reports} <= known
    detach()
    assert sorted(recorder.ended) == sorted(known)
    counted = {publication: len(packets) for publication, packets in recorder.packets.items()}
    before = len(next(iter(late.packets.values())))
    await until(lambda: len(next(iter(late.packets.values()))) > before + 10)
    assert counted == {publication: len(packets) for publication, packets in recorder.packets.items()}
    await house.room.remove("plaintiff")
    assert sorted(late.ended) == sorted(known)


async def test_rules_stop_media_before_refresh_returns(house: House) -> None:
    recorder = Recorder()
    house.room.attach(recorder)
    await house.publish("plaintiff", AudioStreamTrack(), VideoStreamTrack())
    await until(lambda: len(house.told.added) == 2)
    await house.subscribe("judge", house.room.publications())
    await until(lambda: len(house.frames) == 2)
    lines: dict[str, bool] = {"publish": True, "receive": True}
    house.room.set_rules(lambda who, kind: lines["publish"], lambda viewer, sender, kind: lines["receive"])

    lines["receive"] = False
    house.room.refresh()
    forwarded = house.plane.stats().forwarded
    received = house.plane.stats().received
    await until(lambda: house.plane.stats().received > received + 50)
    assert house.plane.stats().forwarded == forwarded
    assert house.room.publications("judge") == []
    assert len(house.room.publications()) == 2

    lines.update(receive=True, publish=False)
    house.room.refresh()
    forwarded, received = house.plane.stats().forwarded, house.plane.stats().received
    taped = {publication: len(packets) for publication, packets in recorder.packets.items()}
    await until(lambda: house.plane.stats().received > received + 50)
    assert house.plane.stats().forwarded == forwarded
    assert taped == {publication: len(packets) for publication, packets in recorder.packets.items()}

    lines["publish"] = True
    house.room.refresh()
    frames = dict(house.frames)
    await until(lambda: all(house.frames[track] > frames[track] + 10 for track in frames))


async def test_a_forbidden_or_unknown_publication_is_a_rejected_line(house: House) -> None:
    await house.publish("plaintiff", AudioStreamTrack(), VideoStreamTrack())
    await until(lambda: len(house.told.added) == 2)
    house.room.set_rules(lambda who, kind: True, lambda viewer, sender, kind: kind is Kind.AUDIO)
    client = new_client()
    house.clients.append(client)
    for _ in range(2):
        client.addTransceiver("audio", direction="recvonly")
    client.addTransceiver("video", direction="recvonly")
    (audio,) = [info.id for info in house.told.added if info.kind is Kind.AUDIO]
    (video,) = [info.id for info in house.told.added if info.kind is Kind.VIDEO]
    wishes = {"0": audio, "1": "no such track", "2": video}
    # aiortc itself cannot take an answer with a rejected line; Chromium does (tests/browser).
    answer = await house.room.answer("creditor", Direction.RECEIVE, await offer_of(client), wishes)
    assert answer.tracks == {"0": audio}
    assert [line.split()[1] == "0" for line in answer.sdp.splitlines() if line.startswith("m=")] == [
        False,
        True,
        True,
    ]


async def test_tracks_come_and_go_without_disturbing_the_others(house: House) -> None:
    client, tracks = await house.publish("plaintiff", AudioStreamTrack())
    await until(lambda: len(house.told.added) == 1)
    client.addTransceiver(VideoStreamTrack(), direction="sendonly")
    more = await house.negotiate(client, "plaintiff")
    assert more.items() >= tracks.items()
    await until(lambda: len(house.told.added) == 2)
    client.getTransceivers()[1].direction = "inactive"
    fewer = await house.negotiate(client, "plaintiff")
    assert fewer == tracks
    assert [info.id for info in house.told.removed] == [house.told.added[1].id]
    client.getTransceivers()[1].direction = "sendonly"
    again = await house.negotiate(client, "plaintiff")
    assert set(again) == set(more)
    assert set(again.values()) & set(more.values()) == set(tracks.values())


async def test_removal_frees_everything(house: House) -> None:
    await house.publish("plaintiff", AudioStreamTrack(), VideoStreamTrack())
    await house.publish("defendant", AudioStreamTrack())
    await until(lambda: len(house.told.added) == 3)
    await house.subscribe("judge", house.room.publications())
    await house.subscribe("judge", house.room.publications(), resource="display")
    await house.subscribe("plaintiff", [p for p in house.room.publications() if p.participant == "defendant"])
    await until(lambda: house.parts()[1] == 7)
    assert house.parts()[0] == 5
    await house.room.remove("plaintiff")
    await house.room.remove("plaintiff")
    assert house.parts()[:2] == (3, 2)
    assert house.room.stats("plaintiff") is None
    assert sorted(info.participant for info in house.told.removed) == ["plaintiff", "plaintiff"]
    await house.room.close_peer("judge", Direction.RECEIVE, resource="display")
    assert house.parts()[:2] == (2, 1)
    await house.room.remove("defendant")
    await house.room.remove("judge")
    assert house.parts() == (0, 0, 0)
    assert {reason for _, _, reason in house.told.lost} == {LossReason.CLOSED}
    await until(lambda: not remembered())


async def test_a_reloaded_page_replaces_its_connection(house: House) -> None:
    await house.publish("plaintiff", AudioStreamTrack())
    await until(lambda: len(house.told.added) == 1)
    await house.publish("plaintiff", AudioStreamTrack())
    await until(lambda: len(house.told.added) == 2)
    assert house.told.removed == house.told.added[:1]
    assert house.parts()[0] == 1


async def test_nonsense_from_an_authenticated_peer_closes_nothing(house: House) -> None:
    client, _ = await house.publish("plaintiff", AudioStreamTrack(), VideoStreamTrack())
    await until(lambda: len(house.told.added) == 2)
    await house.subscribe("judge", house.room.publications())
    await until(lambda: len(house.frames) == 2)
    dice = random.Random(5)
    sender = client.getSenders()[1]
    ssrc = sender._ssrc.to_bytes(4, "big")
    for number in range(400):
        words = dice.randrange(1, 40)
        kind = dice.choice([200, 201, 202, 203, 204, 205, 206, 207])
        # One datagram of random RTCP with a right frame, and one RTP packet whose extension block lies.
        rtcp = (
            bytes((0x80 | dice.randrange(32), kind)) + words.to_bytes(2, "big") + ssrc + dice.randbytes(4 * words - 4)
        )
        await client.getSenders()[0].transport._send_rtp(rtcp)
        block = b"\xbe\xde" + (2).to_bytes(2, "big") + dice.randbytes(8)
        rtp = b"\x90\x60" + number.to_bytes(2, "big") + bytes(4) + dice.randbytes(4) + block + b"x" * 20
        await client.getSenders()[0].transport._send_rtp(rtp)
    frames = dict(house.frames)
    await until(lambda: all(house.frames[track] > frames[track] + 10 for track in frames))
    assert house.told.lost == []


@pytest.mark.parametrize("offer", ["", "v=0\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "\x00" * 40])
async def test_a_bad_offer_is_refused_and_leaves_nothing(house: House, offer: str) -> None:
    with pytest.raises(UserError) as refused:
        await house.room.answer("plaintiff", Direction.SEND, offer, {"0": "camera"})
    assert refused.value.code == "sdp-invalid"
    assert house.parts() == (0, 0, 0)


async def test_an_unknown_source_is_refused_and_leaves_nothing(house: House) -> None:
    client = new_client()
    house.clients.append(client)
    client.addTransceiver(AudioStreamTrack(), direction="sendonly")
    offer = await offer_of(client)
    with pytest.raises(UserError) as refused:
        await house.room.answer("plaintiff", Direction.SEND, offer, {"0": "telescope"})
    assert refused.value.code == "sdp-unsupported"
    assert house.parts() == (0, 0, 0)


async def test_rooms_are_strangers(house: House) -> None:
    other = house.sfu.open_room("other", Told())
    assert house.sfu.open_room("session", house.told) is house.room
    with pytest.raises(KeyError):
        house.sfu.open_room("session", Told())
    await house.publish("plaintiff", AudioStreamTrack())
    await until(lambda: len(house.told.added) == 1)
    assert other.publications() == []
    await house.sfu.close_room("session")
    await house.sfu.close_room("session")
    assert house.parts() == (0, 0, 0)


async def test_a_full_server_and_a_closed_room_refuse(house: House) -> None:
    small = Sfu(SfuSettings(max_peers=0), PlainDataPlane())
    await small.start()
    room = small.open_room("session", Told())
    client = new_client()
    house.clients.append(client)
    client.addTransceiver(AudioStreamTrack(), direction="sendonly")
    offer = await offer_of(client)
    with pytest.raises(UserError) as full:
        await room.answer("plaintiff", Direction.SEND, offer, {"0": "microphone"})
    assert full.value.code == "media-full"
    await room.close()
    with pytest.raises(UserError) as closed:
        await room.answer("plaintiff", Direction.SEND, offer, {"0": "microphone"})
    assert closed.value.code == "media-forbidden"
    await small.close()


async def test_a_taken_port_is_named() -> None:
    first = Sfu(SfuSettings(), PlainDataPlane())
    await first.start()
    assert first.address is not None
    second = Sfu(SfuSettings(port=first.address[1]), PlainDataPlane())
    with pytest.raises(OSError, match=str(first.address[1])):
        await second.start()
    await second.close()
    await first.close()


async def test_a_wildcard_cannot_be_announced() -> None:
    sfu = Sfu(SfuSettings(host="0.0.0.0"), PlainDataPlane())
    with pytest.raises(ValueError, match=r"0\.0\.0\.0"):
        await sfu.start()
    await sfu.close()
