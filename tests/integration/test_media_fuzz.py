"""Nothing that an authenticated peer can send raises in the control plane or makes it grow without bound."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from hypothesis import given
from hypothesis import strategies as st

from media_server import packets
from media_server.dataplane.plain import PlainDataPlane
from media_server.dataplane.ports import PeerId, Received
from media_server.nack import MAX_MISSING
from media_server.packets import ReportBlock, SenderInfo
from media_server.ports import Direction
from media_server.sfu import Sfu, SfuSettings
from media_server.upstream import Upstream
from tests.fakes.aiortc_clients import new_client, offer_of, use_loopback
from tests.fakes.room_listener import Told

pytestmark = pytest.mark.integration

NUMBERS = st.integers(0, 2**32 - 1)
SSRCS = st.sampled_from([0, 1, 2, 7, 2**32 - 1]) | NUMBERS
ARRIVED = st.builds(
    Received,
    peer=st.just(PeerId(1)),
    ssrc=SSRCS,
    payload_type=st.integers(0, 127) | st.sampled_from([96, 97, 98, 99]),
    sequence=st.integers(0, 65535),
    timestamp=NUMBERS,
    marker=st.booleans(),
    arrival_us=st.integers(0, 2**50),
    size_bytes=st.integers(12, 1500),
    extensions=st.dictionaries(
        st.integers(1, 14), st.binary(max_size=16) | st.sampled_from([b"0", b"1"]), max_size=6
    ),
    keyframe=st.booleans(),
)
BLOCKS = st.builds(ReportBlock, SSRCS, st.floats(0, 1), st.integers(-9, 9), NUMBERS, NUMBERS, NUMBERS, NUMBERS)
CONTROL = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda ssrc, ntp, rtp: packets.sender_report(SenderInfo(ssrc, ntp, rtp, 0, 0)),
        SSRCS,
        st.integers(0, 2**64 - 1),
        NUMBERS,
    ),
    st.builds(lambda blocks: packets.receiver_reports(1, blocks), st.lists(BLOCKS, max_size=5)),
    st.builds(lambda ssrc, lost: packets.nack(1, ssrc, lost), SSRCS, st.lists(st.integers(0, 65535), max_size=300)),
    st.builds(lambda ssrcs: packets.bye(ssrcs), st.lists(SSRCS, max_size=5)),
)
EVENTS = st.lists(st.one_of(ARRIVED, CONTROL, st.none()), max_size=60)


@given(EVENTS)
def test_any_traffic_is_survived(events: list[Received | bytes | None]) -> None:
    asyncio.run(survive(events))


async def survive(events: list[Received | bytes | None]) -> None:
    async with unnamed_streams() as (sfu, peer):
        room = sfu.open_room("session", sfu._rooms["session"][1])
        now_us = 10**9
        for event in events:
            if event is None:
                now_us += 25_000
                room.tick(now_us)
            elif isinstance(event, bytes):
                peer.rtcp(event, now_us)
            else:
                peer.received(event)
        assert len(peer._by_ssrc) <= 2
        assert all(layer.nack.missing <= MAX_MISSING for layer in peer.layers)
        assert room.stats("plaintiff") is not None


@contextlib.asynccontextmanager
async def unnamed_streams() -> AsyncIterator[tuple[Sfu, Upstream]]:
    """A sending peer whose SDP has no a=ssrc, so that every SSRC has to be learnt from the packets."""
    sfu = Sfu(SfuSettings(video_codecs=("vp8",)), PlainDataPlane())
    await sfu.start()
    with pytest.MonkeyPatch.context() as patch:
        use_loopback(patch)
        client = new_client()
        client.addTransceiver(AudioStreamTrack(), direction="sendonly")
        client.addTransceiver(VideoStreamTrack(), direction="sendonly")
        lines = (await offer_of(client)).splitlines(keepends=True)
    offer = "".join(line for line in lines if not line.startswith("a=ssrc"))
    room = sfu.open_room("session", Told())
    await room.answer("plaintiff", Direction.SEND, offer, {"0": "microphone", "1": "camera"})
    (peer,) = sfu.peers
    assert isinstance(peer, Upstream)
    peer.up = True
    yield sfu, peer
    await client.close()
    await sfu.close()


async def test_another_ssrc_takes_over_only_from_a_silent_one() -> None:
    async with unnamed_streams() as (_, peer):
        video = peer.publications[1]

        def arrive(ssrc: int, at_ms: int) -> None:
            mid = {peer._mid_extension: b"1"}
            peer.received(
                Received(peer.id, ssrc, video.payload_type, at_ms, 0, True, at_ms * 1000, 100, mid, keyframe=False)
            )

        for at_ms in range(1000, 1200, 20):
            arrive(11, at_ms)
            arrive(22, at_ms)
        assert [layer.ssrc for layer in video.layers] == [11]
        arrive(22, 2000)
        assert [layer.ssrc for layer in video.layers] == [22]
        arrive(11, 2010)
        assert [layer.ssrc for layer in video.layers] == [22]
