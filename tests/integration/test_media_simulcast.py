"""Encodings of a simulcast sender: learnt by MID and rid, each with its own repairs, guarded like a single stream."""

from __future__ import annotations

import contextlib
import struct
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearing.errors import UserError
from media_server import packets
from media_server.dataplane.plain import PlainDataPlane
from media_server.dataplane.ports import PeerId, Received
from media_server.incoming import STALL_US, Layer
from media_server.packets import SenderInfo
from media_server.ports import Direction
from media_server.publication import CLIMB_US, Publication
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from media_server.upstream import Upstream
from tests.fakes.room_listener import Told

pytestmark = pytest.mark.integration

OFFER = (Path(__file__).parents[1] / "captures" / "sdp" / "chromium-simulcast.sdp").read_bytes().decode()
MEDIA, RTX = 96, 97
MID, RID, REPAIRED = 9, 10, 11
SECOND_US = 1_000_000


class Camera:
    """A peer that sends the captured offer's encodings; `rtcp` keeps what it was told."""

    def __init__(self, room: Room, told: Told, peer: Upstream) -> None:
        self.room, self.told, self.peer = room, told, peer
        self.now_us = 10 * SECOND_US
        self.rtcp: list[bytes] = []
        self._sequences: Counter[int] = Counter()

    @property
    def track(self) -> Publication:
        (publication,) = self.peer.publications
        return publication

    @property
    def ssrcs(self) -> dict[str, int]:
        return {layer.rid: layer.ssrc for layer in self.track.layers}

    def arrive(
        self,
        ssrc: int,
        rid: str | None = None,
        *,
        repaired: str | None = None,
        mid: str | None = "0",
        payload_type: int = MEDIA,
        sequence: int | None = None,
        keyframe: bool = False,
    ) -> None:
        self._sequences[ssrc] = self._sequences[ssrc] + 1 if sequence is None else sequence
        told = {MID: mid, RID: rid, REPAIRED: repaired}
        extensions = {number: text.encode() for number, text in told.items() if text is not None}
        self.peer.received(
            Received(
                peer=self.peer.id,
                ssrc=ssrc,
                payload_type=payload_type,
                sequence=self._sequences[ssrc] & 0xFFFF,
                timestamp=self.now_us * 9 // 100 & 0xFFFFFFFF,
                marker=True,
                arrival_us=self.now_us,
                size_bytes=1000,
                extensions=extensions,
                keyframe=keyframe,
            )
        )

    def play(self, seconds: float, *ssrcs: int) -> None:
        """These send 25 pictures a second, and the timers run."""
        for _ in range(round(seconds * 25)):
            self.now_us += 40_000
            for ssrc in ssrcs:
                self.arrive(ssrc)
            self.room.tick(self.now_us)

    def begin(self) -> tuple[int, int, int]:
        """All three encodings send: l 1, m 2, h 3."""
        for ssrc, rid in ((1, "l"), (2, "m"), (3, "h")):
            self.arrive(ssrc, rid, keyframe=True)
        return 1, 2, 3

    def layer(self, rid: str) -> Layer:
        found = self.track.layer_of(rid)
        assert found is not None
        return found

    def keyframes_asked(self) -> list[int]:
        """SSRCs of the picture loss indications sent so far."""
        return [
            struct.unpack_from("!I", data, at + 8)[0]
            for data in self.rtcp
            for at in _starts(data)
            if data[at] & 31 == 1 and data[at + 1] == 206
        ]


def _starts(compound: bytes) -> list[int]:
    starts, at = [], 0
    while at < len(compound):
        starts.append(at)
        at += 4 + 4 * int.from_bytes(compound[at + 2 : at + 4], "big")
    return starts


@pytest.fixture
async def camera() -> AsyncIterator[Camera]:
    async with simulcast() as made:
        yield made


@contextlib.asynccontextmanager
async def simulcast(offer: str = OFFER) -> AsyncIterator[Camera]:
    plane = PlainDataPlane()
    sfu = Sfu(SfuSettings(video_codecs=("vp8",)), plane)
    await sfu.start()
    told = Told()
    room = sfu.open_room("session", told)
    try:
        await room.answer("judge", Direction.SEND, offer, {"0": "camera"})
        (peer,) = sfu.peers
        assert isinstance(peer, Upstream)
        peer.up = True
        camera = Camera(room, told, peer)

        def send_rtcp(to: PeerId, data: bytes) -> None:
            camera.rtcp.append(data)

        plane.send_rtcp = send_rtcp  # type: ignore[method-assign]
        yield camera
    finally:
        await sfu.close()


async def test_layers_are_learnt_by_mid_and_rid_and_sorted_lowest_first(camera: Camera) -> None:
    camera.arrive(3, "h")
    assert camera.ssrcs == {"h": 3}
    assert [info.codec for info in camera.told.added] == ["vp8"]
    camera.arrive(1, "l")
    camera.arrive(2, "m")
    assert list(camera.ssrcs) == ["l", "m", "h"]
    # Once it is known a layer needs no extension; what names no layer of the track is nobody's.
    camera.arrive(1, mid=None)
    for wrong in (
        {"rid": "x"},
        {"rid": None},
        {"rid": "l", "mid": "7"},
        {"rid": "l", "mid": None},
        {"rid": "l", "payload_type": 102},
    ):
        camera.arrive(50, **wrong)  # type: ignore[arg-type]
    assert list(camera.ssrcs.values()) == [1, 2, 3]
    assert len(camera.told.added) == 1


async def test_where_one_line_only_fits_the_rid_alone_will_do(camera: Camera) -> None:
    for ssrc, rid in ((1, "l"), (2, "m"), (3, None)):
        camera.arrive(ssrc, rid, mid=None)
    assert camera.ssrcs == {"l": 1, "m": 2}


async def test_an_encoding_that_never_comes_is_not_waited_for(camera: Camera) -> None:
    camera.arrive(1, "l", keyframe=True)
    camera.play(3, 1)
    best = camera.track.best(camera.now_us)
    assert best is camera.track.layer is camera.layer("l")


async def test_a_layer_is_not_stolen_while_it_runs_and_follows_its_sender_to_another_ssrc(camera: Camera) -> None:
    camera.begin()
    camera.arrive(9, "m")
    camera.arrive(3, "l")
    assert list(camera.ssrcs.values()) == [1, 2, 3]
    camera.play(1, 1, 3)
    camera.arrive(9, "m")
    assert list(camera.ssrcs.values()) == [1, 9, 3]
    camera.arrive(2, "m")
    assert list(camera.ssrcs.values()) == [1, 9, 3]


async def test_rtx_belongs_to_the_layer_that_its_repaired_rid_names(camera: Camera) -> None:
    camera.arrive(103, repaired="h", payload_type=RTX)
    camera.begin()
    camera.arrive(103, repaired="h", payload_type=RTX)
    camera.arrive(101, repaired="l", payload_type=RTX)
    camera.arrive(104, repaired="x", payload_type=RTX)
    assert [camera.layer(rid).rtx_ssrc for rid in "lmh"] == [101, None, 103]


async def test_losses_and_reports_are_told_for_each_layer(camera: Camera) -> None:
    camera.begin()
    camera.arrive(1, sequence=100)
    camera.arrive(1, sequence=103)
    camera.play(0.2, 2, 3)
    lost = [item for data in camera.rtcp for item in packets.parse(data) if isinstance(item, packets.Nack)]
    assert {(item.media_ssrc, sequence) for item in lost for sequence in item.sequences} >= {(1, 101), (1, 102)}
    assert {item.media_ssrc for item in lost} == {1}
    camera.play(1.1, 1, 2, 3)
    blocks = [item for data in camera.rtcp for item in packets.parse(data) if isinstance(item, packets.ReportBlock)]
    assert {block.ssrc for block in blocks} == {1, 2, 3}


async def test_a_thousand_wishes_within_a_second_ask_one_keyframe_of_the_layer_they_concern(camera: Camera) -> None:
    camera.begin()
    for _ in range(25):
        for _ in range(40):
            camera.layer("m").keyframes.want()
        camera.play(0.04, 1, 3)
        camera.arrive(2, keyframe=True)
    assert camera.keyframes_asked() == [2]


async def test_best_is_the_highest_that_runs_and_a_still_camera_keeps_what_it_had(camera: Camera) -> None:
    camera.begin()
    camera.play(3, 1, 2, 3)
    assert camera.track.layer is camera.layer("h")
    camera.play(STALL_US / SECOND_US + 0.1, 1, 2)
    assert camera.track.best(camera.now_us) is camera.layer("m")
    assert camera.track.layer is camera.layer("m")
    camera.play(5)
    assert camera.track.best(camera.now_us) is camera.layer("m")
    camera.play(0.04, 1, 2, 3)
    assert camera.track.best(camera.now_us) is camera.layer("h")
    # Who does not choose is moved up when it has proved to stay.
    assert camera.track.layer is camera.layer("m")
    camera.play(CLIMB_US / SECOND_US + 0.1, 1, 2, 3)
    assert camera.track.layer is camera.layer("h")


async def test_goodbye_ends_a_layer_at_once(camera: Camera) -> None:
    camera.begin()
    camera.play(3, 1, 2, 3)
    camera.peer.rtcp(packets.bye([3]), camera.now_us)
    camera.play(0.04, 1, 2)
    assert camera.track.layer is camera.layer("m")


async def test_a_layer_that_starts_again_asks_for_a_keyframe_unless_it_brings_one(camera: Camera) -> None:
    camera.begin()
    camera.play(1, 1, 2, 3)
    for rid in ("m", "h"):
        camera.layer(rid).keyframes.arrived()
    camera.play(2, 1)
    camera.arrive(2, keyframe=True)
    camera.arrive(3)
    assert [camera.layer(rid).keyframes.wanted for rid in "mh"] == [False, True]


async def test_reports_say_how_far_two_layers_timestamps_are_apart(camera: Camera) -> None:
    camera.begin()
    low, high = camera.layer("l"), camera.layer("h")
    assert camera.track.timestamp_shift(low, high) is None
    now_ntp = 3_900_000_000 << 32
    camera.peer.rtcp(packets.sender_report(SenderInfo(1, now_ntp, 1000, 1, 1)), camera.now_us)
    assert camera.track.timestamp_shift(low, high) is None
    # A second later on the sender's clock, and 50 ms late at ours.
    camera.peer.rtcp(packets.sender_report(SenderInfo(3, now_ntp + (1 << 32), 500, 1, 1)), camera.now_us + 1_050_000)
    assert camera.track.timestamp_shift(low, high) == (500 - 90_000 - 1000) & 0xFFFFFFFF
    assert camera.track.timestamp_shift(high, low) == 1000 + 90_000 - 500


async def test_what_nobody_wants_is_told_to_stop_and_is_asked_for_no_keyframe(camera: Camera) -> None:
    camera.begin()
    camera.track.want_layers("viewer", frozenset({"m"}))
    camera.play(2, 1, 2, 3)
    assert [rids for _, rids in camera.told.layers] == [("l", "m")]
    camera.rtcp.clear()
    camera.layer("h").keyframes.want()
    camera.play(2, 1, 2)
    assert 3 not in camera.keyframes_asked()
    camera.track.want_layers("viewer", frozenset({"h"}))
    camera.room.tick(camera.now_us)
    assert [rids for _, rids in camera.told.layers[1:]] == [("l", "m", "h")]
    camera.play(2, 1, 3)
    camera.track.unwant("viewer")
    camera.play(2, 1, 3)
    assert [rids for _, rids in camera.told.layers[2:]] == [("l", "h"), ()]


async def test_too_many_encodings_are_refused() -> None:
    rids = "".join(f"a=rid:{n} send\r\n" for n in range(4)) + "a=simulcast:send 0;1;2;3\r\n"
    with pytest.raises(UserError) as refused:
        async with simulcast(OFFER[: OFFER.index("a=rid:l")] + rids):
            pass
    assert refused.value.code == "sdp-unsupported"


TEXTS = st.none() | st.sampled_from(["0", "l", "m", "h", "x", "", "\x00"])
ARRIVALS = st.tuples(st.integers(1, 6), TEXTS, TEXTS, TEXTS, st.sampled_from([MEDIA, RTX, 102]), st.integers(0, 400))


@given(st.lists(ARRIVALS, max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30, deadline=None)
async def test_any_mixture_of_names_leaves_one_owner_for_each_ssrc(
    arrivals: list[tuple[int, str | None, str | None, str | None, int, int]],
) -> None:
    async with simulcast() as camera:
        for ssrc, mid, rid, repaired, payload_type, wait_ms in arrivals:
            camera.now_us += wait_ms * 1000
            camera.arrive(ssrc, rid, repaired=repaired, mid=mid, payload_type=payload_type)
            camera.room.tick(camera.now_us)
        layers = camera.track.layers
        owned = [ssrc for layer in layers for ssrc in (layer.ssrc, layer.rtx_ssrc) if ssrc is not None]
        assert len(set(owned)) == len(owned)
        assert [layer.rid for layer in layers] == [rid for rid in ("l", "m", "h") if rid in camera.ssrcs]
        await camera.room.remove("judge")
